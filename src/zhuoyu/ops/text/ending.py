"""How a text ends, and what its lines look like: truncation, lists, teasers."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow, lines
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Flag, Ratio


class Ending(Measure):
    r"""Whether a text ends in a terminal mark (结尾标点), and shares 0..1 of its non-empty lines. Empty text: false, 0; null: null.

    Closing quotes and brackets after the mark are looked through. A bullet is a list mark at the line's start; an ASCII
    one needs a space behind it.

    >>> Ending().on({"text": ["她说:“好。”", "- a\n- b", None]})["text_ends_terminal"]
    [True, False, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher): bullet lines at most 0.90, ellipsis lines at most 0.30; "
        "Penedo et al. 2024 (FineWeb): short lines (30 characters) at most 0.67, lines ending in punctuation"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("ends_terminal", pa.bool_(), Flag, "the text ends in a terminal mark", "high", "以句末标点结尾"),
        Column("bullet_line_share", pa.float64(), Ratio, "lines that start with a list mark", "low", "列表行占比"),
        Column("ellipsis_line_share", pa.float64(), Ratio, "lines that end in an ellipsis", "low", "省略号行占比"),
        Column("short_line_share", pa.float64(), Ratio, "lines of at most short_chars code points", "low", "短行占比"),
    )
    short_chars: int = Field(30, ge=1, description="A line of at most so many code points is short.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        valid = arrow.validity(inputs[0])
        *kinds, every = lines.line_kinds(inputs[0], self.short_chars)
        shares = [arrow.column(share(part, every), valid, pa.float64()) for part in kinds]
        return [arrow.column(lines.ends_terminal(inputs[0]), valid, pa.bool_()), *shares]
