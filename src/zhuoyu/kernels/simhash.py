"""SimHash of a text's token n-grams, and which rows lie within a Hamming distance of a row that stays."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.clusters import buckets
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.shingles import BASE, lower, mixed, next_token, power

BITS = 64
_ONE = np.uint64(1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_PAIRS, _QUADS, _BYTES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_SUM, _TOP = np.uint64(0x0101010101010101), np.uint64(56)
_TWO, _FOUR = np.uint64(2), np.uint64(4)


@compiled
def distance(a: np.uint64, b: np.uint64) -> int:
    """Bits in which A and B differ."""
    x = a ^ b
    x -= (x >> _ONE) & _PAIRS
    x = (x & _QUADS) + ((x >> _TWO) & _QUADS)
    x = (x + (x >> _FOUR)) & _BYTES
    return int(np.int64((x * _SUM) >> _TOP))


@compiled
def _vote(votes: Longs, h: np.uint64) -> None:
    for bit in range(BITS):
        votes[bit] += np.int64((h >> np.uint64(bit)) & _ONE)


@compiled
def _signatures(offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, n: int) -> tuple[Hashes, Flags]:
    rows = len(offsets) - 1
    out, some = np.zeros(rows, np.uint64), np.zeros(rows, np.bool_)
    recent, votes, top = np.zeros(n, np.uint64), np.zeros(BITS, np.int64), power(n)
    for row in range(rows):
        p, end = offsets[row], offsets[row + 1]
        h, seen, grams = np.uint64(0), 0, 0
        recent[:] = 0
        votes[:] = 0
        while valid[row] and p < end:
            token, p = next_token(data, p, end, classes, small)
            if token == 0:
                break
            h = h * BASE + token - recent[seen % n] * top
            recent[seen % n] = token
            seen += 1
            if seen >= n:
                _vote(votes, mixed(h))
                grams += 1
        if 0 < seen < n:
            _vote(votes, mixed(h))
            grams = 1
        some[row] = seen > 0
        for bit in range(BITS):
            out[row] |= np.uint64(2 * votes[bit] > grams) << np.uint64(bit)
    return out, some


def signatures(array: pa.LargeStringArray, n: int) -> tuple[Hashes, Flags]:
    """64 bits a text, and whether it has a token at all; a text of fewer tokens than N is one n-gram.

    Each bit is what most n-grams say: Charikar 2002.

    >>> hashes, some = signatures(pa.array(["One two, three", "one two three", "one", "!", None], pa.large_string()), 2)
    >>> bool(hashes[0] == hashes[1]), some.tolist()
    (True, [True, True, True, False, False])
    """
    offsets, data, valid = text_buffers(array)
    hashes, some = _signatures(offsets, data, valid, unicode.table(), lower(), n)
    return hashes, some


def blocks_of(most: int, rows: int) -> list[np.uint64]:
    """Masks such that two hashes at most MOST bits apart agree under one of them; the cheapest ones for so many ROWS.

    The bits are cut into m blocks: MOST differing bits leave m - MOST of them equal (Manku, Jain, Das Sarma 2007, section 3).

    >>> len(blocks_of(3, 1_000)), len(blocks_of(3, 10_000_000))
    (4, 10)
    """
    best = min(range(most + 1, min(most + 5, BITS) + 1), key=lambda m: _cost(m, most, rows))
    edges = [BITS * i // best for i in range(best + 1)]
    blocks = [((1 << b) - 1) ^ ((1 << a) - 1) for a, b in pairwise(edges)]
    return [np.uint64(sum(chosen)) for chosen in combinations(blocks, best - most)]


def _cost(blocks: int, most: int, rows: int) -> float:
    """Sorting every row in each table, and comparing the pairs that agree by chance: 140 and 24 ns, measured at a million."""
    tables, bits = comb(blocks, most), BITS * (blocks - most) / blocks
    return tables * rows * (6 + rows / 2 ** min(bits, 32) / 2)


@compiled
def _settle(hashes: Hashes, bucket_of: Ints, begins: Longs, most: int) -> tuple[Ints, Ints]:
    rows, tables = bucket_of.shape
    who, far = np.full(rows, -1, np.int32), np.zeros(rows, np.int32)
    filled = begins[:-1].copy()
    stays = np.empty(begins[-1], np.int32)
    for i in range(rows):
        best, best_far = -1, most + 1
        for t in range(tables):
            bucket = bucket_of[i, t]
            if bucket < 0:
                continue
            for e in range(begins[bucket], filled[bucket]):
                d = distance(hashes[i], hashes[stays[e]])
                if d < best_far or (d == best_far and stays[e] < best):
                    best, best_far = stays[e], d
        if best >= 0:
            who[i], far[i] = best, best_far
            continue
        for t in range(tables):
            bucket = bucket_of[i, t]
            if bucket >= 0:
                stays[filled[bucket]] = i
                filled[bucket] += 1
    return who, far


def settle(hashes: Hashes, groups: Ints, most: int) -> tuple[Ints, Ints]:
    """For rows by preference: the nearest row of the same group that stays and is at most MOST bits away (-1: none), and the distance.

    Every such pair is found. 8 bytes a row and mask of ``blocks_of``.

    >>> settle(np.array([0b0000, 0b1000, 0b1110], np.uint64), np.zeros(3, np.int32), 1)[0].tolist()
    [-1, 0, -1]
    """
    masks = blocks_of(most, len(hashes))
    bucket_of, count = np.empty((len(hashes), len(masks)), np.int32), 0
    for t, mask in enumerate(masks):
        key = ((hashes & mask) * _SPREAD >> _HALF).astype(np.uint32)
        numbers, more = buckets(key[:, None], groups)
        bucket_of[:, t] = np.where(numbers[:, 0] >= 0, numbers[:, 0] + count, -1)
        count += more
    sizes = np.bincount(bucket_of[bucket_of >= 0], minlength=count)
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    who, far = _settle(hashes, bucket_of, begins, most)
    return who, far
