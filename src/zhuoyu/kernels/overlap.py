"""Where texts repeat token n-grams of a known set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.places import token_begin
from zhuoyu.kernels.shingles import BASE, lower, mixed, next_token, power
from zhuoyu.kernels.spans import chars as code_points

_ONE = np.uint64(1)


@dataclass(frozen=True)
class Grams:
    """Hashes of n-grams in an open-addressed table, each with a label."""

    n: int
    slots: Hashes
    labels: Ints


def grams(n: int, hashes: Hashes, labels: Ints) -> Grams:
    """A table of different N-gram hashes, as ``shingles`` makes them, with their labels; 24 bytes a hash or more."""
    slots, said = _table(np.ascontiguousarray(hashes), np.ascontiguousarray(labels), capacity(len(hashes), 1 << 40))
    for array in (slots, said):
        array.flags.writeable = False
    return Grams(n, slots, said)


@compiled
def nonzero(h: np.uint64) -> np.uint64:
    """H, but 1 for 0, which marks an empty slot."""
    return _ONE if h == 0 else h


@compiled
def _table(hashes: Hashes, labels: Ints, size: int) -> tuple[Hashes, Ints]:
    slots, said = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for i in range(len(hashes)):
        at = slot_of(slots, size, nonzero(hashes[i]))
        slots[at], said[at] = nonzero(hashes[i]), labels[i]
    return slots, said


@compiled
def push(out: Longs, w: int, row: int, label: int, start: int, end: int) -> tuple[Longs, int]:
    """One more span, or the last one grown where it goes on; OUT doubles when it is full."""
    if w > 0 and out[w - 1, 0] == row and out[w - 1, 1] == label and start <= out[w - 1, 3]:
        out[w - 1, 3] = end
        return out, w
    if w == len(out):
        grown = np.empty((2 * w, 4), np.int64)
        grown[:w] = out
        out = grown
    out[w, 0], out[w, 1], out[w, 2], out[w, 3] = row, label, start, end
    return out, w + 1


@compiled
def _find(
    offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, n: int, slots: Hashes, labels: Ints
) -> Longs:  # fmt: skip
    out, w = np.empty((64, 4), np.int64), 0
    recent, starts, top = np.zeros(n, np.uint64), np.zeros(n, np.int64), power(n)
    for row in range(len(offsets) - 1):
        p, end = offsets[row], offsets[row + 1]
        h, seen, chars = np.uint64(0), 0, 0
        recent[:] = 0
        while valid[row]:
            begin = token_begin(data, p, end, classes)
            if begin == end:
                break
            start = chars + code_points(data, p, begin)
            token, p = next_token(data, begin, end, classes, small)
            chars = start + code_points(data, begin, p)
            h = h * BASE + token - recent[seen % n] * top
            recent[seen % n], starts[seen % n] = token, start
            seen += 1
            if seen < n:
                continue
            key = nonzero(mixed(h))
            at = slot_of(slots, len(slots), key)
            if slots[at] == key:
                out, w = push(out, w, row, labels[at], starts[seen % n], chars)
    return out[:w].copy()


def find(array: pa.LargeStringArray, known: Grams) -> Longs:
    """Rows of (row, label, start, end): code-point spans of n-grams in KNOWN, ascending; those of one label that touch are one.

    A text is walked once, with scratch for n tokens whatever its size.

    >>> from zhuoyu.kernels.shingles import shingle_sets
    >>> hashes, _ = shingle_sets(pa.array(["b c d"], pa.large_string()), 2)
    >>> find(pa.array(["a B, c x", None, "b c d"], pa.large_string()), grams(2, hashes, np.zeros(len(hashes), np.int32))).tolist()
    [[0, 0, 2, 6], [2, 0, 0, 5]]
    """
    offsets, data, valid = text_buffers(array)
    return np.asarray(_find(offsets, data, valid, unicode.table(), lower(), known.n, known.slots, known.labels))
