"""Which scripts a text is written in."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, scripts
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class Scripts(Measure):
    """Shares 0..1 of a text's letters by script (文字占比). Text without letters: 0; null: null.

    Letters are Unicode's (category L), by the script in their names; digits and marks have none.

    >>> Scripts().on({"text": ["ab 汉字", "123", None]})["text_han_share"]
    [0.5, 0.0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Unicode 14.0, general category L, names of characters; Standard Annex 24 (scripts)"
    writes: ClassVar[tuple[Column, ...]] = tuple(
        Column(f"{name}_share", pa.float64(), Ratio, f"{name} letters, of all letters", "none", f"{name} 文字占比")
        for name in scripts.SCRIPTS
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per script."""
        counts = scripts.count(inputs[0])
        valid, every = arrow.validity(inputs[0]), counts.sum(axis=0)
        return [arrow.column(share(some, every), valid, pa.float64()) for some in counts]
