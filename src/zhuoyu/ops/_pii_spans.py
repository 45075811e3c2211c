"""Where personal data stands in a text column, and the column with placeholders in its place.

A kernel scans the bytes and reports the few places worth judging; the rules see each with a bounded context, which is
as good as the whole text because no rule looks further (a test compares both).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import arrow, pii
from zhuoyu.kernels.arrow import Bytes, Longs
from zhuoyu.op import CELL, CELLS
from zhuoyu.ops import _pii_numbers as number
from zhuoyu.ops import _pii_words as word
from zhuoyu.ops._pii_numbers import CONTEXT, Span

Name = Literal["email", "phone", "id", "card", "ip", "key"]
KINDS: tuple[Name, ...] = ("email", "phone", "id", "card", "ip", "key")
PLACEHOLDERS = {kind: f"<{kind.upper()}>" for kind in KINDS}
_NUMBERS: dict[str, int] = {kind: i for i, kind in enumerate(KINDS)}
_PASSES = 8


class Rules:
    """The judgements of one choice of kinds."""

    def __init__(self, kinds: Sequence[str] = KINDS, private_ip: bool = False) -> None:
        self.kinds = frozenset(kinds)
        self.private = private_ip
        self.judges: dict[int, Callable[[bytes, int, int], list[Span]]] = {
            pii.AT: word.email,
            pii.NUMBER: self._numbers,
            pii.COLONS: partial(word.ip6, private=private_ip),
            pii.PREFIX: word.keys,
            pii.ASSIGNED: word.assigned,
        }

    def _numbers(self, text: bytes, start: int, end: int) -> list[Span]:
        spans: list[Span] = []
        for kind, s, e in number.numbers(text, start, end):
            spans += word.ip4(text, s, e, self.private) if kind == "ip4" else [(kind, s, e)]
        return spans

    def judge(self, place: int, text: bytes, start: int, end: int) -> list[Span]:
        """The spans of wanted kinds at one place of a text (or of the part of it that the rules look at)."""
        return [s for s in self.judges[place](text, start, end) if s[0] in self.kinds]


def find(array: pa.LargeStringArray, rules: Rules, rows: Longs | None = None) -> Longs:
    """Rows of (row, kind, start, end) with absolute byte positions, ascending, not overlapping; ROWS limits the search."""
    offsets, data, valid = arrow.text_buffers(array)
    return spans_in(offsets, data, np.flatnonzero(valid) if rows is None else rows, rules)


def spans_in(offsets: Longs, data: Bytes, rows: Longs, rules: Rules) -> Longs:
    """``find`` on buffers."""
    found: list[tuple[int, int, int, int]] = []
    view = memoryview(data)  # type: ignore[arg-type]  # numpy arrays have the buffer protocol
    for row, place, start, end in pii.scan(offsets, data, rows).tolist():
        first = max(int(offsets[row]), start - CONTEXT)
        reach = (word.LONG if data[start] == 45 else word.SHORT) if place == pii.PREFIX else CONTEXT
        window = bytes(view[first : min(int(offsets[row + 1]), end + reach)])
        for kind, s, e in rules.judge(place, window, start - first, end - first):
            found.append((row, _NUMBERS[kind], first + s, first + e))
    return _apart(found)


def _apart(found: list[tuple[int, int, int, int]]) -> Longs:
    """Overlapping spans become one: the earlier one stays, and grows if the later one ends beyond it."""
    out: list[list[int]] = []
    for row, kind, start, end in sorted(found, key=lambda f: (f[2], -f[3])):
        if out and start < out[-1][3]:
            out[-1][3] = max(out[-1][3], end)
        else:
            out.append([row, kind, start, end])
    return np.array(out, np.int64).reshape(-1, 4)


def count(array: pa.LargeStringArray, rules: Rules) -> Longs:
    """How many of each kind a row has: rows × kinds."""
    spans = find(array, rules)
    at = spans[:, 0] * len(KINDS) + spans[:, 1]
    counts: Longs = np.bincount(at, minlength=len(array) * len(KINDS)).reshape(len(array), len(KINDS))
    return counts


def mask(array: pa.LargeStringArray, rules: Rules) -> tuple[pa.LargeStringArray, pa.Array | None]:
    """The texts with placeholders, and the cells that say where; None when nothing was found.

    A masked neighbour can change what a number's surroundings say, so rows with finds are searched again until they have none.
    """
    offsets, data, valid = arrow.text_buffers(array)
    rows, done = np.flatnonzero(valid), np.zeros((0, 4), np.int64)
    for _ in range(_PASSES):
        spans = spans_in(offsets, data, rows, rules)
        if not len(spans):
            break
        offsets, data, done = _replace(offsets, data, spans, done)
        rows = np.unique(spans[:, 0])
    if not len(done):
        return array, None
    return _column(offsets, data, array), _cells(offsets, data, done, len(array))


def _replace(offsets: Longs, data: Bytes, spans: Longs, done: Longs) -> tuple[Longs, Bytes, Longs]:
    """New buffers, and all placeholders so far in their coordinates (those inside a new span are gone)."""
    view, at = memoryview(data), int(offsets[0])  # type: ignore[arg-type]
    parts: list[memoryview | bytes] = []
    marks = [PLACEHOLDERS[KINDS[k]].encode() for k in spans[:, 1]]
    for (_, _, start, end), mark in zip(spans.tolist(), marks, strict=True):
        parts += [view[at:start], mark]
        at = end
    parts.append(view[at : int(offsets[-1])])
    fresh = np.frombuffer(b"".join(parts), np.uint8)
    fresh.flags.writeable = False
    growth = np.concatenate([[0], np.cumsum(np.array([len(m) for m in marks]) - (spans[:, 3] - spans[:, 2]))]) - offsets[0]
    moved = offsets + growth[np.searchsorted(spans[:, 3], offsets, "right")]
    moved.flags.writeable = False
    new = spans.copy()
    new[:, 2] += growth[:-1]
    new[:, 3] = new[:, 2] + [len(m) for m in marks]
    k = np.searchsorted(spans[:, 3], done[:, 2], "right")
    inside = (k < len(spans)) & (spans[np.minimum(k, len(spans) - 1), 2] < done[:, 3])
    old = done.copy()
    old[:, 2:] += growth[k][:, None]
    both = np.concatenate([old[~inside], new])
    return moved, fresh, both[np.argsort(both[:, 2], kind="stable")]


def _column(offsets: Longs, data: Bytes, like: pa.LargeStringArray) -> pa.LargeStringArray:
    bitmap = like.is_valid().buffers()[1] if like.null_count else None
    return pa.LargeStringArray.from_buffers(len(like), pa.py_buffer(offsets), pa.py_buffer(data), bitmap)


def _cells(offsets: Longs, data: Bytes, done: Longs, rows: int) -> pa.Array:
    """One list a row; null where nothing was masked. The engine fills in the column and the operator."""
    starts = offsets[done[:, 0]]
    first = pii.code_points(data, starts, done[:, 2])
    ends = first + (done[:, 3] - done[:, 2])
    empty = pa.array([""] * len(done), pa.string())
    how = pa.array(["masked"] * len(done), pa.string())
    cells = pa.StructArray.from_arrays([empty, pa.array(first), pa.array(ends), how, empty], fields=list(CELL))
    counts = np.bincount(done[:, 0], minlength=rows)
    ends_at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends_at, mask=np.append(counts == 0, False)), cells, type=CELLS)
