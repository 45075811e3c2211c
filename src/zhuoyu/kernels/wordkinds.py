"""What a text's words are: with letters or without, the little words of English, hash signs and ellipses among them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import LETTER, SPACE, decode, next_word

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_PACKED = np.array([int.from_bytes(w.encode(), "big") for w in STOP_WORDS], np.int64)


@compiled
def _stop_words(data: Bytes, p: int, end: int, classes: Shorts, packed: Longs) -> tuple[int, int]:
    """(words, how many different stop words, in either case) of one text."""
    words, seen = 0, 0
    while True:
        start, p, _chars = next_word(data, p, end, classes)
        if start == end:
            break
        words += 1
        if p - start > 4:
            continue
        key = 0
        for k in range(start, p):
            key = key << 8 | int(np.int64(data[k]) | 0x20)
        for k in range(len(packed)):
            if packed[k] == key:
                seen |= 1 << k
    different = 0
    for k in range(len(packed)):
        different += seen >> k & 1
    return words, different


@compiled
def _pieces(data: Bytes, p: int, end: int, classes: Shorts) -> tuple[int, int, int, int]:
    """(pieces between white space, those with a letter, hash signs, ellipses) of one text."""
    pieces, lettered, hashes, ellipses, dots = 0, 0, 0, 0, 0
    inside, letter = False, False
    while p < end:
        code, p = decode(data, p, end)
        flags = classes[code]
        hashes += code == 0x23
        dots = dots + 1 if code == 0x2E else 0
        ellipses += (code == 0x2026) + (dots == 3)
        if flags & SPACE:
            lettered += letter
            inside, letter = False, False
            continue
        pieces += not inside
        inside = True
        letter = letter or flags & LETTER != 0
    return pieces, lettered + letter, hashes, ellipses


@compiled
def _word_kinds(offsets: Longs, data: Bytes, classes: Shorts, packed: Longs) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((6, n), np.int64)
    for i in range(n):
        out[0, i], out[1, i] = _stop_words(data, offsets[i], offsets[i + 1], classes, packed)
        out[2, i], out[3, i], out[4, i], out[5, i] = _pieces(data, offsets[i], offsets[i + 1], classes)
    return out


def word_kinds(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: words, different stop words, pieces between white space, those with a letter, hash signs, ellipses."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_word_kinds(offsets, data, unicode.table(), _PACKED))
