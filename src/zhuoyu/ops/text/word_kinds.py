"""Whether a text's words are those of prose: the Gopher rules that count words, not lines."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, counts
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Count, Ratio, Unit


class WordKinds(Measure):
    """What a text's words are (词语构成): with a letter, English stop words, marks among them. Empty text: 0; null: null.

    Stop words are the, be, to, of, and, that, have, with, in either case: use them where the text is English. The other
    columns hold for every language; Chinese prose between two spaces is one piece, and has a letter.

    >>> WordKinds().on({"text": ["The end of 1 | 2", None]})["text_stop_words"]
    [2, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher), table A1: at least 0.80 of words with a letter, at most 0.1 hash signs or ellipses a word, "
        "at least 2 stop words; English only"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("alpha_word_share", pa.float64(), Ratio, "pieces between white space that have a letter", "high", "含字母词占比"),
        Column("hash_word_ratio", pa.float64(), Unit("per word", 0, None, "每词"), "hash signs a word", "low", "井号与词之比"),
        Column("ellipsis_word_ratio", pa.float64(), Unit("per word", 0, None, "每词"), "ellipses a word", "low", "省略号与词之比"),
        Column("stop_words", pa.int64(), Count, "different English stop words, of eight", "high", "英文停用词数"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        words, stops, pieces, lettered, hashes, ellipses = counts.word_kinds(inputs[0])
        valid = arrow.validity(inputs[0])
        values = (share(lettered, pieces), share(hashes, words), share(ellipses, words), stops)
        return [arrow.column(v, valid, c.type) for v, c in zip(values, self.writes, strict=True)]
