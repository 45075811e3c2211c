"""How much text there is, in the units that rules are written in."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import arrow, counts
from zhuoyu.op import Column, Measure
from zhuoyu.units import Bytes, Chars, Lines, Unit, Words


class Length(Measure):
    """Code points, words, lines, sentences and bytes of a text (文本长度), and the mean length of its words.

    A word is one Han or kana code point, or a run of other letters and digits (``don't`` is one). A line ends at LF, CR LF,
    CR or the end. A sentence ends at a terminal mark (``。！？.!?`` …; not the point in 3.14), an empty line or the end,
    and has a letter or digit. Empty text: 0 everywhere; null: null.

    >>> Length().on({"text": ["琢玉 is jade. 好！", None]})["text_words"]
    [5, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Rae et al. 2021 (Gopher), table A1: 50 to 100,000 words, mean word length 3 to 10, English only"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("chars", pa.int64(), Chars, "Unicode code points", zh="字符数"),
        Column("words", pa.int64(), Words, "words; a Han or kana code point counts as one", zh="词数"),
        Column("lines", pa.int64(), Lines, "lines", zh="行数"),
        Column("sentences", pa.int64(), Unit("sentences", 0, None, "句"), "sentences", zh="句数"),
        Column("bytes", pa.int64(), Bytes, "bytes in UTF-8", zh="字节数"),
        Column("mean_word_length", pa.float64(), Unit("code points a word", 0, None, "字符每词"), "mean code points a word", zh="平均词长"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        offsets, _, valid = arrow.text_buffers(inputs[0])
        chars, words, lines, sentences, inside = counts.lengths(inputs[0])
        values = (chars, words, lines, sentences, np.diff(offsets), counts.share(inside, words))
        return [arrow.column(v, valid, c.type) for v, c in zip(values, self.writes, strict=True)]
