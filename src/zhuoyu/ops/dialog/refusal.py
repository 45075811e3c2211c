"""Answers that decline to answer."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import arrow
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, Dialogs, words
from zhuoyu.units import Flag, Ratio

_LOOKED_AT = 400


class Refusal(Measure):
    """Whether the assistant refuses (拒答), English and Chinese, by lexicon. No conversation: null; no answer: false, 0.

    The first 400 code points of an answer are compared with the patterns of ``words.yaml``, which ask for *not being able or
    willing*: an apology alone is no refusal, nor is a refusal that is quoted later in a long answer.

    >>> said = '[{"role": "user", "content": "?"}, {"role": "assistant", "content": "很抱歉，我无法回答。"}]'
    >>> Refusal().on({"messages": [said]})["messages_refused"]
    [True]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "Refusal prefixes of Zou et al. 2023 (arXiv 2307.15043), narrowed; Chinese patterns are ours"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("refused", pa.bool_(), Flag, "the last answer is a refusal", "low", "是否拒答"),
        Column("refusal_share", pa.float64(), Ratio, "share of the answers that refuse", "low", "拒答占比"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        said = Dialogs.of(inputs[0])
        answers = said.role == ASSISTANT
        head = pc.utf8_slice_codeunits(said.content.filter(pa.array(answers)), 0, _LOOKED_AT)
        found = pc.match_substring_regex(head, "(?i)" + "|".join(f"(?:{p})" for p in words()["refusal"]))
        refuses = np.zeros(len(answers), np.bool_)
        refuses[answers] = found.to_numpy(zero_copy_only=False)
        last = np.append(refuses, False)[said.last(answers)]
        shares = share(said.count(refuses), said.count(answers))
        return [arrow.column(last, said.valid, pa.bool_()), arrow.column(shares, said.valid, pa.float64())]
