"""How much of an answer is worked out in steps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, Dialogs, words
from zhuoyu.units import Chars, Count

_THOUGHT = r"(?is)<think(?:ing)?>.*?(?:</think(?:ing)?>|\z)"


class Reasoning(Measure):
    """Chain-of-thought steps (思维链步骤) of the answer with most of them, and what is thought between tags. No conversation: null.

    A step is a mark in the text, English or Chinese, listed in ``words.yaml``: Step 3, 第三步, a numbered line, and words that
    lead on (first, then, therefore, 首先, 因此) at the beginning of a sentence. It counts form; whether a step is right it does
    not know. ``thought_chars``: code points inside ``<think>`` or ``<thinking>``, tags included, in all answers together; an
    unclosed tag runs to the end.

    >>> said = '[{"role": "user", "content": "?"}, {"role": "assistant", "content": "首先，3+4=7。然后，7×2=14。因此，答案是14。"}]'
    >>> Reasoning().on({"messages": [said]})["messages_steps"]
    [3]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "Wei et al. 2022 (chain of thought); the tags of DeepSeek-R1 (2025); the marks are ours"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("steps", pa.int64(), Count, "marks of steps, in the answer with most", "high", "推理步数"),
        Column("thought_chars", pa.int64(), Chars, "code points between thinking tags", zh="思考字符"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        said = Dialogs.of(inputs[0])
        answers = said.role == ASSISTANT
        text, row = said.content.filter(pa.array(answers)), said.row[answers]
        marks = np.zeros(len(text), np.int64)
        for pattern in words()["steps"]:
            marks += pc.count_substring_regex(text, pattern).to_numpy(zero_copy_only=False)
        steps = np.zeros(len(said.valid), np.int64)
        np.maximum.at(steps, row, marks)
        left = pc.utf8_length(pc.replace_substring_regex(text, _THOUGHT, ""))
        thought = pc.subtract(pc.utf8_length(text), left).to_numpy(zero_copy_only=False)
        total = np.bincount(row, thought, len(said.valid)).astype(np.int64)
        return [arrow.column(steps, said.valid, pa.int64()), arrow.column(total, said.valid, pa.int64())]
