"""Lines that earlier rows have too."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops._spans import SPANS
from zhuoyu.ops.relate import _segments
from zhuoyu.ops.relate._policy import PREFER, needed
from zhuoyu.ops.relate._segments import SIGNS, Ask
from zhuoyu.units import Ratio, Signature


class DuplicateLines(Relate):
    r"""Lines that an earlier row has too (跨文档重复行): their share of all lines, and where they stand. Null: no text.

    Earlier is what ``prefer`` says: the first row keeps the line, the others list it. White space around a line does not count; a blank
    text has none: 0. What a text repeats of itself is ``text.duplicate_lines``. 64-bit hashes are compared: two different lines of a
    billion meet with probability 0.03. Memory: 8 bytes a line on disk, 2 in memory, and 340 MB.

    >>> op, texts = DuplicateLines(min_chars=4), pa.array(["menu\nnew\nold text", "other menu\n menu\r\nold text"], pa.large_string())
    >>> rows = pa.table([["b", "c"], *op.signature(texts)], ["_id", *(s.suffix for s in op.signs)])
    >>> op.relate(rows, lambda at: [texts.take(at)])[1].to_pylist()
    [[], [{'start': 12, 'end': 26}]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Wenzek et al. 2020 (CCNet), section 3.1: lines by hash, the first copy stays; 20 code points are our choice"
    signs: ClassVar[tuple[Column, ...]] = SIGNS
    writes: ClassVar[tuple[Column, ...]] = (
        Column(
            "repeated_line_share", pa.float64(), Ratio, "lines that an earlier row has too, of all that are not blank", "low", "重复行占比"
        ),
        Column(
            "repeated_line_spans", SPANS, Signature, "code points start to end of those lines; neighbours are one span", zh="重复行片段"
        ),
    )
    min_chars: int = Field(20, ge=1, description="Shorter lines never count as repeated (code points).")
    rows: int = Field(2, ge=2, description="A line counts as repeated only if at least so many rows have it.")
    prefer: str = Field(
        "first",
        pattern=PREFER,
        description="Who has it first: first (smallest _id), longest (bytes), a column (larger), -column (smaller).",
    )
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Hashes of the lines."""
        return _segments.signature(inputs[0], self._ask())

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Compare hashes, then look once more at the rows that repeat."""
        return _segments.relate(rows, fetch, self._ask())

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return needed(self.prefer)

    def _ask(self) -> Ask:
        return Ask(False, self.min_chars, self.rows, self.prefer, self.per)
