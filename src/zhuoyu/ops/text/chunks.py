"""A text in chunks of bounded size, each with its place in the text."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from zhuoyu.kernels import chunks
from zhuoyu.op import Children, Column, Expand
from zhuoyu.units import Chars, Content

_BY = {"words": 0, "sentences": chunks.SENTENCE, "headings": chunks.HEADING}


class Chunks(Expand):
    r"""One child a chunk (分块), in order: as much text as fits, cut where ``by`` says. A null, empty or blank text has none.

    ``words`` cuts between any two words (a Han or kana character is one); ``sentences`` goes back to the last sentence end that
    fits, and cuts inside a sentence only when it alone is too long; ``headings`` also cuts before each Markdown heading, and an
    overlap never reaches across one. ``start`` and ``end`` are code points of the parent's text as it stands when the child
    table is made: ``parent[start:end]`` is the chunk. A chunk has no white space at its ends. ``heading`` is the Markdown
    heading in force where the chunk begins, null above the first.

    >>> Chunks(by="sentences", size=4).run(pa.array(["One two. Three four? 五六。七", None], pa.large_string())).columns[0].to_pylist()
    ['One two. Three four?', '五六。七']
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Words and sentences as in text.length; CommonMark 0.31 (ATX headings, code fences)"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("text", pa.large_string(), Content, "the chunk", zh="分块"),
        Column("start", pa.int64(), Chars, "where it begins in the parent's text", zh="起点"),
        Column("end", pa.int64(), Chars, "where it ends in the parent's text", zh="终点"),
        Column("heading", pa.large_string(), Content, "the Markdown heading above its beginning; null: none", zh="标题"),
    )
    by: Literal["words", "sentences", "headings"] = Field("sentences", description="Where a chunk may end.")
    unit: Literal["words", "chars"] = Field("words", description="What size and overlap count: words, or code points.")
    size: int = Field(512, ge=1, le=1_000_000, description="The most of it that one chunk has.")
    overlap: int = Field(0, ge=0, description="How much of the end of a chunk the next one repeats, at most.")

    @model_validator(mode="after")
    def _smaller(self) -> Self:
        if self.overlap >= self.size:
            raise ValueError(f"expected an overlap below the size of {self.size}, found {self.overlap}")
        return self

    def run(self, *inputs: pa.Array) -> Children:
        """Chunks in reading order."""
        text = inputs[0]
        made = chunks.chunks(text, _BY[self.by], self.unit == "chars", self.size, self.overlap)
        made = made[np.asarray(pc.is_valid(text).to_numpy(zero_copy_only=False))[made[:, chunks.ROW]]]
        said = chunks.slices(text, made[:, chunks.START], made[:, chunks.STOP])
        titled = made[:, chunks.TITLE] >= 0
        titles = chunks.slices(text, made[:, chunks.TITLE] * titled, made[:, chunks.TITLE_STOP] * titled)
        titles = pc.utf8_trim_whitespace(pc.replace_substring_regex(titles, r"^ {0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$", ""))
        titles = pc.if_else(pa.array(titled), titles, pa.scalar(None, titles.type))
        return Children(pa.array(made[:, chunks.ROW]), [said, pa.array(made[:, chunks.FIRST]), pa.array(made[:, chunks.LAST]), titles])
