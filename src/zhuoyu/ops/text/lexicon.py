"""Words of a lexicon that stand in a text: unsafe words, trade names, placeholders."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Measure
from zhuoyu.ops import _lexicon
from zhuoyu.ops._files import GivenFile
from zhuoyu.units import Count

_OWN = Path(__file__).with_name("placeholders.txt")


class Lexicon(Measure):
    """Terms of a lexicon in a text (词库命中), in either case. None: 0; null: null.

    The file has one term a line; lines that begin with # are comments. A term that ends in a letter or digit is found as a whole word only,
    Chinese, Japanese and Thai terms anywhere; terms inside terms count too. Without a file: placeholders such as lorem ipsum and 待补充.
    Needs the extra ``text``. What a lexicon calls unsafe is the judgement of those who wrote it: look at finds before you reject by them.

    >>> Lexicon().on({"text": ["Lorem ipsum, coming soonest", "内容待补充", None]})["text_lexicon_hits"]
    [1, 2, None]
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "text"
    source: ClassVar[str] = "Aho and Corasick 1975, Efficient String Matching (the search); the default list is ours"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("lexicon_hits", pa.int64(), Count, "places where a term stands", "low", "词库命中次数"),
        Column("lexicon_terms", pa.int64(), Count, "different terms found", "low", "词库命中词数"),
    )
    terms: GivenFile | None = Field(None, description="The lexicon file, UTF-8; default: placeholders.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        automaton = _lexicon.automaton(self.terms.content() if self.terms else _OWN.read_bytes())
        counts = np.array([_lexicon.hits(text, automaton) if text else (0, 0) for text in inputs[0].to_pylist()], np.int64).reshape(-1, 2).T
        return [arrow.column(values, arrow.validity(inputs[0]), pa.int64()) for values in counts]
