"""Instruction data as conversations."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.op import Children, Column, Expand, Input
from zhuoyu.ops.dialog import _messages
from zhuoyu.units import Content


class Alpaca(Expand):
    r"""One child a row of instruction, input and output (指令数据): a user's message and the assistant's. A null instruction has none.

    The input, if any, follows the instruction after an empty line. A null output leaves the question unanswered.

    >>> columns = [pa.array([v]) for v in ("Translate.", "玉", "jade")]
    >>> Alpaca().run(*columns).columns[0].to_pylist()
    [[{'role': 'user', 'content': 'Translate.\n\n玉'}, {'role': 'assistant', 'content': 'jade'}]]
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[Input, ...]] = (Input("instruction"), Input("input"), Input("output"))
    source: ClassVar[str] = "Taori et al. 2023 (Stanford Alpaca): the fields instruction, input, output"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("messages", _messages.MESSAGES, Content, "the conversation", zh="对话"),
        Column("question", pa.large_string(), Content, "instruction and input", zh="问题"),
        Column("answer", pa.large_string(), Content, "the output", zh="回答"),
    )

    def run(self, *inputs: pa.Array) -> Children:
        """Conversations in order."""
        parents, rows, questions, answers = [], [], [], []
        for i, (instruction, given, output) in enumerate(zip(*(a.to_pylist() for a in inputs), strict=True)):
            if instruction is None:
                continue
            question = f"{instruction}\n\n{given}" if given and given.strip() else instruction
            parents.append(i)
            questions.append(question)
            answers.append(output)
            rows.append([("user", question)] + ([("assistant", output)] if output is not None else []))
        texts = [pa.array(v, pa.large_string()) for v in (questions, answers)]
        return Children(pa.array(parents, pa.int64()), [_messages.built(rows), *texts])
