"""The shares behind the FineWeb rules, as the reference filter takes them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow, fineweb
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio, Unit


class Fineweb(Measure):
    r"""What the FineWeb rules count (FineWeb 指标): ends, lengths and repeats of lines that are not blank. Blank text: 0; null: null.

    A line stands between line feeds and is not stripped: one that ends in a space does not end in a mark. Terminal marks are Unicode's
    Sentence_Terminal, Chinese ones too; only the last column counts English tokens (``text.gopher``).
    Values are datatrove's FineWebQualityFilter's, but for tokens as said there.

    >>> Fineweb().on({"text": ["One line.\nAnother\n\nAnother", None]})["text_fineweb_punct_line_share"]
    [0.3333333333333333, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.5; definitions: datatrove 0.10.1, FineWebQualityFilter"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("fineweb_punct_line_share", pa.float64(), Ratio, "lines that end in a terminal mark", "high", "以句末标点结尾的行占比"),
        Column("fineweb_short_line_share", pa.float64(), Ratio, "lines of at most short_chars code points", "low", "短行占比"),
        Column(
            "fineweb_dup_char_share", pa.float64(), Ratio, "characters of lines seen earlier, line feeds apart", "low", "重复行字符占比"
        ),
        Column("fineweb_newline_ratio", pa.float64(), Unit("per token", 0, None, "每词"), "line feeds, of tokens", "low", "换行与词之比"),
    )
    short_chars: int = Field(30, ge=1, description="A line of at most so many code points is short.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        lines, ended, short, again, feeds, others, tokens = fineweb.fineweb(inputs[0], self.short_chars)
        ratio = share(feeds, tokens)
        ratio[lines == 0] = 0
        valid = arrow.validity(inputs[0])
        values = (share(ended, lines), share(short, lines), np.where(lines > 0, share(again, others), 0.0), ratio)
        return [arrow.column(v, valid, pa.float64()) for v in values]
