"""How a conversation goes: its turns, and whether the roles make sense."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.dialog._messages import ASSISTANT, OTHER, SYSTEM, TOOL, USER, Dialogs
from zhuoyu.units import Count, Flag


class Turns(Measure):
    """Turns, roles and their order (轮次与角色) of a conversation in any form that ``dialog.messages`` reads. No conversation: null.

    A turn is a user message. Roles are *valid* when all are known, a system message stands only at the beginning, and user and
    assistant both speak; they *alternate* when after it user and assistant take turns, the user first (tool messages, and the
    assistant's next word after one, do not count). *Answered*: the last message is the assistant's and not blank.

    >>> Turns().on({"messages": ['[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]', "no"]})["messages_turns"]
    [1, None]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "OpenAI chat format; chat templates of Llama 2 and later, which refuse what does not alternate"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("turns", pa.int64(), Count, "user messages", zh="轮次"),
        Column("message_count", pa.int64(), Count, "messages of all roles", zh="消息数"),
        Column("empty_messages", pa.int64(), Count, "messages of white space only", "low", "空消息数"),
        Column("roles_valid", pa.bool_(), Flag, "known roles, the system first, user and assistant both there", "high", "角色有效"),
        Column("alternating", pa.bool_(), Flag, "user and assistant take turns, the user first", "high", "角色交替"),
        Column("answered", pa.bool_(), Flag, "the assistant has the last word, and says something", "high", "已作答"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        said = Dialogs.of(inputs[0])
        role, row, n = said.role, said.row, len(said.valid)
        blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(said.content)), 0).to_numpy(zero_copy_only=False).astype(np.bool_)
        every = np.ones(len(role), np.bool_)
        first = np.append(True, row[1:] != row[:-1])[: len(role)]
        turns, count, empty = said.count(role == USER), said.count(every), said.count(blank)
        wrong = said.count((role == OTHER) | ((role == SYSTEM) & ~first))
        valid = (wrong == 0) & (turns > 0) & (said.count(role == ASSISTANT) > 0)
        after_tool = np.append(False, role[:-1] == TOOL)[: len(role)] & ~first & (role == ASSISTANT)
        counted = np.flatnonzero(((role == USER) | (role == ASSISTANT) | (role == OTHER)) & ~after_tool)
        starts = np.append(True, row[counted][1:] != row[counted][:-1])[: len(counted)]
        before = np.where(starts, ASSISTANT, np.append(ASSISTANT, role[counted][:-1])[: len(counted)])
        broken = np.bincount(row[counted][role[counted] != np.where(before == USER, ASSISTANT, USER)], minlength=n)
        last = said.last(every)
        answered = (last >= 0) & (np.append(role, OTHER)[last] == ASSISTANT) & ~np.append(blank, True)[last]
        columns = (turns, count, empty, valid, (broken == 0) & (turns > 0), answered)
        return [arrow.column(v, said.valid, c.type) for v, c in zip(columns, self.writes, strict=True)]
