"""How rich a text's words are: the same few again and again, or many."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, vocabulary
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio, Unit


class Vocabulary(Measure):
    """Type/token ratio and word entropy (词汇丰富度). Words are ``text.length``'s, in either case. No words: 0; null: null.

    The entropy of a text's words in bits a word is what one word tells, if words came independently: log2 of the words where all differ,
    0 where one is repeated. All three fall with length: compare texts of like length. Only the first 2**20 words are looked at.

    >>> Vocabulary().on({"text": ["the cat The dog", "好好好", None]})["text_type_token_ratio"]
    [0.75, 0.3333333333333333, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Johnson 1944 (type/token ratio); Shannon 1951, Prediction and Entropy of Printed English, section 2 (word entropy)"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("type_token_ratio", pa.float64(), Ratio, "different words, of all", "none", "型例比"),
        Column("hapax_share", pa.float64(), Ratio, "words that occur once, of all", "none", "单现词占比"),
        Column("word_entropy", pa.float64(), Unit("bits a word", 0, 20, "比特每词"), "entropy of the words", "none", "词熵(信息密度)"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        words, types, once, entropy = vocabulary.vocabulary(inputs[0])
        valid = arrow.validity(inputs[0])
        return [arrow.column(v, valid, pa.float64()) for v in (share(types, words), share(once, words), entropy)]
