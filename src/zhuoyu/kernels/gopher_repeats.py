"""What the Gopher repetition rules count: repeated lines, paragraphs and token n-grams, as datatrove counts them.

An n-gram can only be repeated where both (n-1)-grams inside it are, so each length looks only at the positions that are
left. Pieces, tokens and n-grams are equal where 64-bit hashes are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Floats, Ints, Longs
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.pieces import remember
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.spans import chars, span_key

MOST_TOKENS = 1 << 20
"""Of a longer text only so many tokens are looked at for n-grams (56 MB of scratch); the denominator stops there too."""
MOST_SLOTS = 1 << 21
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)


class Work(NamedTuple):
    """Scratch for one text after the other."""

    lines: Hashes
    slots: Hashes
    ids: Ints
    counts: Ints
    keys: Hashes
    words: Ints
    grams: Ints
    live: Ints
    sums: Longs


@compiled
def work_of(tokens: int, lines: int) -> Work:
    """Room for TOKENS tokens of a text and LINES slots for its lines."""
    slots = capacity(tokens, 1 << 30)
    return Work(
        np.empty(lines, np.uint64),
        np.empty(slots, np.uint64),
        np.empty(slots, np.int32),
        np.empty(tokens, np.int32),
        np.empty(tokens, np.uint64),
        np.empty(tokens, np.int32),
        np.empty(tokens, np.int32),
        np.empty(tokens, np.int32),
        np.zeros(tokens + 1, np.int64),
    )


@compiled
def pieces(data: Bytes, p: int, end: int, least: int, slots: Hashes) -> tuple[int, int, int]:
    """(repeated pieces, code points in those, pieces) between runs of LEAST or more line feeds; SLOTS are cleared first."""
    slots[:] = 0
    seen_lines, size = pointer(slots), len(slots)
    again, again_chars, every, known = 0, 0, 0, 0
    start = p
    while True:
        while p < end and data[p] != 10:
            p += 1
        stop = p
        while p < end and data[p] == 10:
            p += 1
        if p - stop < least and stop < end:
            continue
        seen = remember(seen_lines, size, span_key(data, start, stop), known)
        known += 1 - seen
        every += 1
        again += seen
        again_chars += chars(data, start, stop) if seen else 0
        start = p
        if stop == end:
            return again, again_chars, every


@compiled
def _identify(slots: Hashes, ids: Ints, counts: Ints, size: int, key: np.uint64, distinct: int) -> int:
    """The dense id of KEY, counted once more; an id equal to DISTINCT is new."""
    s = slot_of(slots, size, key)
    if slots[s] == 0:
        slots[s], ids[s] = key, distinct
        counts[distinct] = 0
    counts[ids[s]] += 1
    return int(ids[s])


@compiled
def _prune(grams: Ints, live: Ints, active: int, counts: Ints) -> int:
    """Forget the positions whose n-gram occurs once; how many are left, the first of LIVE."""
    left = 0
    for j in range(active):
        i = live[j]
        if counts[grams[i]] < 2:
            grams[i] = -1
        else:
            live[left] = i
            left += 1
    return left


@compiled
def _lengthen(n: int, k: int, active: int, work: Work) -> int:
    """Turn ids of (k-1)-grams at the first ACTIVE of ``live`` into ids of k-grams; how many positions hold a repeated one."""
    slots, ids, counts, grams, live, words = work.slots, work.ids, work.counts, work.grams, work.live, work.words
    size = capacity(active, len(slots))
    slots[:size] = 0
    table, known, often = pointer(slots), pointer(ids), pointer(counts)
    distinct, left = 0, 0
    for j in range(active):
        i = live[j]
        if i + k > n or grams[i + 1] < 0:
            grams[i] = -1
            continue
        key = (np.uint64(grams[i]) << _HALF | np.uint64(words[i + k - 1])) * _MIX
        key ^= key >> _HALF
        key = key * _MIX | np.uint64(1)
        grams[i] = _identify(table, known, often, size, key, distinct)
        distinct += grams[i] == distinct
        live[left] = i
        left += 1
    return _prune(grams, live, left, counts)


@compiled
def _top(grams: Ints, live: Ints, active: int, k: int, sums: Longs, counts: Ints) -> int:
    """Occurrences of the most frequent k-gram, of equals the first, times its code points with spaces between its tokens."""
    at, count = 0, 1
    for j in range(active):
        i = live[j]
        if counts[grams[i]] > count:
            at, count = i, counts[grams[i]]
    return int(count * (sums[at + k] - sums[at] + k - 1))


@compiled
def _again(grams: Ints, live: Ints, active: int, k: int, sums: Longs, counts: Ints) -> int:
    """Code points in k-grams seen before, read from left to right, each find skipped as a whole; uses COUNTS up."""
    total, to = 0, 0
    for j in range(active):
        i = live[j]
        if i < to:
            continue
        if counts[grams[i]] == 0:
            total += sums[i + k] - sums[i]
            to = i + k
        counts[grams[i]] = 0
    return total


@compiled
def _number(n: int, work: Work) -> None:
    """Fill ``words`` with dense ids of the first N of ``keys``."""
    slots, ids, counts, keys, words = work.slots, work.ids, work.counts, work.keys, work.words
    size = capacity(n, len(slots))
    slots[:size] = 0
    table, known, often = pointer(slots), pointer(ids), pointer(counts)
    distinct = 0
    for i in range(n):
        words[i] = _identify(table, known, often, size, keys[i], distinct)
        distinct += words[i] == distinct


@compiled
def ngrams(n: int, work: Work, out: Floats) -> None:
    """Numerators of the top 2- to 4-grams and the repeated 5- to 10-grams of the first N tokens."""
    _number(n, work)
    grams, live, sums, counts, words = work.grams, work.live, work.sums, work.counts, work.words
    active = 0
    for i in range(n):
        grams[i] = words[i] if counts[words[i]] > 1 else -1
        live[active] = i
        active += grams[i] >= 0
    for k in range(2, 11):
        if active:
            active = _lengthen(n, k, active, work)
        if k < 5 and n >= k:
            out[k - 2] = _top(grams, live, active, k, sums, counts)
        elif active:
            out[k - 2] = _again(grams, live, active, k, sums, counts)
