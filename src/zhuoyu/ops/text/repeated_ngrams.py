"""How much of a text is word sequences it repeats."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, ngrams
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class RepeatedNgrams(Measure):
    """Repeated word n-grams (重复词组) as shares 0..1 of the characters inside words. Empty text: 0; null: null.

    Words are those of ``text.length``: in Chinese text a token is a character. Every character counts once. A top n-gram
    must occur twice; a duplicate is one seen earlier in the text. Only the first 2**20 words of a text are looked at.

    >>> RepeatedNgrams().on({"text": ["a b c a b d", "好的好的好的", None]})["text_top_2gram_share"]
    [0.6666666666666666, 1.0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher), table A1: top 2-, 3-, 4-gram at most 0.20, 0.18, 0.16; duplicate 5- to 10-grams at most "
        "0.15, 0.14, 0.13, 0.12, 0.11, 0.10; set for English words"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        *(
            Column(f"top_{n}gram_share", pa.float64(), Ratio, f"characters in the most frequent {n}-gram", "low", f"最多的 {n} 词组占比")
            for n in ngrams.TOP
        ),
        *(
            Column(f"dup_{n}gram_share", pa.float64(), Ratio, f"characters in {n}-grams seen earlier", "low", f"重复的 {n} 词组占比")
            for n in ngrams.DUPLICATE
        ),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        valid = arrow.validity(inputs[0])
        return [arrow.column(values, valid, pa.float64()) for values in ngrams.repeated(inputs[0])]
