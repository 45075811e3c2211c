"""What the C4 rules say of a text: the sentences in the lines that stay, and two words that condemn a page."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, c4
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Flag, Ratio, Unit


class C4(Measure):
    r"""What is left of an English text by the line rules of C4 (C4 行规则). Text without any: 0, false; null: null.

    A line stays when it ends in ``. ? ! " '`` and not in three points, has three words and none over 1,000 characters, and neither
    ``javascript`` nor a cookie or policy phrase; ``text.drop_lines`` removes the others. Lorem ipsum and ``{`` count in such lines only.
    Values are datatrove's C4QualityFilter's, but for tokens as ``text.gopher`` says, and case folding of ASCII only.

    >>> C4().on({"text": ["This line stays. It does!\nmenu\nUse of cookies is fine.", None]})["text_c4_sentences"]
    [2, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Raffel et al. 2020 (C4), JMLR 21(140), section 2.2; definitions: datatrove 0.10.1, C4QualityFilter with its defaults, "
        "sentences by spaCy 3.8's sentencizer"
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("c4_sentences", pa.int64(), Unit("sentences", 0, None, "句"), "sentences in the lines that stay", "high", "保留行的句数"),
        Column("c4_line_share", pa.float64(), Ratio, "lines that stay, of those that are not blank", "high", "保留行占比"),
        Column("c4_lorem_ipsum", pa.bool_(), Flag, "a line would stay but for lorem ipsum", "low", "含占位文字"),
        Column("c4_curly_bracket", pa.bool_(), Flag, "a line would stay but for a curly bracket", "low", "含花括号"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        sentences, lorem, curly, kept, lines = c4.counts(inputs[0])
        valid = arrow.validity(inputs[0])
        values = (sentences, share(kept, lines), lorem > 0, curly > 0)
        return [arrow.column(v, valid, c.type) for v, c in zip(values, self.writes, strict=True)]
