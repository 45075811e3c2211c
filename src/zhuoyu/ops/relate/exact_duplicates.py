"""Rows whose content is equal."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops.relate import _policy
from zhuoyu.ops.relate._policy import CONTENT, PREFER, Ignore
from zhuoyu.units import Bytes, RowId, Signature


class ExactDuplicates(Relate):
    r"""Names, for a row whose text another row also has, the row that stays (完全重复). Null: the row itself stays, or has no text.

    Texts are equal when at most their white space differs; empty texts equal each other. Compared are 128-bit BLAKE2b hashes.

    >>> op = ExactDuplicates()
    >>> signs = op.signature(pa.array(["琢玉 is jade", "琢玉  is jade\n", "other"], pa.large_string()))
    >>> op.relate(pa.table([["b", "a", "c"], *signs], ["_id", "content", "size"]), lambda at: [])[0].to_pylist()
    ['a', None, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "GB/T 36344-2018 (数据重复率); ISO/IEC 5259-2:2024 Con-ML-1"
    signs: ClassVar[tuple[Column, ...]] = (
        Column("content", CONTENT, Signature, "128-bit hash of the text"),
        Column("size", pa.int64(), Bytes, "bytes in UTF-8"),
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("exact_duplicate_of", pa.string(), RowId, "the row with the same text that stays; null: this one stays", zh="完全重复于"),
    )
    ignore: Ignore = Field("space", description="space: runs of it count as one space, none at the ends; nothing: bytes are compared.")
    prefer: str = Field(
        "first", pattern=PREFER, description="Who stays: first (smallest _id), longest (bytes), a column (larger), -column (smaller)."
    )
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Hash and size of the content."""
        return [_policy.content_hashes(inputs[0], self.ignore), pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:  # noqa: ARG002  # hashes say it all
        """The row that stays, for every other row of its group."""
        ranked = _policy.ranked(rows, self.prefer, self.per)
        at = np.full(rows.num_rows, -1, np.int64)
        gone = ranked.same != np.arange(rows.num_rows)
        at[ranked.order[gone]] = ranked.order[ranked.same[gone]]
        return [_policy.written_ids(rows, at)]

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return _policy.needed(self.prefer)
