"""How much of a page is furniture by the line rules of RefinedWeb."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, refinedweb
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class Refinedweb(Measure):
    r"""Words that the line rules of RefinedWeb would remove (RefinedWeb 行规则), as a share 0..1 of all. Text without words: 0; null: null.

    A line goes when more than half of it is capitals, it is digits alone, a counter (``3 likes``), or less than two words between spaces;
    in lines of at most ten words ``sign-in`` in front, ``read more...`` behind and ``items in cart`` go. Words are ``text.length``'s.
    Deviations from DCLM's implementation of the rules: its words are uniseg's, its ``read more...`` lets any three characters follow.
    A Chinese line has one word between spaces: use it where the text is English.

    >>> Refinedweb().on({"text": ["a line of words\n3 likes", "one two", None]})["text_refinedweb_removed_share"]
    [0.3333333333333333, 0.0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Penedo et al. 2023 (RefinedWeb), arXiv:2306.01116, appendix G.2: discard over 0.05; definitions: DCLM, refinedweb.yaml"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("refinedweb_removed_share", pa.float64(), Ratio, "words in lines and phrases that would go", "low", "将被移除的词占比"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array."""
        every, left = refinedweb.words(inputs[0])
        return [arrow.column(share(every - left, every), arrow.validity(inputs[0]), pa.float64())]
