"""The counts behind the Gopher quality rules, as the reference filter takes them."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, gopher
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Count, Ratio, Unit, Words

_PER_WORD = Unit("per token", 0, None, "每词")


class GopherQuality(Measure):
    """What the Gopher quality rules count (Gopher 质量指标), for English text: tokens as spaCy cuts it, ``n't`` and marks too.

    A word is a token that is not marks alone; its length is in code points. Text without any: 0; null: null. For other languages use
    ``text.length``, ``text.ending`` and ``text.stop_words``, whose words need no spaces.
    Values are datatrove's GopherQualityFilter's, but for an emoticon that touches other marks (``f():`` is one token more here) and a
    run of more than 4 KB without white space, which is cut there.

    >>> GopherQuality().on({"text": ["You can't have the cake.", "", None]})["text_gopher_words"]
    [6, 0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1; definitions: datatrove 0.10.1, GopherQualityFilter; "
        "tokens: spaCy 3.8, English"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("gopher_words", pa.int64(), Words, "tokens that are not marks alone", zh="词数(Gopher)"),
        Column("gopher_word_length", pa.float64(), Unit("code points a word", 0, None, "字符每词"), "mean code points of those", zh="平均词长"),
        Column("gopher_hash_ratio", pa.float64(), _PER_WORD, "hash signs, of all tokens", "low", "井号与词之比"),
        Column("gopher_ellipsis_ratio", pa.float64(), _PER_WORD, "ellipses, of all tokens", "low", "省略号与词之比"),
        Column("gopher_bullet_line_share", pa.float64(), Ratio, "lines that start with a bullet or hyphen", "low", "列表行占比"),
        Column("gopher_ellipsis_line_share", pa.float64(), Ratio, "lines that end in an ellipsis", "low", "省略号行占比"),
        Column("gopher_alpha_share", pa.float64(), Ratio, "tokens with a letter", "high", "含字母词占比"),
        Column("gopher_stop_words", pa.int64(), Count, "different stop words, of eight, in lower case", "high", "英文停用词数"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        tokens, words, chars, lettered, stops, hashes, ellipses, lines, bullets, trailing = gopher.quality(inputs[0])
        parts = ((chars, words), (hashes, tokens), (ellipses, tokens), (bullets, lines), (trailing, lines), (lettered, tokens))
        valid = arrow.validity(inputs[0])
        values = (words, *(share(part, whole) for part, whole in parts), stops)
        return [arrow.column(v, valid, c.type) for v, c in zip(values, self.writes, strict=True)]
