"""How much of a text is lines it has already said."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow, lines
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class DuplicateLines(Measure):
    r"""Lines seen earlier in the same text (重复行), as shares 0..1 of its characters and of its lines. Empty text: 0; null: null.

    White space around a line does not count, empty lines are no lines, and of a text with more than a million different
    lines the later ones are compared with the first million.

    >>> DuplicateLines().on({"text": ["menu\nmenu\nbody", "", None]})["text_dup_line_share"]
    [0.3333333333333333, 0.0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Rae et al. 2021 (Gopher), table A1: keep at 0.20 of characters, 0.30 of lines, or less"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("dup_line_share", pa.float64(), Ratio, "characters in lines seen earlier, of those in all lines", "low", "重复行字符占比"),
        Column("dup_line_count_share", pa.float64(), Ratio, "lines seen earlier, of non-empty lines", "low", "重复行占比"),
    )
    min_chars: int = Field(1, ge=1, description="Lines of fewer code points never count as repeated.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        again, chars, lines_again, every = lines.duplicates(inputs[0], self.min_chars)
        valid = arrow.validity(inputs[0])
        return [arrow.column(share(part, whole), valid, pa.float64()) for part, whole in ((again, chars), (lines_again, every))]
