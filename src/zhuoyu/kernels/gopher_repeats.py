"""What the Gopher repetition rules count: repeated lines, paragraphs and token n-grams, as datatrove counts them.

An n-gram can only be repeated where both (n-1)-grams inside it are, so each length looks only at the positions that are
left. Tokens and n-grams are equal where 64-bit hashes are.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english
from zhuoyu.kernels.arrow import Bytes, Floats, Ints, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import Tables
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.pieces import breaks_capacity, chars, remember, span_key, strip_white
from zhuoyu.kernels.tokens import cut, next_chunk, room

MOST_TOKENS = 1 << 20
"""Of a longer text only so many tokens are looked at for n-grams (44 MB of scratch); the denominator stops there too."""
MOST_SLOTS = 1 << 21
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(32)


@compiled
def _pieces(data: Bytes, p: int, end: int, least: int, slots: Hashes) -> tuple[int, int, int]:
    """(repeated pieces, code points in those, pieces) between runs of LEAST or more line feeds."""
    size = breaks_capacity(data, p, end, len(slots))
    slots[:size] = 0
    again, again_chars, pieces, known = 0, 0, 0, 0
    start = p
    while p <= end:
        run = p
        while run < end and data[run] == 10:
            run += 1
        if run - p >= least or p == end:
            seen = remember(slots, size, span_key(data, start, p), known)
            known += 1 - seen
            pieces += 1
            again += seen
            again_chars += chars(data, start, p) if seen else 0
            start = run
        p = max(run, p + 1)
    return again, again_chars, pieces


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
    data: Bytes, p: int, end: int, tables: Tables, bounds: Longs, words: Ints, sums: Longs, work: tuple[Hashes, Ints, Ints, Ints]
) -> tuple[int, int]:
    """Fill WORDS with dense token ids and SUMS with running code points; (tokens, where the last one ends)."""
    slots, ids, counts, firsts = work
    most = len(words)
    size = capacity(min(end - p, most), len(slots))
    slots[:size] = 0
    n, distinct = 0, 0
    while n < most:
        start, p, met = next_chunk(data, p, end, tables.kinds)
        if start == end:
            return n, end
        tokens = cut(data, start, p, met, tables, bounds)
        for k in range(min(tokens, most - n)):
            a, b = bounds[k], bounds[k + 1]
            words[n] = _identify(slots, ids, counts, firsts, size, span_key(data, a, b), distinct, n)
            distinct += words[n] == distinct
            sums[n + 1] = sums[n] + chars(data, a, b)
            n += 1
    return n, p


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
def _lengthen(grams: Ints, words: Ints, n: int, k: int, active: int, work: tuple[Hashes, Ints, Ints, Ints]) -> int:
    """Turn ids of (k-1)-grams into ids of k-grams, in place; how many positions hold a repeated one."""
    slots, ids, counts, firsts = work
    size = capacity(active, len(slots))
    slots[:size] = 0
    distinct = 0
    for i in range(n):
        if grams[i] < 0:
            continue
        if i + k > n or grams[i + 1] < 0:
            grams[i] = -1
            continue
        key = (np.uint64(grams[i]) << _HALF | np.uint64(words[i + k - 1])) * _MIX
        key ^= key >> _HALF
        key = key * _MIX | np.uint64(1)
        grams[i] = _identify(slots, ids, counts, firsts, size, key, distinct, i)
        distinct += grams[i] == distinct
    return _prune(grams, n, counts)


@compiled
def _top(grams: Ints, n: int, k: int, sums: Longs, counts: Ints, firsts: Ints) -> int:
    """Occurrences of the most frequent k-gram, of equals the first, times its code points with spaces between its tokens."""
    at, count = 0, 1
    for i in range(n):
        g = grams[i]
        if g >= 0 and firsts[g] == i and counts[g] > count:
            at, count = i, counts[g]
    return int(count * (sums[at + k] - sums[at] + k - 1))


@compiled
def _again(grams: Ints, n: int, k: int, sums: Longs, counts: Ints) -> int:
    """Code points in k-grams seen before, read from left to right, each find skipped as a whole."""
    total, i = 0, 0
    for j in range(n):
        if grams[j] >= 0:
            counts[grams[j]] = 0
    while i + k <= n:
        g = grams[i]
        if g >= 0 and counts[g]:
            total += sums[i + k] - sums[i]
            i += k
        else:
            if g >= 0:
                counts[g] = 1
            i += 1
    return total


@compiled
def _ngrams(words: Ints, grams: Ints, n: int, sums: Longs, work: tuple[Hashes, Ints, Ints, Ints], out: Floats) -> None:
    """Numerators of the top 2- to 4-grams and the repeated 5- to 10-grams."""
    _, _, counts, firsts = work
    grams[:n] = words[:n]
    active = _prune(grams, n, counts)
    for k in range(2, 11):
        if active:
            active = _lengthen(grams, words, n, k, active, work)
        if k < 5 and n >= k:
            out[k - 2] = _top(grams, n if active else 0, k, sums, counts, firsts)
        elif active:
            out[k - 2] = _again(grams, n, k, sums, counts)


@compiled
def _repetition(offsets: Longs, data: Bytes, tables: Tables, bounds: Longs, most: int, most_slots: int) -> Floats:
    n = len(offsets) - 1
    out = np.zeros((n, 13), np.float64)
    widest, lines = 1, 1
    for i in range(n):
        widest = max(widest, min(offsets[i + 1] - offsets[i], most))
        lines = max(lines, breaks_capacity(data, offsets[i], offsets[i + 1], most_slots))
    words, grams = np.empty(widest, np.int32), np.empty(widest, np.int32)
    counts, firsts = np.empty(widest, np.int32), np.empty(widest, np.int32)
    sums = np.zeros(widest + 1, np.int64)
    slots = np.empty(max(lines, capacity(widest, 2 * most)), np.uint64)
    work = (slots, np.empty(len(slots), np.int32), counts, firsts)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        whole = chars(data, p, end)
        if whole == 0:
            continue
        again, again_chars, every = _pieces(data, p, end, 1, slots)
        out[i, 0], out[i, 1] = again / every, again_chars / whole
        a, b = strip_white(data, p, end, tables.kinds)
        again, again_chars, every = _pieces(data, a, b, 2, slots)
        out[i, 2], out[i, 3] = again / every, again_chars / whole
        m, stop = _read(data, p, end, tables, bounds, words, sums, work)
        _ngrams(words, grams, m, sums, work, out[i, 4:])
        out[i, 4:] /= whole if stop == end else chars(data, p, stop)
    return out


def repetition(array: pa.LargeStringArray) -> Floats:
    """Rows of the result: repeated lines of all lines, their code points of the text's; the same two of paragraphs; top 2-, 3-,
    4-gram and repeated 5- to 10-grams, as code points of the text's. Text without any: 0.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_repetition(offsets, data, english.tables(), room(), MOST_TOKENS, MOST_SLOTS)).T
