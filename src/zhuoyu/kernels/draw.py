"""Random numbers that belong to a value: the same value and seed draw the same number, in any row, batch or process."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Bytes, Flags, Floats, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.shingles import mixed

_DROP = np.uint64(12)
_UNIT = 2.0**-52
_BASIS, _PRIME, _MIX, _HALF = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)


@compiled
def _spread(data: Bytes, p: int, end: int) -> np.uint64:
    """FNV-1a with a finaliser. It must never change: which rows a split or a sample holds hangs on it."""
    h = _BASIS
    for k in range(p, end):
        h = (h ^ np.uint64(data[k])) * _PRIME
    h = (h ^ (h >> _HALF)) * _MIX
    h ^= h >> _HALF
    return h | np.uint64(h == 0)


@compiled
def _keys(offsets: Longs, data: Bytes, valid: Flags, salt: np.uint64) -> Hashes:
    out = np.zeros(len(offsets) - 1, np.uint64)
    for i in range(len(out)):
        if valid[i]:
            out[i] = mixed(_spread(data, offsets[i], offsets[i + 1]) ^ salt)
    return out


def keys(array: pa.LargeStringArray, purpose: str, seed: int) -> Hashes:
    """64 bits per text, spread evenly whatever the texts are; 0 for null.

    What is drawn for one PURPOSE has nothing to do with what is drawn for another: who is in a sample is no hint at its split.
    """
    offsets, data, valid = text_buffers(array)
    salt = hashlib.blake2b(f"{purpose} {seed}".encode(), digest_size=8).digest()
    return np.asarray(_keys(offsets, data, valid, np.uint64(int.from_bytes(salt, "little"))))


def uniform(keys_: Hashes) -> Floats:
    """A number above 0 and below 1 for 64 bits.

    >>> uniform(keys(pa.array(["a", "b", "a"], pa.large_string()), "demo", 0)).round(3).tolist()
    [0.889, 0.676, 0.889]
    """
    return np.asarray(((keys_ >> _DROP).astype(np.float64) + 0.5) * _UNIT)
