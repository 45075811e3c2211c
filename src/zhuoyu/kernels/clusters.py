"""From band hashes to verified near duplicates: buckets, components, and who stays.

Rows are numbered by preference, the most preferred first, so that every decision is a function of preferences and never
of the order in which rows arrived.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zhuoyu.kernels.arrow import Floats, Ints, Longs
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.minhash import Words

RING = 64
"""A row is compared with at most so many rows that stay of each of its buckets: the last ones before it."""
MOST_KEPT = 1 << 26
"""Hashes of rows that stay, remembered while one component is gone through (512 MB); the most preferred are forgotten first."""


def buckets(hashes: Words, groups: Ints) -> tuple[Ints, int]:
    """The number of the bucket of every row and band, -1 where a row is alone in it; and how many buckets there are.

    Rows share a bucket when they share a group and the hash of a band.

    >>> buckets(np.array([[1, 5], [1, 6], [2, 5]], np.uint32), np.zeros(3, np.int32))[0].tolist()
    [[0, 1], [0, -1], [-1, 1]]
    """
    rows, bands = hashes.shape
    out = np.full((rows, bands), -1, np.int32)
    count = 0
    for band in range(bands):
        keys = groups.astype(np.uint64) << np.uint64(32) | hashes[:, band]
        order = np.argsort(keys)
        new = np.flatnonzero(np.diff(keys[order], prepend=keys[order][:1] + np.uint64(1)))
        sizes = np.diff(new, append=rows)
        numbers = np.where(sizes > 1, count + np.cumsum(sizes > 1) - 1, -1)
        out[order, band] = np.repeat(numbers, sizes)
        count += int((sizes > 1).sum())
    return out, count


@compiled
def _root(parents: Longs, i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@compiled
def components(bucket_of: Ints, count: int) -> Longs:
    """The smallest row of the component of every row: rows that share a bucket share a component."""
    rows, bands = bucket_of.shape
    parents, first = np.arange(rows), np.full(count, -1, np.int64)
    for i in range(rows):
        for band in range(bands):
            bucket = bucket_of[i, band]
            if bucket < 0:
                continue
            if first[bucket] < 0:
                first[bucket] = i
            a, b = _root(parents, i), _root(parents, first[bucket])
            parents[max(a, b)] = min(a, b)
    for i in range(rows):
        parents[i] = _root(parents, i)
    return parents


@compiled
def jaccard(values: Hashes, a: int, a_size: int, b: int, b_size: int, least: float) -> float:
    """Jaccard of two sorted sets that start at A and B in VALUES; 0 as soon as it cannot reach LEAST."""
    both = a_size + b_size
    needed = int(least * both / (1 + least) - 1e-6)
    if min(a_size, b_size) < needed:
        return 0.0
    spare = both - 2 * needed
    i, j, common = 0, 0, 0
    while i < a_size and j < b_size and i + j - 2 * common <= spare:
        x, y = values[a + i], values[b + j]
        i += x <= y
        j += y <= x
        common += x == y
    found = common / (both - common)
    return found if found >= least else 0.0


@compiled
def _best(
    i: int, bucket_of: Ints, rings: Ints, begins: Longs, filled: Longs,
    values: Hashes, starts: Longs, sizes: Longs, seen: Longs, threshold: float,
) -> tuple[int, float]:  # fmt: skip
    """The staying row with the largest Jaccard to row I, of equals the most preferred; (-1, 0) when none reaches THRESHOLD."""
    who, best = -1, threshold
    for band in range(bucket_of.shape[1]):
        bucket = bucket_of[i, band]
        if bucket < 0:
            continue
        begin = begins[bucket]
        for e in range(begin, begin + min(filled[bucket], begins[bucket + 1] - begin)):
            other = rings[e]
            if seen[other] == i or starts[other] < 0:
                continue
            seen[other] = i
            found = jaccard(values, starts[i], sizes[i], starts[other], sizes[other], best)
            if found >= best and (who < 0 or found > best or other < who):
                who, best = other, found
    return who, best if who >= 0 else 0.0


@compiled
def _settle(
    first: int, stop: int, bucket_of: Ints, rings: Ints, begins: Longs, filled: Longs,
    values: Hashes, starts: Longs, sizes: Longs, seen: Longs, threshold: float, partners: Ints, found: Floats,
) -> None:  # fmt: skip
    for i in range(first, stop):
        partners[i], found[i] = _best(i, bucket_of, rings, begins, filled, values, starts, sizes, seen, threshold)
        if partners[i] >= 0:
            continue
        for band in range(bucket_of.shape[1]):
            bucket = bucket_of[i, band]
            if bucket >= 0:
                begin = begins[bucket]
                rings[begin + filled[bucket] % (begins[bucket + 1] - begin)] = i
                filled[bucket] += 1


@compiled
def _retain(first: int, stop: int, values: Hashes, starts: Longs, sizes: Longs, partners: Ints, most: int) -> int:
    """Move the sets of rows FIRST to STOP that stay to the front of VALUES, at most MOST hashes; where they end."""
    total, w = 0, 0
    for i in range(first, stop):
        total += sizes[i] if partners[i] < 0 and starts[i] >= 0 else 0
    for i in range(first, stop):
        if partners[i] >= 0 or starts[i] < 0 or total > most:
            total -= sizes[i] if partners[i] < 0 and starts[i] >= 0 else 0
            starts[i] = -1
            continue
        for k in range(sizes[i]):
            values[w + k] = values[starts[i] + k]
        starts[i] = w
        w += sizes[i]
    return w


class Greedy:
    """Goes through rows by preference: a row stays unless a row that stays has a Jaccard of at least THRESHOLD to it.

    Rows come piece by piece, those of a component one after the other. Only rows that share a bucket are compared, and only
    with rows that stay: a thousand near-identical licences cost a thousand comparisons, not half a million.
    """

    def __init__(self, bucket_of: Ints, count: int, heads: Longs, threshold: float, ring: int = RING, most: int = MOST_KEPT) -> None:
        rows = len(bucket_of)
        self.partners: Ints = np.full(rows, -1, np.int32)
        self.jaccards: Floats = np.zeros(rows)
        sizes = np.bincount(bucket_of[bucket_of >= 0], minlength=count)
        self._begins = np.concatenate([[0], np.cumsum(np.minimum(sizes, ring))]).astype(np.int64)
        self._rings: Ints = np.zeros(int(self._begins[-1]), np.int32)
        self._filled = np.zeros(count, np.int64)
        self._bucket_of, self._heads, self._threshold, self._most = bucket_of, heads, threshold, most
        self._starts, self._sizes, self._seen = np.full(rows, -1, np.int64), np.zeros(rows, np.int64), np.full(rows, -1, np.int64)
        self._store: Hashes = np.empty(0, np.uint64)
        self._kept = self._row = 0

    def take(self, values: Hashes, ends: Longs) -> None:
        """The sets of the next rows: sorted hashes, and where each row's begin and end."""
        first, stop = self._row, self._row + len(ends) - 1
        need = self._kept + len(values)
        if need > len(self._store):
            grown = np.empty(need, np.uint64)
            grown[: self._kept] = self._store[: self._kept]
            self._store = grown
        self._store[self._kept : need] = values
        self._starts[first:stop] = ends[:-1] + self._kept
        self._sizes[first:stop] = np.diff(ends)
        state = (self._bucket_of, self._rings, self._begins, self._filled, self._store, self._starts, self._sizes, self._seen)
        _settle(first, stop, *state, self._threshold, self.partners, self.jaccards)
        self._row, self._kept = stop, 0
        if stop < len(self._heads) and self._heads[stop] == self._heads[stop - 1]:
            begin = int(np.searchsorted(self._heads, self._heads[stop]))
            self._kept = _retain(begin, stop, self._store, self._starts, self._sizes, self.partners, self._most)
        elif len(self._store) > self._most:
            self._store = np.empty(0, np.uint64)


def in_pieces(sizes: npt.NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Consecutive rows whose SIZES sum to at most MOST; a larger row is a piece of its own.

    >>> in_pieces(np.array([4, 4, 9, 1]), 8)
    [(0, 2), (2, 3), (3, 4)]
    """
    out, first, total = [], 0, 0
    for i, size in enumerate(sizes.tolist()):
        if i > first and total + size > most:
            out.append((first, i))
            first, total = i, 0
        total += size
    return [*out, (first, len(sizes))] if len(sizes) else []
