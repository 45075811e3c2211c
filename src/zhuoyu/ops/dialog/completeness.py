"""Whether the last answer was finished."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels import arrow, counts, lines
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, Dialogs
from zhuoyu.units import Category, Flag

_WHOLE = r"(?:```|~~~|\$\$?|\\\]|\|)\s*$|https?://\S+\s*$|(?:^|\n)[ \t]{0,8}(?:[-*•+]|\d{1,3}[.)、])[ \t][^\n]*\s*$|\p{So}\s*$"
"""A code block, a formula, a table, an address, a list item or an emoji ends an answer without a full stop."""
_OPEN = r"[,，、;；:：(（\[\[“‘「『《-]\s*$|\b(?:and|or|the|a|an|of|to|with|for|in|is|are|because|that)\s*$"
"""Nothing ends like this."""


class Completeness(Measure):
    """How the assistant's last answer ends (回答完整性), by its form. No conversation: null.

    ``answer_state``: complete, open_code (a fence is not closed), open_end (ends in a comma, an opening mark, a small word, or a
    long prose answer without a full stop), empty, none (the last message is not an answer). Short answers need no full stop.

    >>> said = '[{"role": "user", "content": "?"}, {"role": "assistant", "content": "It consists of the"}]'
    >>> Completeness().on({"messages": [said]})["messages_answer_state"]
    ['open_end']
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "CommonMark 0.31 (fences); full stops as in text.ending; the limit of 20 words is ours"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("answer_state", pa.string(), Category, "complete, open_code, open_end, empty or none", zh="回答状态"),
        Column("answer_complete", pa.bool_(), Flag, "the state is complete", "high", "回答完整"),
    )
    short_words: int = Field(20, ge=0, description="Answers of at most so many words need no full stop.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        said = Dialogs.of(inputs[0])
        last = said.last(np.ones(len(said.role), np.bool_))
        none = (last < 0) | (np.append(said.role, -1)[last] != ASSISTANT)
        text = pc.fill_null(said.texts(np.where(none, -1, last)), "")

        def found(pattern: str) -> np.ndarray:
            return np.asarray(pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False), np.bool_)

        fences = pc.count_substring_regex(text, r"(?m)^[ \t]{0,8}(?:```|~~~)").to_numpy(zero_copy_only=False)
        long = counts.lengths(text)[1] > self.short_words
        stops = lines.ends_terminal(text)
        open_end = (found(_OPEN) | (long & ~stops)) & ~found(_WHOLE)
        states = [none, ~found(r"\S"), fences % 2 == 1, open_end]
        state = np.select(states, ["none", "empty", "open_code", "open_end"], "complete").astype(object)
        return [arrow.column(state, said.valid, pa.string()), arrow.column(state == "complete", said.valid, pa.bool_())]
