"""URLs that stand in running text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.pieces import matches, phrases
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.unicode import CJK, DIGIT, HANGUL, LETTER, SPACE, decode

_SAID = phrases("http://", "https://", "ftp://", "www.")
_STARTS = (0, 8, 17, 24)
_TRAILING = (0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x3F, 0x27, 0x22, 0x29, 0x5D, 0x7D)


@compiled
def _stop(data: Bytes, p: int, end: int, classes: Shorts) -> int:
    """Where a URL ends: before white space, ``<>"`` and Chinese, Japanese or Korean text, without marks that close a sentence."""
    begin = p
    while p < end:
        code, after = decode(data, p, end)
        if classes[code] & (SPACE | CJK | HANGUL) or code in (0x3C, 0x3E, 0x22) or 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF65:
            break
        p = after
    while p > begin and data[p - 1] in _TRAILING:
        p -= 1
    return p


@compiled
def _find(data: Bytes, p: int, end: int, said: Bytes) -> int:
    """Bytes of the scheme, or of ``www.``, at P."""
    b = data[p] | 0x20
    if b != 0x68 and b != 0x66 and b != 0x77:
        return 0
    for start in _STARTS:
        size = matches(data, p, end, said, start, True)
        if size:
            return size
    return 0


@compiled
def _urls(offsets: Longs, array: Bytes, table: Shorts, phrase: Bytes) -> Longs:
    data, classes, said = pointer(array), pointer(table), pointer(phrase)
    n = len(offsets) - 1
    out = np.zeros((3, n), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        inside = False
        while p < end:
            size = 0 if inside else _find(data, p, end, said)
            stop = _stop(data, p + size, end, classes) if size else p
            if stop > p + size:
                out[0, i] += 1
                for k in range(p, stop):
                    out[1, i] += data[k] & 0xC0 != 0x80
                p = stop
                continue
            code, p = decode(data, p, end)
            inside = classes[code] & (LETTER | DIGIT) != 0 and classes[code] & CJK == 0
        for k in range(offsets[i], end):
            out[2, i] += data[k] & 0xC0 != 0x80
    return out


def urls(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: URLs, their code points, all code points."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_urls(offsets, data, unicode.table(), _SAID))
