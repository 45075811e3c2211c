"""The counts and shares behind the Gopher rules, as the reference filters take them."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, gopher
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Count, Ratio, Unit, Words

_PER_TOKEN = Unit("per token", 0, None, "每词")
_CHARS = Unit("of the text's characters", 0, None, "占全文字符")


class Gopher(Measure):
    r"""What the Gopher quality and repetition rules count (Gopher 指标), for English. Text without any: 0; null: null.

    Tokens are spaCy's, ``n't`` and marks too; a word is one that is not marks alone. Lines of ``_share`` and ``_chars`` stand between
    line feeds, paragraphs between two or more. A top n-gram counts each occurrence with the spaces between its tokens, overlaps too (so
    its share can pass 1), and also when it occurs once; repeated n-grams are read from left to right. For other languages use
    ``text.length``, ``text.ending``, ``text.stop_words`` and ``text.repeated_ngrams``, whose words need no spaces.
    Values are datatrove's, but for: an emoticon that touches other marks (``f():`` is one token more here); runs of over 4 KB without
    white space, cut there; n-grams that read alike without spaces; and n-grams behind the first 2**20 tokens, not taken.

    >>> Gopher().on({"text": ["You can't have the cake.\n\none\n\none", "", None]})["text_gopher_words"]
    [8, 0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher), arXiv:2112.11446, appendix A.1.1 and table A1; definitions: datatrove 0.10.1, GopherQualityFilter and "
        "GopherRepetitionFilter; tokens: spaCy 3.8, English"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("gopher_words", pa.int64(), Words, "tokens that are not marks alone", zh="词数(Gopher)"),
        Column(
            "gopher_word_length", pa.float64(), Unit("code points a word", 0, None, "字符每词"), "mean code points of those", zh="平均词长"
        ),
        Column("gopher_hash_ratio", pa.float64(), _PER_TOKEN, "hash signs, of all tokens", "low", "井号与词之比"),
        Column("gopher_ellipsis_ratio", pa.float64(), _PER_TOKEN, "ellipses, of all tokens", "low", "省略号与词之比"),
        Column("gopher_bullet_line_share", pa.float64(), Ratio, "lines that start with a bullet or hyphen", "low", "列表行占比"),
        Column("gopher_ellipsis_line_share", pa.float64(), Ratio, "lines that end in an ellipsis", "low", "省略号行占比"),
        Column("gopher_alpha_share", pa.float64(), Ratio, "tokens with a letter", "high", "含字母词占比"),
        Column("gopher_stop_words", pa.int64(), Count, "different stop words, of eight, in lower case", "high", "英文停用词数"),
        Column("gopher_dup_line_share", pa.float64(), Ratio, "lines seen earlier, of all lines", "low", "重复行占比"),
        Column("gopher_dup_line_chars", pa.float64(), Ratio, "characters of those, of the text's", "low", "重复行字符占比"),
        Column("gopher_dup_paragraph_share", pa.float64(), Ratio, "paragraphs seen earlier, of all", "low", "重复段落占比"),
        Column("gopher_dup_paragraph_chars", pa.float64(), Ratio, "characters of those, of the text's", "low", "重复段落字符占比"),
        *(Column(f"gopher_top_{n}gram", pa.float64(), _CHARS, f"the most frequent {n}-gram", "low", f"最多的 {n} 词组") for n in (2, 3, 4)),
        *(Column(f"gopher_dup_{n}gram", pa.float64(), Ratio, f"{n}-grams seen earlier", "low", f"重复 {n} 词组") for n in range(5, 11)),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        (tokens, words, chars, lettered, stops, hashes, ellipses, lines, bullets, trailing), shares = gopher.gopher(inputs[0])
        parts = ((chars, words), (hashes, tokens), (ellipses, tokens), (bullets, lines), (trailing, lines), (lettered, tokens))
        valid = arrow.validity(inputs[0])
        values = (words, *(share(part, whole) for part, whole in parts), stops, *shares)
        return [arrow.column(v, valid, c.type) for v, c in zip(values, self.writes, strict=True)]
