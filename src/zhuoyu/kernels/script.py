"""Which scripts a text is in, and the words of a sample of it, for language identification."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import CJK, HAN, HANGUL, KANA, LETTER, UPPER, decode, next_word

_PIECES = 4
"""A text is looked at in so many pieces, evenly spread, so that a foreign heading does not decide."""
_PIECE_WORDS = 250
_PIECE_BYTES = 200
"""Of a piece, so many words are counted, and so many bytes of them are kept for the model."""


@compiled
def _aligned(data: Bytes, p: int, end: int) -> int:
    while p < end and data[p] & 0xC0 == 0x80:
        p += 1
    return p


@compiled
def _add(data: Bytes, start: int, stop: int, classes: Shorts, found: Longs) -> bool:
    """Count one word into FOUND: han, kana, hangul, other words, letters in those, capitals; True: it has a letter."""
    code = decode(data, start, stop)[0]
    flags = classes[code]
    if flags & CJK:
        found[0] += (flags & HAN) != 0
        found[1] += (flags & KANA) != 0
        return True
    letters = 0
    p = start
    while p < stop:
        code, p = decode(data, p, stop)
        letters += (classes[code] & LETTER) != 0
        found[5] += (classes[code] & UPPER) != 0
    if flags & HANGUL:
        found[2] += letters
        return True
    found[3] += letters > 0
    found[4] += letters
    return letters > 0


@compiled
def _piece(data: Bytes, p: int, last: int, end: int, classes: Shorts, found: Longs, sample: Bytes, at: int) -> tuple[int, int]:
    """Count the words of a piece that starts at P, and copy those that fit to AT; both positions after that."""
    limit = at + _PIECE_BYTES
    for _ in range(_PIECE_WORDS):
        start, p, _chars = next_word(data, p, end, classes)
        if start == end:
            break
        size = p - start
        if _add(data, start, p, classes, found) and at + size < limit:
            sample[at : at + size] = data[start:p]
            sample[at + size] = 0x20
            at += size + 1
        if p >= last:
            break
    return p, at


@compiled
def _scan(offsets: Longs, data: Bytes, classes: Shorts, sample: Bytes) -> tuple[Longs, Longs]:
    n = len(offsets) - 1
    found, ends = np.zeros((n, 6), np.int64), np.zeros(n + 1, np.int64)
    at = 0
    for i in range(n):
        begin, end = offsets[i], offsets[i + 1]
        step = (end - begin) // _PIECES
        p = begin
        for k in range(_PIECES):
            p = max(p, _aligned(data, begin + k * step, end))
            last = begin + (k + 1) * step if k + 1 < _PIECES else end
            p, at = _piece(data, p, last, end, classes, found[i], sample, at)
        ends[i + 1] = at
    return found, ends


def scan(array: pa.LargeStringArray) -> tuple[Longs, pa.LargeStringArray]:
    """Counts, one row each: han, kana, hangul code points, other words, letters and capitals in those; and a sample of the
    words, at most 800 bytes a row, without digits and symbols. Words of a null row are not counted.
    """
    offsets, data, valid = text_buffers(array)
    sample = np.empty(len(array) * _PIECES * _PIECE_BYTES, np.uint8)
    found, ends = _scan(offsets, data, unicode.table(), sample)
    texts = pa.LargeStringArray.from_buffers(len(array), pa.py_buffer(ends), pa.py_buffer(sample[: ends[-1]]))
    return np.where(valid[:, None], found, 0).T, texts
