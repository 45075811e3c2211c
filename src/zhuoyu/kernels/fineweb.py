"""What the FineWeb rules count: lines and their ends, as datatrove counts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english
from zhuoyu.kernels.arrow import Bytes, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import TERMINAL, Tables, bare
from zhuoyu.kernels.gopher_repeats import MOST_SLOTS
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.pieces import breaks_capacity, remember, strip_white
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.spans import chars, span_key
from zhuoyu.kernels.tokens import before, cut, is_plain, next_chunk, room
from zhuoyu.kernels.unicode import decode


@compiled
def _tokens(data: Bytes, p: int, end: int, tables: Tables, bounds: Longs) -> int:
    n = 0
    while True:
        start, p, met, marks, _ = next_chunk(data, p, end, tables.kinds)
        if start == end:
            return n
        plain = is_plain(data, start, p, met, marks, tables.facts)
        n += 1 if plain else cut(data, start, p, met, marks, tables, bounds)


@compiled
def _lines(data: Bytes, p: int, end: int, tables: Tables, short: int, slots: Hashes, out: Longs) -> None:
    size = breaks_capacity(data, p, end, len(slots))
    slots[:size] = 0
    seen_lines, known = pointer(slots), 0
    while p <= end:
        stop = p
        while stop < end and data[stop] != 10:
            stop += 1
        n = chars(data, p, stop)
        out[5] += n
        out[4] += stop < end
        a, b = strip_white(data, p, stop, tables.kinds)
        if a < b:
            out[0] += 1
            out[1] += tables.kinds[decode(data, before(data, p, stop), stop)[0]] & TERMINAL != 0
            out[2] += n <= short
            seen = remember(seen_lines, size, span_key(data, p, stop), known)
            known += 1 - seen
            out[3] += n if seen else 0
        p = stop + 1


@compiled
def _fineweb(offsets: Longs, array: Bytes, arrays: Tables, short: int, most: int, scratch: Longs) -> Longs:
    n = len(offsets) - 1
    data, tables, bounds = pointer(array), bare(arrays), pointer(scratch)
    out = np.zeros((n, 7), np.int64)
    lines = 16
    for i in range(n):
        lines = max(lines, breaks_capacity(data, offsets[i], offsets[i + 1], most))
    slots = np.empty(lines, np.uint64)
    for i in range(n):
        _lines(data, offsets[i], offsets[i + 1], tables, short, slots, out[i])
        out[i, 6] = _tokens(data, offsets[i], offsets[i + 1], tables, bounds)
    return out


def fineweb(array: pa.LargeStringArray, short: int) -> Longs:
    """Rows of the result: lines that are not blank, those that end in a terminal mark, those of at most SHORT code points, code
    points of lines seen before, line feeds, code points that are no line feeds, tokens.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_fineweb(offsets, data, english.tables(), short, MOST_SLOTS, room())).T
