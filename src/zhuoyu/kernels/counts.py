"""One pass per text: how long it is, and what its characters are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import (
    CJK,
    CLOSING,
    CONTROL,
    DIGIT,
    HANGUL,
    LETTER,
    MARK,
    SPACE,
    SYMBOL,
    TERMINAL,
    UPPER,
    decode,
    next_line,
    next_word,
)

_TABLE_BITS = (LETTER | MARK, SYMBOL, DIGIT, CJK | HANGUL, UPPER, SPACE, CONTROL)


@compiled
def _words(data: Bytes, p: int, end: int, classes: Shorts) -> tuple[int, int]:
    words, chars = 0, 0
    while True:
        start, p, size = next_word(data, p, end, classes)
        if start == end:
            return words, chars
        words += 1
        chars += size


@compiled
def _lines(data: Bytes, p: int, end: int) -> int:
    lines = 0
    while p < end:
        _, p = next_line(data, p, end)
        lines += 1
    return lines


@compiled
def _ends_sentence(code: int, data: Bytes, p: int, end: int, classes: Shorts) -> bool:
    """A full-width mark always ends one; an ASCII mark only before space, a closing mark, CJK or the end (not in 3.14)."""
    if code > 0x7F or p >= end:
        return True
    return bool(classes[decode(data, p, end)[0]] & (SPACE | CLOSING | CJK | TERMINAL) != 0)


@compiled
def _sentences(data: Bytes, p: int, end: int, classes: Shorts) -> int:
    sentences, breaks = 0, 0
    said = False
    while p < end:
        code, p = decode(data, p, end)
        flags = classes[code]
        if flags & (LETTER | DIGIT):
            said, breaks = True, 0
        elif code == 10:
            breaks += 1
        elif flags & SPACE == 0:
            breaks = 0
        if said and (breaks == 2 or (flags & TERMINAL and _ends_sentence(code, data, p, end, classes))):
            sentences += 1
            said = False
    return sentences + said


@compiled
def _lengths(offsets: Longs, data: Bytes, classes: Shorts) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((5, n), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        for k in range(p, end):
            out[0, i] += data[k] & 0xC0 != 0x80
        out[1, i], out[4, i] = _words(data, p, end, classes)
        out[2, i] = _lines(data, p, end)
        out[3, i] = _sentences(data, p, end, classes)
    return out


def lengths(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: code points, words, lines, sentences, code points inside words."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_lengths(offsets, data, unicode.table()))


@compiled
def _tally(data: Bytes, p: int, end: int, classes: Shorts, seen: Longs, met: Longs) -> int:
    """Count code points by their flags into SEEN; MET lists the flags met, a few dozen at most; how many."""
    n = 0
    while p < end:
        code, p = decode(data, p, end)
        flags = classes[code]
        if seen[flags] == 0:
            met[n] = flags
            n += 1
        seen[flags] += 1
    return n


@compiled
def _kinds(offsets: Longs, data: Bytes, classes: Shorts, bits: Longs) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((len(bits) + 1, n), np.int64)
    seen, met = np.zeros(1 << 12, np.int64), np.zeros(1 << 12, np.int64)
    for i in range(n):
        different = _tally(data, offsets[i], offsets[i + 1], classes, seen, met)
        for m in range(different):
            flags = met[m]
            out[len(bits), i] += seen[flags]
            for k in range(len(bits)):
                if flags & bits[k]:
                    out[k, i] += seen[flags]
            seen[flags] = 0
    return out


def kinds(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: alphabetic, symbol, digit, CJK, upper-case, space, control, all code points."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_kinds(offsets, data, unicode.table(), np.array(_TABLE_BITS, np.int64)))


def share(part: Longs, whole: Longs) -> np.ndarray:
    """Part / whole; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
