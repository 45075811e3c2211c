"""Paragraphs of a text as rows of a table of their own."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.op import Children, Column, Expand
from zhuoyu.units import Content


class Paragraphs(Expand):
    r"""One child a paragraph (段落): what stands between empty lines, without white space at its ends but with its inner line breaks.

    A null, empty or blank text has no children.

    >>> Paragraphs().run(pa.array(["one\nline\n\n二", None], pa.large_string())).columns[0].to_pylist()
    ['one\nline', '二']
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "CommonMark 0.31 (an empty line ends a paragraph)"
    writes: ClassVar[tuple[Column, ...]] = (Column("text", pa.large_string(), Content, "the paragraph", zh="段落"),)
    min_chars: int = Field(1, ge=1, description="Shorter paragraphs make no child (code points).")

    def run(self, *inputs: pa.Array) -> Children:
        """Paragraphs in reading order."""
        pieces = pc.split_pattern_regex(inputs[0], r"\r?\n[ \t\f\x{3000}]*\r?\n")
        parent = pc.list_parent_indices(pieces)
        text = pc.utf8_trim_whitespace(pc.list_flatten(pieces))
        long = pc.greater_equal(pc.utf8_length(text), self.min_chars)
        return Children(parent.filter(long).cast(pa.int64()), [text.filter(long)])
