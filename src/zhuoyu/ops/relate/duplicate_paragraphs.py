"""Paragraphs that earlier rows have too."""

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


class DuplicateParagraphs(Relate):
    r"""Paragraphs that an earlier row has too (跨文档重复段落): their share of the text's paragraphs and where they stand. Null: no text.

    A paragraph ends at a blank line; white space around it does not count. Earlier is what ``prefer`` says: the first row keeps the
    paragraph, the others list it. 64-bit hashes are compared. Memory: 8 bytes a paragraph on disk, 2 in memory, and 340 MB.

    >>> op, texts = DuplicateParagraphs(min_chars=4), pa.array(["one\ntwo\n\nmine", "yours\n\none\ntwo\n"], pa.large_string())
    >>> rows = pa.table([["b", "c"], *op.signature(texts)], ["_id", *(s.suffix for s in op.signs)])
    >>> [a.to_pylist() for a in op.relate(rows, lambda at: [texts.take(at)])]
    [[0.0, 0.5], [[], [{'start': 7, 'end': 14}]]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Soldaini et al. 2024 (Dolma), section 5: exact paragraphs, the first copy stays; 20 code points are our choice"
    signs: ClassVar[tuple[Column, ...]] = SIGNS
    writes: ClassVar[tuple[Column, ...]] = (
        Column(
            "repeated_paragraph_share",
            pa.float64(),
            Ratio,
            "paragraphs that an earlier row has too, of all that are not blank",
            "low",
            "重复段落占比",
        ),
        Column(
            "repeated_paragraph_spans",
            SPANS,
            Signature,
            "code points start to end of those paragraphs; neighbours are one span",
            zh="重复段落片段",
        ),
    )
    min_chars: int = Field(20, ge=1, description="Shorter paragraphs never count as repeated (code points).")
    rows: int = Field(2, ge=2, description="A paragraph counts as repeated only if at least so many rows have it.")
    prefer: str = Field(
        "first",
        pattern=PREFER,
        description="Who has it first: first (smallest _id), longest (bytes), a column (larger), -column (smaller).",
    )
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Hashes of the paragraphs."""
        return _segments.signature(inputs[0], self._ask())

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Compare hashes, then look once more at the rows that repeat."""
        return _segments.relate(rows, fetch, self._ask())

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return needed(self.prefer)

    def _ask(self) -> Ask:
        return Ask(True, self.min_chars, self.rows, self.prefer, self.per)
