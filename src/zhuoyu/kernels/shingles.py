"""Word n-grams of a text as 64-bit hashes: token by token, in the script each token is written in.

A token is one code point of a script written without spaces (Han, kana, Thai, Lao, Burmese, Khmer), or a run of other
letters and digits, case folded. A text with fewer tokens than an n-gram has none.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.unicode import CJK, DIGIT, LETTER, MARK, SPACE, WORD, decode, joins

BASE = np.uint64(0x9E3779B97F4A7C15)
"""Base of the rolling polynomial over token hashes, modulo 2**64."""
_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_MIX2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_FOLDED = 0x600


@cache
def lower() -> Shorts:
    """The lower-case form of the code points below U+0600 (Latin, Greek, Cyrillic, Armenian) where it is one code point."""
    forms = (chr(code).lower() for code in range(_FOLDED))
    made = np.array([ord(f) if len(f) == 1 else code for code, f in enumerate(forms)], np.uint16)
    made.flags.writeable = False
    return made


@compiled
def mixed(h: np.uint64) -> np.uint64:
    """All bits of H spread over all bits."""
    h = (h ^ (h >> _SHIFT)) * _MIX
    h = (h ^ (h >> _SHIFT)) * _MIX2
    return h ^ (h >> _SHIFT)


@compiled
def _alone(code: int, flags: int) -> bool:
    """True for a script written without spaces, whose code points are a token each."""
    if flags & CJK:
        return True
    return 0x0E00 <= code < 0x0F00 or 0x1000 <= code < 0x10A0 or 0x1780 <= code < 0x1800


@compiled
def next_token(data: Bytes, p: int, end: int, classes: Shorts, small: Shorts) -> tuple[np.uint64, int]:
    """The hash of the first token at or after P and where the search goes on; (0, END) where there is none."""
    code, after, flags = 0, p, 0
    while p < end:
        code, after = int(np.int64(data[p])), p + 1
        if code >= 0x80:
            code, after = decode(data, p, end)
        flags = int(np.int64(classes[code]))
        if flags & (LETTER | DIGIT):
            break
        p = after
    if p >= end:
        return np.uint64(0), end
    if _alone(code, flags):
        return mixed(np.uint64(code) ^ _BASIS) | np.uint64(1), after
    h, letter = _BASIS, False
    while p < end:
        b = data[p]
        if b < 0x80 and classes[b] & WORD:
            letter = classes[b] & LETTER != 0
            h = (h ^ np.uint64(small[b])) * _PRIME
            p += 1
            continue
        code, after = decode(data, p, end)
        flags = int(np.int64(classes[code]))
        if _alone(code, flags) or not (flags & WORD or (letter and joins(code, data, after, end, classes))):
            break
        letter = flags & (LETTER | MARK) != 0
        h = (h ^ np.uint64(small[code] if code < _FOLDED else code)) * _PRIME
        p = after
    return mixed(h) | np.uint64(1), p


@compiled
def power(n: int) -> np.uint64:
    """BASE to the N-th."""
    out = np.uint64(1)
    for _ in range(n):
        out *= BASE
    return out


@compiled
def _shingles(offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, n: int) -> tuple[Hashes, Longs]:
    rows = len(offsets) - 1
    # at most every second byte begins a token; pages that are never written cost nothing
    out = np.empty((offsets[rows] - offsets[0]) // 2 + rows + 1, np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    recent, top = np.zeros(n, np.uint64), power(n)
    w = 0
    for row in range(rows):
        p, end = offsets[row], offsets[row + 1]
        h, seen = np.uint64(0), 0
        recent[:] = 0
        while valid[row] and p < end:
            token, p = next_token(data, p, end, classes, small)
            if token == 0:
                break
            h = h * BASE + token - recent[seen % n] * top
            recent[seen % n] = token
            seen += 1
            if seen >= n:
                out[w] = mixed(h)
                w += 1
        ends[row + 1] = w
    return out[:w].copy(), ends


@compiled
def _distinct(values: Hashes, ends: Longs) -> int:
    """Drop equal neighbours in each row, in place, and say in ENDS where the rows now end."""
    w, start = 0, 0
    for row in range(len(ends) - 1):
        stop, first = ends[row + 1], w
        for k in range(start, stop):
            if w == first or values[w - 1] != values[k]:
                values[w] = values[k]
                w += 1
        start = stop
        ends[row + 1] = w
    return w


def shingle_sets(array: pa.LargeStringArray, n: int) -> tuple[Hashes, Longs]:
    """The different N-grams of every row, sorted, and where each row's begin and end (rows + 1). Null: none.

    8 bytes an n-gram, so that a text of 64 MB takes at most 256 MB.

    >>> values, ends = shingle_sets(pa.array(["a b a b a b", "琢玉成器", None], pa.large_string()), 2)
    >>> ends.tolist()
    [0, 2, 5, 5]
    """
    offsets, data, valid = text_buffers(array)
    values, ends = _shingles(offsets, data, valid, unicode.table(), lower(), n)
    for start, stop in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if stop - start > 1:
            values[start:stop].sort()
    return values[: _distinct(values, ends)], ends


@compiled
def _folded(offsets: Longs, data: Bytes, valid: Flags, classes: Shorts) -> tuple[Bytes, Longs]:
    rows = len(offsets) - 1
    out = np.empty(offsets[rows] - offsets[0], np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    w = 0
    for row in range(rows):
        p, end, first, gap = offsets[row], offsets[row + 1], w, False
        while valid[row] and p < end:
            b = data[p]
            if b < 0x80 and not gap and classes[b] & SPACE == 0:
                out[w] = b
                w, p = w + 1, p + 1
                continue
            code, after = decode(data, p, end)
            if classes[code] & SPACE:
                gap = w > first
            else:
                if gap:
                    out[w] = 32
                    w += 1
                    gap = False
                for k in range(p, after):
                    out[w] = data[k]
                    w += 1
            p = after
        ends[row + 1] = w
    return out, ends


def folded_space(array: pa.LargeStringArray) -> tuple[Bytes, Longs]:
    r"""Bytes of the texts with every run of white space as one space and none at either end, and where they end (rows + 1).

    >>> data, ends = folded_space(pa.array([" a \n b\u3000", "c"], pa.large_string()))
    >>> bytes(data[: ends[-1]]), ends.tolist()
    (b'a bc', [0, 3, 4])
    """
    offsets, data, valid = text_buffers(array)
    out, ends = _folded(offsets, data, valid, unicode.table())
    return out, ends
