"""Repeated word n-grams of a text (equal where 64-bit hashes are), in bounded scratch.

An n-gram can only be repeated where both (n-1)-grams inside it are. So each length looks only at the positions that
survived the one before, under the key (id of the (n-1)-gram, id of the next word): about three look-ups a word
for all nine lengths, and none for the rare ones.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Floats, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, hash_long, hash_span, slot_of
from zhuoyu.kernels.unicode import next_word

MOST_WORDS = 1 << 20
"""Of a longer text only so many words are looked at (44 MB of scratch); numerator and denominator both stop there."""
TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)


@compiled
def _identify(slots: Hashes, ids: Ints, counts: Ints, firsts: Ints, size: int, key: np.uint64, distinct: int, at: int) -> int:
    """The dense id of KEY, counted once more; an id equal to DISTINCT is new and first seen AT."""
    s = slot_of(slots, size, key)
    if slots[s] == 0:
        slots[s], ids[s] = key, distinct
        counts[distinct], firsts[distinct] = 0, at
    counts[ids[s]] += 1
    return int(ids[s])


@compiled
def _read(
    data: Bytes, p: int, end: int, classes: Shorts, words: Ints, sums: Longs, slots: Hashes, ids: Ints, counts: Ints, firsts: Ints
) -> int:
    """Fill WORDS with dense word ids and SUMS with running code points; how many words there are."""
    most = len(words)
    size = capacity(min(end - p, most), len(slots))
    slots[:size] = 0
    n, distinct = 0, 0
    while n < most:
        start, p, chars = next_word(data, p, end, classes)
        if start == end:
            break
        words[n] = _identify(slots, ids, counts, firsts, size, hash_span(data, start, p), distinct, n)
        distinct += words[n] == distinct
        sums[n + 1] = sums[n] + chars
        n += 1
    return n


@compiled
def _prune(grams: Ints, n: int, counts: Ints) -> int:
    """Forget the positions whose n-gram occurs once; how many are left."""
    left = 0
    for i in range(n):
        if grams[i] >= 0 and counts[grams[i]] < 2:
            grams[i] = -1
        left += grams[i] >= 0
    return left


@compiled
def _lengthen(grams: Ints, words: Ints, n: int, k: int, active: int, slots: Hashes, ids: Ints, counts: Ints, firsts: Ints) -> int:
    """Turn ids of (k-1)-grams into ids of k-grams, in place; how many positions hold a repeated one."""
    size = capacity(active, len(slots))
    slots[:size] = 0
    distinct = 0
    for i in range(n):
        if grams[i] < 0:
            continue
        if i + k > n or grams[i + 1] < 0:
            grams[i] = -1
            continue
        key = hash_long(int((np.int64(grams[i]) << 21) | np.int64(words[i + k - 1]))) | np.uint64(1 << 63)
        grams[i] = _identify(slots, ids, counts, firsts, size, key, distinct, i)
        distinct += grams[i] == distinct
    return _prune(grams, n, counts)


@compiled
def _covered(grams: Ints, n: int, k: int, sums: Longs, firsts: Ints, only: int) -> int:
    """Code points, each once, in k-grams seen earlier; with ONLY >= 0: in every occurrence of that one."""
    chars, to = 0, 0
    for i in range(n):
        g = grams[i]
        if g >= 0 and (g == only if only >= 0 else firsts[g] != i):
            chars += sums[i + k] - sums[max(to, i)]
            to = i + k
    return chars


@compiled
def _most_frequent(grams: Ints, n: int, k: int, sums: Longs, counts: Ints) -> int:
    """The id of the most frequent k-gram; of equals the one with more code points, then the first."""
    best, count, chars = -1, 0, 0
    for i in range(n):
        g = grams[i]
        if g >= 0 and (counts[g] > count or (counts[g] == count and sums[i + k] - sums[i] > chars)):
            best, count, chars = g, counts[g], sums[i + k] - sums[i]
    return best


@compiled
def _repeated(offsets: Longs, data: Bytes, classes: Shorts, most: int) -> Floats:
    n = len(offsets) - 1
    out = np.zeros((9, n), np.float64)
    room = 1
    for i in range(n):
        room = max(room, min(offsets[i + 1] - offsets[i], most))
    words, grams, counts, firsts = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    sums = np.zeros(room + 1, np.int64)
    slots = np.empty(capacity(room, 2 * most), np.uint64)
    ids = np.empty(len(slots), np.int32)
    for i in range(n):
        m = _read(data, offsets[i], offsets[i + 1], classes, words, sums, slots, ids, counts, firsts)
        grams[:m] = words[:m]
        active = _prune(grams, m, counts)
        for k in range(2, 11):
            if active == 0:
                break
            active = _lengthen(grams, words, m, k, active, slots, ids, counts, firsts)
            if active:
                only = _most_frequent(grams, m, k, sums, counts) if k < 5 else -1
                out[k - 2, i] = _covered(grams, m, k, sums, firsts, only) / sums[m]
    return out


def repeated(array: pa.LargeStringArray) -> Floats:
    """Nine rows of shares 0..1 of the code points inside words: in the most frequent 2-, 3-, 4-gram (0 where none is
    repeated), then in 5- to 10-grams seen earlier in the same text. Every code point counts once.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_repeated(offsets, data, unicode.table(), MOST_WORDS))
