"""Whether an answer speaks of what was asked."""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, USER, Dialogs, words
from zhuoyu.units import Ratio

_WORDS = re.compile(r"[^\W\d_]{2,}|\d+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_SUFFIX = re.compile(r"(?:ies|es|s|ed|ing)$")
_LONG = 20_000
"""Code points of a message that are looked at."""


@cache
def _stop() -> frozenset[str]:
    return frozenset(w for some in words()["stop"].values() for w in some)


def topics(text: str) -> set[str]:
    """What a text is about: words without their English endings, numbers, pairs of neighbouring Han characters; no stop words.

    >>> sorted(topics("What are the carved jades? 什么是和田玉")), topics("Why?")
    (['carv', 'jad', '么是', '和田', '是和', '田玉'], set())
    """
    text = text[:_LONG].lower()
    found = {_SUFFIX.sub("", w) if len(w) > 3 else w for w in _WORDS.findall(_HAN.sub(" ", text)) if w not in _stop()}
    for run in _HAN.findall(text):
        found |= {run[i : i + 2] for i in range(len(run) - 1)}
    return {w.rstrip("e") or w for w in found if w not in _stop()}


class Relevance(Measure):
    """Share of what questions are about that comes back in their answers (问答相关性), 0..1. No conversation: null.

    Lexical: of the question's topics (words without endings and stop words; pairs of Han characters), how many the answer to
    it has; the mean over the exchanges that have topics; null when none has, or nothing was answered. A paraphrase scores low,
    and so does a translation: low values ask for a look, they are no verdict. 20,000 code points of a message are read.

    >>> said = [{"role": "user", "content": "Where is Hetian jade mined?"}, {"role": "assistant", "content": "Hetian jade: Xinjiang."}]
    >>> Relevance().on({"messages": [said]})
    {'messages_relevance': [0.6666666666666666]}
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "Lexical recall of the question in the answer, after ROUGE-1 (Lin 2004); the stop words are ours"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("relevance", pa.float64(), Ratio, "share of the question's topics that the answer has", "high", "问答相关性"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array."""
        said = Dialogs.of(inputs[0])
        asked = np.flatnonzero((said.role[:-1] == USER) & (said.role[1:] == ASSISTANT) & (said.row[:-1] == said.row[1:]))
        total, times = np.zeros(len(said.valid)), np.zeros(len(said.valid), np.int64)
        for at in asked:
            about = topics(said.content[int(at)].as_py())
            if about:
                total[said.row[at]] += len(about & topics(said.content[int(at) + 1].as_py())) / len(about)
                times[said.row[at]] += 1
        return [arrow.column(total / np.maximum(times, 1), said.valid & (times > 0), pa.float64())]
