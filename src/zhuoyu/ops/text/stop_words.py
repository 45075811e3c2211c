"""The little words that prose cannot do without, language by language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import yaml

from zhuoyu.kernels import arrow, functionwords
from zhuoyu.op import Column, Measure
from zhuoyu.units import Count


@cache
def _lists() -> dict[str, list[str]]:
    said = yaml.safe_load(Path(__file__).with_name("stop_words.yaml").read_text(encoding="utf-8"))
    return {language: words.split() for language, words in said.items()}


@cache
def _lexicon() -> functionwords.Lexicon:
    return functionwords.lexicon(_lists())


class StopWords(Measure):
    """How many different stop words (停用词) of each of eighteen languages a text has, in either case. No text: 0; null: null.

    A word is ``text.length``'s; Chinese and Japanese ones need no spaces and count inside longer ones (``可以`` is two, with ``以``).
    Lists of keywords, tables and code have few of their language. Ask for the column of the text's language, as in
    ``keep: text_stop_words_de >= 2`` with ``when: text_language = 'de'``.

    >>> StopWords().on({"text": ["The end of it", "这是我的书", None]})["text_stop_words_zh"]
    [0, 4, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = (
        "Rae et al. 2021 (Gopher), appendix A.1.1: at least 2 of eight, English; lists: stop_words.yaml beside this file"
    )
    writes: ClassVar[tuple[Column, ...]] = tuple(
        Column(f"stop_words_{language}", pa.int64(), Count, f"different stop words of language {language}", "high", f"停用词数({language})")
        for language in _lists()
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per language."""
        valid = arrow.validity(inputs[0])
        found = functionwords.distinct(inputs[0], _lexicon(), len(self.writes))
        return [arrow.column(counts, valid, pa.int64()) for counts in found]
