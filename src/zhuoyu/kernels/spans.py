"""Length and key of a span of bytes."""

from __future__ import annotations

import numpy as np

from zhuoyu.kernels.arrow import Bytes
from zhuoyu.kernels.compiled import compiled

_SEED = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_EIGHT, _HALF = np.uint64(8), np.uint64(32)


@compiled
def chars(data: Bytes, p: int, end: int) -> int:
    """Code points of a span."""
    n = 0
    for k in range(p, end):
        n += data[k] & 0xC0 != 0x80
    return n


@compiled
def span_key(data: Bytes, p: int, end: int) -> np.uint64:
    """64 bits that tell spans apart, eight bytes a step; never 0."""
    h = _SEED ^ np.uint64(end - p)
    part = np.uint64(0)
    for k in range(p, end):
        part = part << _EIGHT | np.uint64(data[k])
        if (k - p) & 7 == 7:
            h = (h ^ part) * _MIX
            h ^= h >> _HALF
            part = np.uint64(0)
    h = (h ^ part) * _MIX
    h ^= h >> _HALF
    h *= _MIX
    h ^= h >> _HALF
    return h | np.uint64(h == 0)
