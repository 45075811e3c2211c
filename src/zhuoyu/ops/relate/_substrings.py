"""From shared fingerprints to the spans of windows that an earlier row has too."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Flags, Ints, Longs, validity
from zhuoyu.kernels.clusters import in_pieces
from zhuoyu.kernels.segments import Pieces, repeated
from zhuoyu.kernels.substrings import MOST, Windows
from zhuoyu.op import Fetch
from zhuoyu.ops import _spans
from zhuoyu.ops.relate._columns import whole
from zhuoyu.ops.relate._order import by_preference
from zhuoyu.ops.relate._packed import unpack

PIECE = 32_000_000
"""Bytes of text fetched at a time."""


def relate(rows: pa.Table, fetch: Fetch, window: int, prefer: str, per: str, most: int = MOST) -> list[pa.Array]:
    """The share of each text in windows that an earlier row has too, and their spans."""
    order, by_rank = by_preference(rows, prefer, per)
    groups = np.empty(rows.num_rows, np.int32)
    groups[order] = by_rank
    pieces = Pieces(unpack(rows.column("fingerprints")))
    shared = np.concatenate([np.zeros(0, np.bool_), *repeated(pieces, np.zeros(rows.num_rows, np.int32), groups, 2, all_=True)])
    begins = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *(np.diff(e) for _, e in pieces.parts)]))])
    counts = np.diff(np.concatenate([[0], np.cumsum(shared)])[begins])
    positions = order[counts[order] > 0]
    chars = whole(rows.column("chars"))
    valid = validity(chars)
    lengths = np.asarray(chars.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    room = int(np.minimum(counts * (window - window // 2 + 1), lengths).sum())  # a fingerprint is that of so many windows at most
    sizes = np.asarray(rows.column("size").fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    passes = max(1, -(-room // most))
    found = [np.zeros((0, 4), np.int64)]
    for part in range(passes):
        # a pass has MOST on average: a quarter more is far beyond chance, and the table is half empty even then
        windows = Windows(window, min(room, most + most // 4 + 1000), part, passes)
        found += _pass(positions, sizes, fetch, windows, groups, shared, begins)
    every = np.concatenate(found)
    row, start, end = _spans.merged(every[:, 0], every[:, 2], every[:, 3])
    inside = _spans.covered(row, start, end, rows.num_rows)
    share = np.divide(inside, lengths, out=np.zeros(rows.num_rows), where=lengths > 0)
    return [pa.array(share, pa.float64(), mask=~valid), _spans.lists(row, {"start": pa.array(start), "end": pa.array(end)}, valid)]


def _pass(positions: Longs, sizes: Longs, fetch: Fetch, windows: Windows, groups: Ints, shared: Flags, begins: Longs) -> list[Longs]:
    """The spans that one pass over the rows at POSITIONS, by preference, finds."""
    out = []
    for first, stop in in_pieces(sizes[positions], PIECE):
        here = positions[first:stop]
        spans = windows.take(fetch(pa.array(here))[0], groups[here], shared, begins[here])
        spans[:, 0] = here[spans[:, 0]]
        out.append(spans)
    return out
