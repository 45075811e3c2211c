"""Hashes of byte spans, and open-addressed sets of them in scratch that the caller owns and bounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zhuoyu.kernels.arrow import Bytes
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.eight import eight, fewer

Hashes = npt.NDArray[np.uint64]

_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)
_EMPTY = np.uint64(0)


@compiled
def hash_span(data: Bytes, p: int, end: int) -> np.uint64:
    """64 bits that depend on every byte and on their number, eight bytes a step; never 0, which marks an empty slot."""
    h = _BASIS + np.uint64(end - p) * _MIX
    while p + 8 <= end:
        h = (h ^ eight(data, p)) * _PRIME
        h ^= h >> _SHIFT
        p += 8
    if p < end:
        h = (h ^ fewer(data, p, end)) * _PRIME
        h ^= h >> _SHIFT
    h *= _MIX
    h ^= h >> _SHIFT
    return h | np.uint64(h == _EMPTY)


@compiled
def capacity(n: int, most: int) -> int:
    """A power of two that holds N keys at half load, MOST at the highest (itself a power of two)."""
    size = 16
    while size < 2 * n and size < most:
        size *= 2
    return size


@compiled
def slot_of(slots: Hashes, size: int, key: np.uint64) -> int:
    """Where KEY is among the first SIZE slots (a power of two), or the empty slot where it would go."""
    mask = np.int64(size - 1)
    at = np.int64(key & np.uint64(mask))
    while slots[at] != _EMPTY and slots[at] != key:
        at = (at + 1) & mask
    return int(at)
