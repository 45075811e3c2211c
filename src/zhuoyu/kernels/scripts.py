"""Which script each letter of a text belongs to.

The table is a data file, as in ``unicode``: ``classify`` makes it (Unicode 14.0, by character names); a test compares both.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.unicode import decode

SCRIPTS = ("latin", "han", "kana", "hangul", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai", "other")
_NAMES = {
    "LATIN": "latin", "FULLWIDTH LATIN": "latin", "MODIFIER LETTER": "latin", "CJK": "han", "IDEOGRAPHIC": "han", "BOPOMOFO": "han",
    "HIRAGANA": "kana", "KATAKANA": "kana", "HALFWIDTH KATAKANA": "kana", "HANGUL": "hangul", "HALFWIDTH HANGUL": "hangul",
    "CYRILLIC": "cyrillic", "GREEK": "greek", "ARABIC": "arabic", "HEBREW": "hebrew", "DEVANAGARI": "devanagari", "THAI": "thai",
}  # fmt: skip
_FILE = Path(__file__).with_name("scripts.npy")


def classify(code: int) -> int:
    """One more than the script's place in SCRIPTS, for letters; else 0.

    >>> classify(ord("a")), classify(ord("汉")), classify(ord("1"))
    (1, 2, 0)
    """
    char = chr(code)
    if unicodedata.category(char)[0] != "L":
        return 0
    words = unicodedata.name(char, "").split()
    found = _NAMES.get(" ".join(words[:2])) or _NAMES.get(words[0] if words else "") or "other"
    return 1 + SCRIPTS.index(found)


def runs() -> Longs:
    """Rows of (first code point, class): one per run of code points of equal class."""
    classes = np.fromiter(map(classify, range(unicode.SIZE)), np.int64, unicode.SIZE)
    starts = np.flatnonzero(np.diff(classes, prepend=-1))
    return np.stack([starts, classes[starts]], axis=1)


@cache
def table() -> npt.NDArray[np.uint8]:
    """The class of every code point."""
    stored = np.load(_FILE).astype(np.int64)
    made = np.repeat(stored[:, 1].astype(np.uint8), np.diff(stored[:, 0], append=unicode.SIZE))
    made.flags.writeable = False
    return made


@compiled
def _count(offsets: Longs, array: Bytes, classes: Bytes, kinds: int) -> Longs:
    data, known = pointer(array), pointer(classes)
    n = len(offsets) - 1
    out = np.zeros((n, kinds), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        row = pointer(out[i])
        while p < end:
            code, p = decode(data, p, end)
            row[known[code]] += 1
    return out


def count(array: pa.LargeStringArray) -> Longs:
    """One row per script: letters of it."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_count(offsets, data, table(), len(SCRIPTS) + 1)).T[1:]
