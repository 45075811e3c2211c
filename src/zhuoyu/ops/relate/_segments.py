"""Lines or paragraphs that other rows have too: what both operators share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels import segments
from zhuoyu.kernels.arrow import Flags, Longs, validity
from zhuoyu.kernels.clusters import in_pieces
from zhuoyu.kernels.segments import Pieces
from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops import _spans
from zhuoyu.ops.relate._order import by_preference
from zhuoyu.ops.relate._packed import pack, unpack
from zhuoyu.ops.relate._policy import PREFER, needed
from zhuoyu.units import Bytes, Count, Signature

SIGNS: tuple[Column, ...] = (
    Column("hashes", pa.binary(), Signature, "64 bits a segment that is long enough"),
    Column("segments", pa.int64(), Count, "segments that are not blank"),
    Column("size", pa.int64(), Bytes, "bytes in UTF-8"),
)
PIECE = 32_000_000
"""Bytes of text fetched at a time."""


class RepeatedSegments(Relate):
    """What the operators on lines and on paragraphs share; each says which it is and what its columns are called."""

    paragraphs: ClassVar[bool]
    signs: ClassVar[tuple[Column, ...]] = SIGNS
    min_chars: int = Field(20, ge=1, description="Shorter ones never count as repeated (code points).")
    rows: int = Field(2, ge=2, description="One counts as repeated only if at least so many rows have it.")
    prefer: str = Field(
        "first",
        pattern=PREFER,
        description="Who has it first: first (smallest _id), longest (bytes), a column (larger), -column (smaller).",
    )
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Hashes of the segments; null where the text is."""
        said, ends, every = segments.hashes(inputs[0], self.paragraphs, self.min_chars)
        valid = validity(inputs[0])
        return [pack(said, ends, valid), pa.array(every, pa.int64(), mask=~valid), pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Compare hashes, then look once more at the rows that repeat."""
        return _related(rows, fetch, self)

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return needed(self.prefer)


def _related(rows: pa.Table, fetch: Fetch, ask: RepeatedSegments) -> list[pa.Array]:
    """The share of each row's segments that an earlier row has too, and the spans they take."""
    order, group = by_preference(rows, ask.prefer, ask.per)
    ranks, groups = np.empty(rows.num_rows, np.int32), np.empty(rows.num_rows, np.int32)
    ranks[order], groups[order] = np.arange(rows.num_rows), group
    pieces = Pieces(unpack(rows.column("hashes")))
    marked = segments.repeated(pieces, ranks, groups, ask.rows)
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


def _lists(at: Longs, sizes: Longs, fetch: Fetch, again: Flags, begins: Longs, ask: RepeatedSegments, valid: Flags) -> pa.Array:
    """The spans of the rows AT, whose texts are looked at once more, piece by piece."""
    found = [np.zeros((0, 4), np.int64)]
    for first, stop in in_pieces(sizes[at], PIECE):
        here = at[first:stop]
        spans = segments.spans(fetch(pa.array(here))[0], ask.paragraphs, ask.min_chars, again, begins[here])
        spans[:, 0] = here[spans[:, 0]]
        found.append(spans)
    every = np.concatenate(found)
    return _spans.lists(every[:, 0], {"start": pa.array(every[:, 2]), "end": pa.array(every[:, 3])}, valid)
