"""MinHash signatures of word n-grams as band hashes: texts that agree in one band are worth comparing.

Broder 1997 (MinHash); Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3 (banding). A text is walked once, with
scratch for 256 n-grams whatever its size.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.shingles import BASE, lower, mixed, next_token, power

Words = npt.NDArray[np.uint32]

_BLOCK = 256
_HALF = np.uint64(32)
_STEPS = 200
MISS = 0.98
"""Weight of a missed pair against a compared one that turns out different: every candidate is compared, so that costs only time."""


@cache
def bands_and_rows(threshold: float, permutations: int, miss: float = MISS) -> tuple[int, int]:
    """(bands, rows a band) with the least weighted error around THRESHOLD, using at most PERMUTATIONS.

    Two sets of Jaccard s share a band with probability 1 - (1 - s**r)**b. The error is (1 - miss) times that, summed below
    the threshold, plus miss times its complement, summed above: Zhu, Nargesian, Pu, Miller 2016 (LSH Ensemble), section 5.5.

    >>> bands_and_rows(0.8, 112)
    (16, 7)
    """
    below = (np.arange(_STEPS) + 0.5) / _STEPS * threshold
    above = threshold + (np.arange(_STEPS) + 0.5) / _STEPS * (1 - threshold)
    best, chosen = float("inf"), (1, 1)
    for rows in range(1, permutations + 1):
        for bands in range(1, permutations // rows + 1):
            wrong = (1 - (1 - below**rows) ** bands).mean() * threshold
            missed = ((1 - above**rows) ** bands).mean() * (1 - threshold)
            error = float((1 - miss) * wrong + miss * missed)
            if error < best:
                best, chosen = error, (bands, rows)
    return chosen


@cache
def permutations_of(seed: int, count: int) -> tuple[Words, Words]:
    """COUNT multipliers (odd) and addends of the family (a x + b) mod 2**32, from the splitmix64 sequence of SEED."""
    state, drawn = seed & (2**64 - 1), []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & (2**64 - 1)
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        drawn.append(z ^ (z >> 31))
    factors, addends = np.array([z >> 32 | 1 for z in drawn], np.uint32), np.array([z & 0xFFFFFFFF for z in drawn], np.uint32)
    factors.flags.writeable = addends.flags.writeable = False
    return factors, addends


@compiled
def _lessen(block: Words, m: int, factors: Words, addends: Words, least: Words) -> None:
    """Take the first M hashes of BLOCK into the minimum of every permutation."""
    for k in range(len(least)):
        a, b, low = factors[k], addends[k], least[k]
        for j in range(m):
            v = np.uint32(a * block[j] + b)
            low = min(low, v)
        least[k] = low


@compiled
def _walk(
    data: Bytes, p: int, end: int, classes: Shorts, small: Shorts, recent: Hashes, top: np.uint64,
    block: Words, factors: Words, addends: Words, least: Words,
) -> int:  # fmt: skip
    """Fill LEAST with the minima over the n-grams of one text; how many n-grams there are."""
    n = len(recent)
    h, seen, m = np.uint64(0), 0, 0
    recent[:] = 0
    least[:] = 0xFFFFFFFF
    while p < end:
        token, p = next_token(data, p, end, classes, small)
        if token == 0:
            break
        h = h * BASE + token - recent[seen % n] * top
        recent[seen % n] = token
        seen += 1
        if seen >= n:
            block[m] = np.uint32(mixed(h) >> _HALF)
            m += 1
            if m == len(block):
                _lessen(block, m, factors, addends, least)
                m = 0
    _lessen(block, m, factors, addends, least)
    return max(0, seen - n + 1)


@compiled
def _bands(
    offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, n: int, factors: Words, addends: Words, bands: int
) -> tuple[Words, Flags]:
    rows, each = len(offsets) - 1, len(factors) // bands
    out, some = np.zeros((rows, bands), np.uint32), np.zeros(rows, np.bool_)
    recent, block, least = np.zeros(n, np.uint64), np.empty(_BLOCK, np.uint32), np.empty(len(factors), np.uint32)
    for row in range(rows):
        if not valid[row]:
            continue
        some[row] = _walk(data, offsets[row], offsets[row + 1], classes, small, recent, power(n), block, factors, addends, least) > 0
        for band in range(bands):
            h = np.uint64(band)
            for k in range(band * each, (band + 1) * each):
                h = mixed(h * BASE + np.uint64(least[k]))
            out[row, band] = np.uint32(h >> _HALF)
    return out, some


def band_hashes(array: pa.LargeStringArray, n: int, bands: int, rows: int, seed: int) -> tuple[Words, Flags]:
    """One 32-bit hash per row and band, and which rows have an N-gram at all: the hashes of the others mean nothing.

    >>> hashes, some = band_hashes(pa.array(["one two three", "one two three!", "one", None], pa.large_string()), 2, 4, 3, 0)
    >>> hashes.shape, bool((hashes[0] == hashes[1]).all()), some.tolist()
    ((4, 4), True, [True, True, False, False])
    """
    offsets, data, valid = text_buffers(array)
    factors, addends = permutations_of(seed, bands * rows)
    hashes, some = _bands(offsets, data, valid, unicode.table(), lower(), n, factors, addends, bands)
    return hashes, some
