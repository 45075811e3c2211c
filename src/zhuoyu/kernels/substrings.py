"""Runs of tokens that several texts share: fingerprints say where to look, whole windows are then compared.

Winnowing (Schleimer, Wilkerson, Aiken 2003): of the n-grams in each window of tokens, the one with the least hash is a fingerprint.
What it is depends on the window alone, so two texts that share a window share its fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.overlap import nonzero, push
from zhuoyu.kernels.places import token_begin
from zhuoyu.kernels.shingles import BASE, lower, mixed, next_token, power
from zhuoyu.kernels.spans import chars as code_points

MOST = 12 << 20
"""Windows compared at a time: 12 bytes each and as much free, 400 MB. What is more takes another pass over the texts in question."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_SEEN, _BEST, _CHARS = 0, 1, 2


@compiled
def _read(
    data: Bytes, p: int, end: int, classes: Shorts, small: Shorts, tops: Hashes,
    ring: Hashes, starts: Longs, grams: Hashes, rolls: Hashes, at: Longs,
) -> int:  # fmt: skip
    """Take in the next token; where the search goes on, or -1 where there is none.

    RING and STARTS hold a window of tokens, GRAMS the hashes of the n-grams in it, ROLLS the running hash of the window and of the
    last n-gram; AT says how many tokens were seen, which n-gram has the least hash (of equals the last), and how many code points.
    """
    window, ways = len(ring), len(grams)
    n = window - ways + 1
    begin = token_begin(data, p, end, classes)
    if begin == end:
        return -1
    start = at[_CHARS] + code_points(data, p, begin)
    token, p = next_token(data, begin, end, classes, small)
    at[_CHARS] = start + code_points(data, begin, p)
    seen = at[_SEEN]
    rolls[0] = rolls[0] * BASE + token - ring[seen % window] * tops[0]
    rolls[1] = rolls[1] * BASE + token - (ring[(seen - n) % window] * tops[1] if seen >= n else np.uint64(0))
    ring[seen % window], starts[seen % window] = token, start
    at[_SEEN] = seen + 1
    last = seen + 1 - n
    if last < 0:
        return p
    grams[last % ways] = mixed(rolls[1])
    first = max(0, last - ways + 1)
    if at[_BEST] < first:
        at[_BEST] = first
        for j in range(first + 1, last + 1):
            if grams[j % ways] <= grams[at[_BEST] % ways]:
                at[_BEST] = j
    elif grams[last % ways] <= grams[at[_BEST] % ways]:
        at[_BEST] = last
    return p


@compiled
def _reset(ring: Hashes, rolls: Hashes, at: Longs) -> None:
    ring[:] = 0
    rolls[:] = 0
    at[:] = 0
    at[_BEST] = -1


@compiled
def _fingerprints(
    offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, window: int, n: int
) -> tuple[Hashes, Longs]:  # fmt: skip
    rows = len(offsets) - 1
    out, ends, w = np.empty((offsets[rows] - offsets[0]) // 2 + rows + 1, np.uint64), np.zeros(rows + 1, np.int64), 0
    ring, starts, grams = np.zeros(window, np.uint64), np.zeros(window, np.int64), np.zeros(window - n + 1, np.uint64)
    rolls, at, tops = np.zeros(2, np.uint64), np.zeros(3, np.int64), np.array([power(window), power(n)])
    for row in range(rows):
        p, end, before = offsets[row], offsets[row + 1], np.int64(-1)
        _reset(ring, rolls, at)
        while valid[row] and p >= 0:
            p = _read(data, p, end, classes, small, tops, ring, starts, grams, rolls, at)
            if p >= 0 and at[_SEEN] >= window and at[_BEST] != before:
                before = at[_BEST]
                out[w] = grams[before % len(grams)]
                w += 1
        ends[row + 1] = w
    return out[:w].copy(), ends


def fingerprints(array: pa.LargeStringArray, window: int) -> tuple[Hashes, Longs]:
    """Fingerprints of every row in reading order, and where each row's begin and end (rows + 1); one for about WINDOW / 4 tokens.

    A text of fewer tokens than WINDOW has none.

    >>> hashes, ends = fingerprints(pa.array(["a b c d", "x a b c d y", "a b c"], pa.large_string()), 4)
    >>> ends.tolist(), hashes[0] in hashes[1:]
    ([0, 1, 3, 3], True)
    """
    offsets, data, valid = text_buffers(array)
    hashes, ends = _fingerprints(offsets, data, valid, unicode.table(), lower(), window, window // 2)
    return hashes, ends


@compiled
def _seen_before(slots: Hashes, ranks: Ints, key: np.uint64, rank: int) -> bool:
    """True when a row of a smaller rank had KEY; else RANK has it from now on."""
    s = slot_of(slots, len(slots), key)
    if slots[s] == 0:
        slots[s], ranks[s] = key, rank
    return bool(ranks[s] < rank)


@compiled
def _find(
    offsets: Longs, data: Bytes, classes: Shorts, small: Shorts, window: int, n: int, rank: int, groups: Ints,
    shared: Flags, begins: Longs, part: int, parts: int, slots: Hashes, ranks: Ints,
) -> Longs:  # fmt: skip
    out, w = np.empty((64, 4), np.int64), 0
    ring, starts, grams = np.zeros(window, np.uint64), np.zeros(window, np.int64), np.zeros(window - n + 1, np.uint64)
    rolls, at, tops = np.zeros(2, np.uint64), np.zeros(3, np.int64), np.array([power(window), power(n)])
    for row in range(len(offsets) - 1):
        p, end, before, mark = offsets[row], offsets[row + 1], np.int64(-1), begins[row] - 1
        salt = np.uint64(groups[row]) * _ODD
        _reset(ring, rolls, at)
        while p >= 0:
            p = _read(data, p, end, classes, small, tops, ring, starts, grams, rolls, at)
            if p < 0 or at[_SEEN] < window:
                continue
            mark += at[_BEST] != before
            before = at[_BEST]
            key = nonzero(mixed(rolls[0] ^ salt))
            if shared[mark] and np.int64(key >> _HALF) % parts == part and _seen_before(slots, ranks, key, rank + row):
                out, w = push(out, w, row, 0, starts[at[_SEEN] % window], at[_CHARS])
    return out[:w].copy()


@dataclass
class Windows:
    """The windows of rows that come by preference, as far as their fingerprints are shared; one pass of PARTS."""

    window: int
    room: int
    part: int = 0
    parts: int = 1
    _rank: int = 0
    _slots: Hashes = field(init=False)
    _ranks: Ints = field(init=False)

    def __post_init__(self) -> None:
        size = capacity(self.room, 1 << 40)
        self._slots, self._ranks = np.zeros(size, np.uint64), np.zeros(size, np.int32)

    def take(self, array: pa.LargeStringArray, groups: Ints, shared: Flags, begins: Longs) -> Longs:
        """Rows of (row, 0, start, end): code-point spans of windows that a row taken before has too; SHARED marks fingerprints."""
        offsets, data, _ = text_buffers(array)
        where = (self._rank, groups, shared, begins, self.part, self.parts, self._slots, self._ranks)
        spans = _find(offsets, data, unicode.table(), lower(), self.window, self.window // 2, *where)
        self._rank += len(array)
        return np.asarray(spans)
