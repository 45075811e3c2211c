"""White space and invisible characters of many texts put in order, in one pass over the bytes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Bytes, Flags, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import decode

NEWLINES = 3
"""Line breaks that may follow each other: two empty lines."""

_KEEP, _DROP, _SPACE, _BREAK = range(4)


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
def _tidy(offsets: Longs, data: Bytes, valid: Flags) -> tuple[Longs, Bytes]:
    n = len(offsets) - 1
    out = np.empty(offsets[n] - offsets[0], np.uint8)
    ends = np.zeros(n + 1, np.int64)
    w = 0
    for row in range(n):
        p, end, begun, solid = offsets[row], offsets[row + 1], w, w
        breaks, last = 1, 0
        while valid[row] and p < end:
            code, q = int(data[p]), p + 1
            if code >= 0x80:
                code, q = decode(data, p, end)
            kind = _class(code)
            if (code == 0x200C or code == 0x200D) and _joins(last) and q < end and _joins(decode(data, q, end)[0]):
                kind = _KEEP
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
        w = max(solid, begun)
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
