"""Lines or paragraphs that other rows have too: what both operators share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import segments
from zhuoyu.kernels.arrow import Flags, Longs, validity
from zhuoyu.kernels.clusters import in_pieces
from zhuoyu.kernels.segments import Pieces
from zhuoyu.op import Column, Fetch
from zhuoyu.ops import _spans
from zhuoyu.ops.relate._order import by_preference
from zhuoyu.ops.relate._packed import pack, unpack
from zhuoyu.units import Bytes, Count, Signature

SIGNS: tuple[Column, ...] = (
    Column("hashes", pa.binary(), Signature, "64 bits a segment that is long enough"),
    Column("segments", pa.int64(), Count, "segments that are not blank"),
    Column("size", pa.int64(), Bytes, "bytes in UTF-8"),
)
PIECE = 32_000_000
"""Bytes of text fetched at a time."""


@dataclass(frozen=True)
class Ask:
    """What counts as a repeated segment, and who has it first."""

    paragraphs: bool
    least: int
    texts: int
    prefer: str
    per: str


def signature(text: pa.LargeStringArray, ask: Ask) -> list[pa.Array]:
    """One array for each of ``SIGNS``; null where the text is."""
    said, ends, every = segments.hashes(text, ask.paragraphs, ask.least)
    valid = validity(text)
    return [pack(said, ends, valid), pa.array(every, pa.int64(), mask=~valid), pc.binary_length(text)]


def relate(rows: pa.Table, fetch: Fetch, ask: Ask) -> list[pa.Array]:
    """The share of each row's segments that an earlier row has too, and the spans they take."""
    order, group = by_preference(rows, ask.prefer, ask.per)
    ranks, groups = np.empty(rows.num_rows, np.int32), np.empty(rows.num_rows, np.int32)
    ranks[order], groups[order] = np.arange(rows.num_rows), group
    pieces = Pieces(unpack(rows.column("hashes")))
    marked = segments.repeated(pieces, ranks, groups, ask.texts)
    counts = [np.diff(ends) for _, ends in pieces.parts]
    begins = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *counts]))]).astype(np.int64)
    again = np.concatenate([np.zeros(0, np.bool_), *marked])
    some = np.concatenate([[0], np.cumsum(again)])[begins]
    every = rows.column("segments").combine_chunks()
    valid = validity(every)
    numbers = np.asarray(every.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
    share = np.divide(np.diff(some), numbers, out=np.zeros(len(numbers)), where=numbers > 0)
    sizes = np.asarray(rows.column("size").fill_null(0).to_numpy())
    return [pa.array(share, pa.float64(), mask=~valid), _lists(np.flatnonzero(np.diff(some)), sizes, fetch, again, begins, ask, valid)]


def _lists(at: Longs, sizes: Longs, fetch: Fetch, again: Flags, begins: Longs, ask: Ask, valid: Flags) -> pa.Array:
    """The spans of the rows AT, whose texts are looked at once more, piece by piece."""
    found = [np.zeros((0, 4), np.int64)]
    for first, stop in in_pieces(sizes[at], PIECE):
        here = at[first:stop]
        spans = segments.spans(fetch(pa.array(here))[0], ask.paragraphs, ask.least, again, begins[here])
        spans[:, 0] = here[spans[:, 0]]
        found.append(spans)
    every = np.concatenate(found)
    return _spans.lists(every[:, 0], {"start": pa.array(every[:, 2]), "end": pa.array(every[:, 3])}, valid)
