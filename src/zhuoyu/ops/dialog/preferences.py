"""Preference pairs as conversations."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa

from zhuoyu.op import Children, Column, Expand, Input
from zhuoyu.ops.dialog import _messages
from zhuoyu.ops.dialog._messages import MESSAGES, Message
from zhuoyu.units import Category, Content


class Preferences(Expand):
    """One child a preference pair (偏好对): the conversation so far, and the two ways it goes on. A null chosen answer has none.

    Reads texts, or lists of messages in the forms of ``dialog.messages``; what ``chosen`` and ``rejected`` repeat of the prompt
    goes, and without a prompt what both begin with is the prompt. All three columns have the schema of ``dialog.messages``,
    so that its measures work on each: ``dialog.refusal: {on: chosen}``.

    >>> columns = [pa.array([v]) for v in ("Paris.", "Rome.", "Capital of France?")]
    >>> Preferences().run(*columns).columns[1].to_pylist()
    [[{'role': 'assistant', 'content': 'Paris.'}]]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("chosen", "any"), Input("rejected", "any"), Input("prompt", "any"))
    source: ClassVar[str] = "Rafailov et al. 2023 (DPO); explicit and implicit prompts as in TRL's preference format"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("messages", MESSAGES, Content, "the conversation up to the two answers", zh="对话"),
        Column("chosen", MESSAGES, Content, "the better continuation", zh="优选"),
        Column("rejected", MESSAGES, Content, "the worse continuation", zh="劣选"),
        Column("problem", pa.string(), Category, "no_prompt, no_rejected, same_answers, or null", zh="问题说明"),
    )

    def run(self, *inputs: pa.Array) -> Children:
        """Pairs in order."""
        parents, rows = [], []
        for i, (chosen, rejected, prompt) in enumerate(zip(*(a.to_pylist() for a in inputs), strict=True)):
            if chosen is not None:
                parents.append(i)
                rows.append(_pair(_said(prompt, "user"), _said(chosen, "assistant"), _said(rejected, "assistant")))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 4
        made = [_messages.built(list(c)) for c in columns[:3]]
        return Children(pa.array(parents, pa.int64()), [*made, pa.array(columns[3], pa.string())])


def _said(value: Any, role: str) -> list[Message]:
    """Messages, or a text as one message of ROLE."""
    if value is None:
        return []
    found = _messages.parse(value)
    return found if found is not None else [(role, value)] if isinstance(value, str) else []


def _pair(
    prompt: list[Message], chosen: list[Message], rejected: list[Message]
) -> tuple[list[Message], list[Message], list[Message], str | None]:
    if not prompt:
        shared = 0
        while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
            shared += 1
        prompt = chosen[:shared]
    answers = [a[len(prompt) :] if a[: len(prompt)] == prompt else a for a in (chosen, rejected)]
    problem = "no_prompt" if not prompt else "no_rejected" if not answers[1] else "same_answers" if answers[0] == answers[1] else None
    return prompt, answers[0], answers[1], problem
