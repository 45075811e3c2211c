"""The shares behind the Gopher repetition rules, as the reference filter takes them."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, gopher_repeats
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio, Unit

_CHARS = Unit("of the text's characters", 0, None, "占全文字符")


class GopherRepetition(Measure):
    r"""Repeated lines, paragraphs (重复段落) and token n-grams of an English text. Text without any: 0; null: null.

    Lines stand between line feeds and paragraphs between two or more; tokens are those of ``text.gopher_quality``. A top n-gram counts
    each occurrence with the spaces between its tokens, also where occurrences overlap, so its share can pass 1, and also when it occurs
    only once; repeated n-grams are read from left to right. Use ``text.repeated_ngrams`` for other languages.
    Values are datatrove's GopherRepetitionFilter's, but for tokens as said there, n-grams of different tokens that read the same
    without spaces, and texts of more than 2**20 tokens, of which the n-grams of the first are taken.

    >>> GopherRepetition().on({"text": ["one\n\ntwo\n\none", None]})["text_gopher_dup_paragraph_share"]
    [0.3333333333333333, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Rae et al. 2021 (Gopher), arXiv:2112.11446, table A1; definitions: datatrove 0.10.1, GopherRepetitionFilter"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("gopher_dup_line_share", pa.float64(), Ratio, "lines seen earlier, of all lines", "low", "重复行占比"),
        Column("gopher_dup_line_chars", pa.float64(), Ratio, "characters of those, of the text's", "low", "重复行字符占比"),
        Column("gopher_dup_paragraph_share", pa.float64(), Ratio, "paragraphs seen earlier, of all", "low", "重复段落占比"),
        Column("gopher_dup_paragraph_chars", pa.float64(), Ratio, "characters of those, of the text's", "low", "重复段落字符占比"),
        *(Column(f"gopher_top_{n}gram", pa.float64(), _CHARS, f"the most frequent {n}-gram", "low", f"最多的 {n} 词组") for n in (2, 3, 4)),
        *(Column(f"gopher_dup_{n}gram", pa.float64(), Ratio, f"{n}-grams seen earlier", "low", f"重复 {n} 词组") for n in range(5, 11)),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        valid = arrow.validity(inputs[0])
        return [arrow.column(values, valid, pa.float64()) for values in gopher_repeats.repetition(inputs[0])]
