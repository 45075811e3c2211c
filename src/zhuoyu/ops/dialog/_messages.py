"""Conversations in the forms that data sets keep them in, as one: a list of (role, content)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from zhuoyu.kernels.arrow import Flags, Longs, validity

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())]))
"""The one schema; role: system, user, assistant, tool, or what the source calls it."""
SYSTEM, USER, ASSISTANT, TOOL, OTHER = range(5)
_NAMES = ("system", "user", "assistant", "tool")
Message = tuple[str, str]


@cache
def words() -> dict[str, Any]:
    """The roles, lexicons and patterns of ``words.yaml``."""
    said: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
    return said


@cache
def _roles() -> dict[str, str]:
    return {name: role for role, names in words()["roles"].items() for name in names}


def role_of(name: str) -> str:
    """The role by any of its names; an unknown one is itself, in lower case.

    >>> role_of("gpt"), role_of("Narrator")
    ('assistant', 'narrator')
    """
    name = name.strip().lower()
    return _roles().get(name, name)


def parse(value: Any) -> list[Message] | None:
    """The messages of an OpenAI or ShareGPT conversation, or of one as JSON text; None when it is none.

    >>> parse([{"from": "human", "value": "hi"}]), parse('{"messages": [{"role": "user", "content": "hi"}]}'), parse("hi")
    ([('user', 'hi')], [('user', 'hi')], None)
    """
    if isinstance(value, str):
        if value.lstrip()[:1] not in ("[", "{"):
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, dict):
        value = next((value[k] for k in ("messages", "conversations", "conversation") if isinstance(value.get(k), list)), None)
    if not isinstance(value, list):
        return None
    out = [_message(one) for one in value]
    return None if None in out else [one for one in out if one is not None]


def _message(one: Any) -> Message | None:
    if not isinstance(one, dict):
        return None
    role = next((one[k] for k in ("role", "from", "speaker") if isinstance(one.get(k), str)), None)
    name = next((k for k in ("content", "value", "text") if k in one), None)
    content = _content(one[name]) if name else None
    if role is None or content is None:
        return None
    # JSON can spell halves of surrogate pairs, which no text can hold
    return role_of(_whole(role)), _whole(content)


def _whole(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _content(value: Any) -> str | None:
    """Text, or the text parts of an OpenAI message; null (a tool call) is empty."""
    if value is None or isinstance(value, str):
        return value or ""
    if not isinstance(value, list):
        return None
    parts = [p.get("text") if isinstance(p, dict) else p for p in value]
    return "\n".join(p for p in parts if isinstance(p, str))


def as_messages(array: pa.Array) -> pa.Array:
    """Any form of conversations as ``MESSAGES``; null where there is none."""
    if array.type == MESSAGES and set(pc.unique(pc.struct_field(pc.list_flatten(array), "role")).to_pylist()) <= set(_NAMES):
        return array
    return built([None if v is None else parse(v) for v in array.to_pylist()])


def built(rows: Sequence[Sequence[Message] | None]) -> pa.Array:
    """Rows of messages as ``MESSAGES``."""
    return pa.array([None if r is None else [{"role": a, "content": b} for a, b in r] for r in rows], MESSAGES)


@dataclass(frozen=True)
class Dialogs:
    """A column of conversations, flat: message k belongs to row ``row[k]``; a row without a conversation is not ``valid``."""

    valid: Flags
    row: Longs
    role: Longs
    content: pa.LargeStringArray

    @classmethod
    def of(cls, array: pa.Array) -> Dialogs:
        """The conversations of a column in any of their forms."""
        made = as_messages(array)
        sizes = pc.fill_null(pc.list_value_length(made), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.list_flatten(made)
        flat = flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
        role = pc.fill_null(pc.index_in(pc.struct_field(flat, "role"), pa.array(_NAMES)), OTHER)
        content = pc.fill_null(pc.struct_field(flat, "content"), "")
        return cls(validity(made), np.repeat(np.arange(len(made)), sizes), role.to_numpy(zero_copy_only=False).astype(np.int64), content)

    def count(self, which: Flags, weights: Longs | None = None) -> Longs:
        """How many messages of each row are WHICH, or the sum of their WEIGHTS."""
        made = np.bincount(self.row[which], None if weights is None else weights[which], len(self.valid))
        return made.astype(np.int64)

    def last(self, which: Flags) -> Longs:
        """The position of each row's last message that is WHICH; -1 where there is none."""
        out = np.full(len(self.valid), -1, np.int64)
        at = np.flatnonzero(which)
        out[self.row[at]] = at
        return out

    def texts(self, at: Longs) -> pa.LargeStringArray:
        """The messages at these positions; null at -1."""
        return self.content.take(pa.array(at, mask=at < 0))
