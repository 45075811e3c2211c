"""A small catalogue of real operators: what the planner's tests plan with."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.op import Column, Expand, Input, Measure, Op, Relate, Transform
from zhuoyu.units import Content, Count, Ratio, RowId, Signature, Words


class Length(Measure):
    """Words and characters."""

    op_name: ClassVar[str] = "text.length"
    version = 1
    writes = (Column("words", pa.int64(), Words, "words"), Column("chars", pa.int64(), Count, "code points"))


class Symbols(Measure):
    """A share with a threshold."""

    op_name: ClassVar[str] = "text.symbols"
    version = 1
    writes = (Column("symbol_share", pa.float64(), Ratio, "symbols"),)
    least: int = Field(1, ge=1, description="Shorter texts count as 0 (code points).")


class Overlap(Measure):
    """Words that two texts share."""

    op_name: ClassVar[str] = "text.overlap"
    version = 1
    reads = (Input("question"), Input("answer"))
    writes = (Column("overlap", pa.float64(), Ratio, "shared words"),)


class Topic(Measure):
    """Needs a parameter."""

    op_name: ClassVar[str] = "text.topic"
    version = 1
    writes = (Column("topic", pa.string(), Content, "the topic"),)
    taxonomy: str


class Density(Measure):
    """Reads a number that may itself be a measure."""

    op_name: ClassVar[str] = "number.density"
    version = 1
    reads = (Input("words", "number"),)
    writes = (Column("density", pa.float64(), Ratio, "density"),)


class Normalize(Transform):
    """Changes text."""

    op_name: ClassVar[str] = "text.normalize"
    version = 1
    form: str = "NFC"


class Near(Relate):
    """Near duplicates."""

    op_name: ClassVar[str] = "relate.near"
    version = 1
    signs = (Column("hash", pa.int64(), Signature, "hash"),)
    writes = (Column("duplicate_of", pa.string(), RowId, "the row it repeats"),)
    prefer: str = ""

    def needs(self) -> tuple[str, ...]:
        return (self.prefer,) if self.prefer else ()


class Exact(Relate):
    """Exact duplicates."""

    op_name: ClassVar[str] = "relate.exact"
    version = 1
    signs = (Column("hash", pa.int64(), Signature, "hash"),)
    writes = (Column("copy_of", pa.string(), RowId, "the row it repeats"),)


class Paragraphs(Expand):
    """Paragraphs of a text."""

    op_name: ClassVar[str] = "text.paragraphs"
    version = 1
    writes = (Column("text", pa.large_string(), Content, "the paragraph"),)


class Words2(Measure):
    """Writes what text.length writes."""

    op_name: ClassVar[str] = "text.other_length"
    version = 1
    writes = (Column("words", pa.int64(), Words, "words"),)


class Ops:
    """A Catalogue."""

    all: ClassVar[tuple[type[Op], ...]] = (Length, Symbols, Overlap, Topic, Density, Normalize, Near, Exact, Paragraphs)

    def __init__(self, *more: type[Op]) -> None:
        self._by_name = {cls.name(): cls for cls in (*self.all, *more)}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_name))

    def load(self, name: str) -> type[Op]:
        return self._by_name[name]
