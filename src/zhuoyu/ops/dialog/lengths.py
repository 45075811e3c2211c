"""How much each side of a conversation says."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import arrow, counts
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, SYSTEM, USER, Dialogs
from zhuoyu.units import Chars, Words


class Lengths(Measure):
    """Code points and words by role (各角色长度), in any form that ``dialog.messages`` reads. No conversation: null; a silent role: 0.

    Words as in ``text.length``: a Han or kana character is one. ``last_answer_words`` is the assistant's last message.

    >>> said = '[{"role": "user", "content": "玉是什么"}, {"role": "assistant", "content": "A stone"}]'
    >>> Lengths().on({"messages": [said]})["messages_user_words"]
    [4]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "Words as in text.length (Unicode Standard Annex 24 scripts)"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("system_chars", pa.int64(), Chars, "of system messages", zh="系统字符"),
        Column("user_chars", pa.int64(), Chars, "of user messages", zh="用户字符"),
        Column("assistant_chars", pa.int64(), Chars, "of the assistant's messages", zh="助手字符"),
        Column("user_words", pa.int64(), Words, "of user messages", zh="用户词数"),
        Column("assistant_words", pa.int64(), Words, "of the assistant's messages", zh="助手词数"),
        Column("last_answer_words", pa.int64(), Words, "of the assistant's last message; 0: there is none", zh="末答词数"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        said = Dialogs.of(inputs[0])
        chars, words = (np.asarray(a, np.int64) for a in counts.lengths(said.content)[:2])
        by = [said.count(said.role == role, chars) for role in (SYSTEM, USER, ASSISTANT)]
        by += [said.count(said.role == role, words) for role in (USER, ASSISTANT)]
        by.append(np.append(words, 0)[said.last(said.role == ASSISTANT)])
        return [arrow.column(v, said.valid, c.type) for v, c in zip(by, self.writes, strict=True)]
