"""Conversations of any common form in one schema."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.op import Children, Column, Expand, Input
from zhuoyu.ops.dialog import _messages
from zhuoyu.ops.dialog._messages import ASSISTANT, MESSAGES, USER, Dialogs
from zhuoyu.units import Category, Content


class Messages(Expand):
    """One child a row: its conversation (对话) as a list of {role, content}. A null row has none.

    Reads OpenAI ``messages`` (content parts: their text), ShareGPT ``conversations`` (from, value), and both as JSON text; say
    ``on: conversations`` for another column. Roles become system, user, assistant or tool; others stay as they are, in lower
    case. ``question`` is the first user message and ``answer`` the last of the assistant, for what works on texts (near
    duplicates of questions only, say). A row that is no conversation has a child whose ``problem`` says so.

    >>> Messages().run(pa.array(['[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]'])).columns[0].to_pylist()
    [[{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Hello.'}]]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("messages", "any"),)
    source: ClassVar[str] = "OpenAI chat completions API; ShareGPT as FastChat reads it (Zheng et al. 2023)"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("messages", MESSAGES, Content, "the conversation; null: there is none", zh="对话"),
        Column("question", pa.large_string(), Content, "the first user message", zh="问题"),
        Column("answer", pa.large_string(), Content, "the assistant's last message", zh="回答"),
        Column("problem", pa.string(), Category, "not_a_dialog, or null", zh="问题说明"),
    )

    def run(self, *inputs: pa.Array) -> Children:
        """Conversations in order."""
        some = inputs[0].drop_null()
        made = _messages.as_messages(some)
        dialogs = Dialogs.of(made)
        first = np.full(len(made), -1, np.int64)
        at = np.flatnonzero(dialogs.role == USER)[::-1]
        first[dialogs.row[at]] = at
        question, answer = dialogs.texts(first), dialogs.texts(dialogs.last(dialogs.role == ASSISTANT))
        problem = pc.if_else(pa.array(dialogs.valid), pa.scalar(None, pa.string()), "not_a_dialog")
        parents = np.flatnonzero(inputs[0].is_valid().to_numpy(zero_copy_only=False))
        return Children(pa.array(parents, pa.int64()), [made, question, answer, problem])
