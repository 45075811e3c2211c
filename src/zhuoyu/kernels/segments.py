"""Lines and paragraphs of a text: their hashes, which of them earlier texts have too, and where those stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, hash_span, slot_of
from zhuoyu.kernels.overlap import nonzero, push
from zhuoyu.kernels.shingles import mixed
from zhuoyu.kernels.spans import chars as code_points
from zhuoyu.kernels.unicode import next_line, strip

MOST = 7 << 20
"""Segments that are compared at a time: a table of 20 bytes each and as much free, 340 MB. What is more takes another pass."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


@compiled
def next_segment(data: Bytes, p: int, end: int, classes: Shorts, paragraphs: bool) -> tuple[int, int, int]:
    """(start, stop, where the search goes on) of the first line or paragraph at or after P that is not blank; (END, END, END) at the end.

    White space around it does not count; a blank line ends a paragraph.
    """
    first, last = end, end
    while p < end:
        stop, after = next_line(data, p, end)
        a, b = strip(data, p, stop, classes)
        if a < b:
            first, last = min(first, a), b
        p = after
        if first < end and (a == b or not paragraphs):
            return first, last, p
    return first, last, end


@compiled
def _hashes(
    offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, paragraphs: bool, least: int
) -> tuple[Hashes, Longs, Longs]:  # fmt: skip
    rows = len(offsets) - 1
    out = np.empty((offsets[rows] - offsets[0]) // 2 + rows + 1, np.uint64)
    ends, every, w = np.zeros(rows + 1, np.int64), np.zeros(rows, np.int64), 0
    for row in range(rows):
        p, end = offsets[row], offsets[row + 1]
        while valid[row] and p < end:
            a, b, p = next_segment(data, p, end, classes, paragraphs)
            every[row] += a < b
            if a < b and code_points(data, a, b) >= least:
                out[w] = hash_span(data, a, b)
                w += 1
        ends[row + 1] = w
    return out[:w].copy(), ends, every


def hashes(array: pa.LargeStringArray, paragraphs: bool, least: int) -> tuple[Hashes, Longs, Longs]:
    r"""Hashes of the segments of LEAST code points or more, where each row's begin and end (rows + 1), and how many segments it has.

    >>> _, ends, every = hashes(pa.array(["a\n\n bc \r\nd", None], pa.large_string()), False, 2)
    >>> ends.tolist(), every.tolist()
    ([0, 1, 1], [3, 0])
    """
    offsets, data, valid = text_buffers(array)
    said, ends, every = _hashes(offsets, data, valid, unicode.table(), paragraphs, least)
    return said, ends, every


@compiled
def _mine(h: np.uint64, group: int, part: int, parts: int) -> np.uint64:
    """The key of a segment of a group, if its turn is now, else 0."""
    return nonzero(mixed(h ^ np.uint64(group) * _ODD)) if np.int64(h >> _HALF) % parts == part else np.uint64(0)


@compiled
def _note(
    said: Hashes, ends: Longs, row: int, ranks: Ints, groups: Ints, part: int, parts: int,
    slots: Hashes, first: Ints, last: Ints, texts: Ints,
) -> None:  # fmt: skip
    for i in range(len(ends) - 1):
        for k in range(ends[i], ends[i + 1]):
            key = _mine(said[k], groups[row + i], part, parts)
            if key == 0:
                continue
            s = slot_of(slots, len(slots), key)
            if slots[s] == 0:
                slots[s], first[s], last[s], texts[s] = key, ranks[row + i], row + i, 1
            else:
                texts[s] += last[s] != row + i
                first[s], last[s] = min(first[s], ranks[row + i]), row + i


@compiled
def _mark(
    said: Hashes, ends: Longs, row: int, ranks: Ints, groups: Ints, part: int, parts: int,
    slots: Hashes, first: Ints, texts: Ints, least: int, all_: bool, again: Flags,
) -> None:  # fmt: skip
    for i in range(len(ends) - 1):
        for k in range(ends[i], ends[i + 1]):
            key = _mine(said[k], groups[row + i], part, parts)
            if key != 0:
                s = slot_of(slots, len(slots), key)
                again[k] = texts[s] >= least and (all_ or first[s] < ranks[row + i])


@dataclass(frozen=True)
class Pieces:
    """The hashes of consecutive rows, in pieces as they lie in memory or on disk: (hashes, ends), ends from 0 in each."""

    parts: list[tuple[Hashes, Longs]] = field(default_factory=list)

    def count(self) -> int:
        """Segments in all."""
        return sum(int(ends[-1]) for _, ends in self.parts)


def repeated(pieces: Pieces, ranks: Ints, groups: Ints, texts: int, most: int = MOST, *, all_: bool = False) -> list[Flags]:
    """For each segment of each piece: a text of the same group and a smaller rank has it too, and TEXTS texts have it in all.

    With ALL_ that of the smallest rank is marked as well. MOST are compared at a time, in as many passes over the hashes as it takes.
    """
    out = [np.zeros(len(said), np.bool_) for said, _ in pieces.parts]
    parts = max(1, -(-pieces.count() // most))
    turns = np.zeros(parts, np.int64)
    for said, _ in pieces.parts:
        turns += np.bincount((said >> _HALF).astype(np.int64) % parts, minlength=parts)
    size = capacity(int(turns.max()), 1 << 40)
    for part in range(parts):
        slots = np.zeros(size, np.uint64)
        first, last, many = (np.empty(size, np.int32) for _ in range(3))
        for mark in (False, True):
            row = 0
            for (said, ends), again in zip(pieces.parts, out, strict=True):
                turn = (said, ends, row, ranks, groups, part, parts, slots, first)
                _mark(*turn, many, texts, all_, again) if mark else _note(*turn, last, many)
                row += len(ends) - 1
    return out


@compiled
def _spans(
    offsets: Longs, data: Bytes, classes: Shorts, paragraphs: bool, least: int, again: Flags, begins: Longs
) -> Longs:  # fmt: skip
    out, w = np.empty((64, 4), np.int64), 0
    for row in range(len(offsets) - 1):
        p, end, at, chars, seen = offsets[row], offsets[row + 1], offsets[row], 0, begins[row]
        before = False
        while p < end:
            a, b, p = next_segment(data, p, end, classes, paragraphs)
            if a == b:
                break
            start = chars + code_points(data, at, a)
            size = code_points(data, a, b)
            chars, at = start + size, b
            marked = size >= least and again[seen]
            seen += size >= least
            if marked:
                out, w = push(out, w, row, 0, out[w - 1, 3] if before else start, chars)
            before = marked
    return out[:w].copy()


def spans(array: pa.LargeStringArray, paragraphs: bool, least: int, again: Flags, begins: Longs) -> Longs:
    """Rows of (row, 0, start, end): code-point spans of the segments that AGAIN marks, from BEGINS of each row on; neighbours are one."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_spans(offsets, data, unicode.table(), paragraphs, least, again, begins))
