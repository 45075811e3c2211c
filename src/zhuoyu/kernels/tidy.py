"""White space and invisible characters of many texts put in order, in one pass over the bytes."""

from __future__ import annotations

import unicodedata
from functools import cache, partial
from typing import Literal

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Bytes, Flags, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.eight import HIGH, LOW, eight
from zhuoyu.kernels.unicode import decode

Form = Literal["NFC", "NFKC"]

NEWLINES = 3
"""Line breaks that may follow each other: two empty lines."""

_KEEP, _DROP, _SPACE, _BREAK = range(4)
_SPACES = np.uint64(32) * LOW


@compiled
def _class(code: int) -> int:
    """What becomes of a code point: kept, dropped, a space that goes at the end of a line, or a line break."""
    if code < 0x80:
        if code == 9 or code == 32:
            return _SPACE
        if 10 <= code <= 13:
            return _BREAK
        return _DROP if code < 32 or code == 127 else _KEEP
    if code == 0xA0 or code == 0x3000 or 0x2000 <= code <= 0x200A or code == 0x202F or code == 0x205F or code == 0x1680:
        return _SPACE
    if code == 0x85 or code == 0x2028 or code == 0x2029:
        return _BREAK
    if code < 0xA0 or code == 0xAD or 0x200B <= code <= 0x200F or 0x202A <= code <= 0x202E or 0x2060 <= code <= 0x2064:
        return _DROP
    if 0x2066 <= code <= 0x206F or code == 0xFEFF or code == 0x180E or 0xFFF9 <= code <= 0xFFFB:
        return _DROP
    return _KEEP


@compiled
def _joins(code: int) -> bool:
    """Scripts and emoji in which a joiner or non-joiner between two characters is spelling, not decoration."""
    return 0x0600 <= code < 0x1D00 or 0x2600 <= code < 0x27C0 or code == 0xFE0F or code >= 0x1F000


@compiled
def _plain(data: Bytes, p: int, end: int) -> int:
    """Where the run of printable ASCII and spaces at P ends."""
    while p + 8 <= end:
        word = eight(data, p)
        if (word | (word - _SPACES) | (word + LOW)) & HIGH != 0:
            break
        p += 8
    while p < end and 32 <= data[np.uint64(p)] < 127:
        p += 1
    return p


@compiled
def _wide(data: Bytes, p: int, end: int, last: int) -> tuple[int, int, int]:
    """(code point, where it ends, its class) of the character at P, after LAST."""
    code, q = decode(data, p, end)
    if (code == 0x200C or code == 0x200D) and _joins(last) and q < end and _joins(decode(data, q, end)[0]):
        return code, q, _KEEP
    return code, q, _class(code)


@compiled
def _row(data: Bytes, p: int, end: int, out: Bytes, w: int) -> int:
    """Write one text at W; where it ends."""
    begun, solid, breaks, last = w, w, 1, 0
    while p < end:
        q = _plain(data, p, end)
        if q > p:
            n = q - p
            for k in range(n):
                out[np.uint64(w + k)] = data[np.uint64(p + k)]
            last, p, w = int(data[q - 1]), q, w + n
            k = n
            while k > 0 and out[w - n + k - 1] == 32:
                k -= 1
            if k:
                solid, breaks = w - n + k, 0
            continue
        code, q, kind = _wide(data, p, end, last)
        if kind == _BREAK:
            if code == 13 and q < end and data[q] == 10:
                q += 1
            w = solid
            if breaks < NEWLINES:
                out[w] = 10
                w += 1
            breaks, solid, last = breaks + 1, w, 10
        elif kind != _DROP:
            for b in range(p, q):
                out[w] = data[b]
                w += 1
            last = code
            if kind == _KEEP:
                solid, breaks = w, 0
        p = q
    return max(solid, begun)


@compiled
def _tidy(offsets: Longs, data: Bytes, valid: Flags) -> tuple[Longs, Bytes]:
    n = len(offsets) - 1
    out = np.empty(offsets[n] - offsets[0], np.uint8)
    ends = np.zeros(n + 1, np.int64)
    w = 0
    for row in range(n):
        if valid[row]:
            w = _row(data, offsets[row], offsets[row + 1], out, w)
        ends[row + 1] = w
    return ends, out[:w].copy()


def tidy(array: pa.LargeStringArray) -> pa.LargeStringArray:
    r"""The texts with LF line ends, no control or invisible characters, no space before a line end, at most two empty lines in a row.

    >>> tidy(pa.array(["\ufeffa \r\nb\u200b\n\n\n\n\nc", None], pa.large_string())).to_pylist()
    ['a\nb\n\n\nc', None]
    """
    offsets, data, valid = text_buffers(array)
    ends, out = _tidy(offsets, data, valid)
    bitmap = array.is_valid().buffers()[1] if array.null_count else None
    return pa.LargeStringArray.from_buffers(len(array), pa.py_buffer(ends), pa.py_buffer(out), bitmap)


@cache
def _inert(form: Form) -> Flags:
    """Characters below U+10000 that FORM leaves as they are whatever stands beside them: no mark, no Hangul letter, normal alone.

    Unicode Standard Annex 15, detecting normalization forms: quick check "yes" and combining class 0 for every character.
    """
    normal = partial(unicodedata.is_normalized, form)
    chars = map(chr, range(1 << 16))
    made = np.array([normal(c) and unicodedata.category(c)[0] != "M" and not "\u1100" <= c <= "\u11ff" for c in chars])
    made[0xFFFD] = False  # also what a broken sequence decodes to, which is not to pass unseen
    made.flags.writeable = False
    return made


@compiled
def _unsettled(offsets: Longs, data: Bytes, valid: Flags, inert: Flags) -> Flags:
    n = len(offsets) - 1
    out = np.zeros(n, np.bool_)
    for row in range(n):
        p, end = offsets[row], offsets[row + 1]
        while valid[row] and p < end:
            if p + 8 <= end and eight(data, p) & HIGH == 0:
                p += 8
                continue
            code, p = decode(data, p, end)
            if code >= len(inert) or not inert[np.uint64(code)]:
                out[row] = True
                break
    return out


def unsettled(array: pa.LargeStringArray, form: Form) -> Flags:
    """True for rows that may not be in the normalization FORM: the only ones worth asking about. Null: false.

    >>> unsettled(pa.array(["é汉", "e\u0301", None], pa.large_string()), "NFC").tolist()
    [False, True, False]
    """
    offsets, data, valid = text_buffers(array)
    return np.asarray(_unsettled(offsets, data, valid, _inert(form)), np.bool_)
