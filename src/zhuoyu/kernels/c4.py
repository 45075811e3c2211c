"""The line rules of C4: which lines of a text stay, without their citation marks, and how many sentences those hold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, DIGIT, MARK, TERMINAL, WHITE, Tables, bare
from zhuoyu.kernels.pieces import as_texts, close, has_phrase, matches, next_break, phrases, strip_white
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.tokens import cut, next_chunk, room
from zhuoyu.kernels.unicode import decode

POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_SAID = phrases("lorem ipsum", "javascript", *POLICY, "[edit]", "[citation needed]")
_LOREM, _SCRIPT, _POLICY, _EDIT, _NEEDED = 0, 12, 23, 23 + sum(len(p) + 1 for p in POLICY), 30 + sum(len(p) + 1 for p in POLICY)
"""Where they begin."""
KEPT, DROPPED, LOREM, CURLY = range(4)
LIMITS = (3, 1000)
"""A line stays with so many words or more, and none longer than so many code points."""


@compiled
def _citation(data: Bytes, p: int, end: int, said: Bytes) -> int:
    """Bytes of ``[12]``, ``[]``, ``[edit]`` or ``[citation needed]`` at P."""
    q = p + 1
    while q < end and 0x30 <= data[q] <= 0x39:
        q += 1
    if q < end and data[q] == 0x5D:
        return q + 1 - p
    return matches(data, p, end, said, _EDIT, False) + matches(data, p, end, said, _NEEDED, False)


@compiled
def _without_citations(data: Bytes, p: int, end: int, said: Bytes, out: Bytes) -> int:
    """Copy a line to OUT without its citation marks; how long it is then."""
    n = 0
    while p < end:
        size = _citation(data, p, end, said) if data[p] == 0x5B else 0
        if size:
            p += size
        else:
            out[n] = data[p]
            n, p = n + 1, p + 1
    return n


@compiled
def _words(data: Bytes, p: int, end: int, tables: Tables, longest: int) -> tuple[int, bool]:
    """(words between white space, whether one is longer than LONGEST code points)."""
    words, size, inside, over = 0, 0, False, False
    while p < end:
        code, p = decode(data, p, end)
        if tables.kinds[code] & WHITE:
            inside = False
            continue
        if not inside:
            words, size, inside = words + 1, 0, True
        size += 1
        over = over or size > longest
    return words, over


@compiled
def _sentences(data: Bytes, p: int, end: int, tables: Tables, bounds: Longs) -> int:
    """Sentences of a line: each token that is a terminal mark ends one, when something else than marks follows."""
    sentences, ended = 1, False
    while True:
        start, p, met, marks, _ = next_chunk(data, p, end, tables.kinds)
        if start == end:
            return sentences
        if met & TERMINAL == 0 and met & (ALPHA | DIGIT) and not ended:
            continue
        tokens = cut(data, start, p, met, marks, tables, bounds)
        for k in range(tokens):
            a, b = bounds[k], bounds[k + 1]
            code, after = decode(data, a, b)
            if after == b and tables.kinds[code] & TERMINAL:
                ended = True
                continue
            silent = True
            while silent and a < b:
                code, a = decode(data, a, b)
                silent = tables.kinds[code] & MARK != 0
            if ended and not silent:
                sentences, ended = sentences + 1, False


@compiled
def _judge(data: Bytes, p: int, end: int, said: Bytes, words: int) -> int:
    """What becomes of a line without citation marks that had so many words."""
    last = data[end - 1] if end > p else 0
    closed = last == 0x2E or last == 0x3F or last == 0x21 or last == 0x22 or last == 0x27
    if not closed or (end - p > 2 and last == 0x2E and data[end - 2] == 0x2E and data[end - 3] == 0x2E) or words < LIMITS[0]:
        return DROPPED
    if has_phrase(data, p, end, said, _LOREM, _SCRIPT):
        return LOREM
    if has_phrase(data, p, end, said, _SCRIPT, _POLICY):
        return DROPPED
    for k in range(p, end):
        if data[k] == 0x7B:
            return CURLY
    return DROPPED if has_phrase(data, p, end, said, _POLICY, _EDIT) else KEPT


@compiled
def _line(data: Bytes, a: int, b: int, tables: Tables, said: Bytes, line: Bytes) -> tuple[int, int]:
    """(what becomes of a line, its length without citation marks); where it has a bracket it is copied to LINE."""
    words, over = _words(data, a, b, tables, LIMITS[1])
    if over:
        return DROPPED, 0
    for k in range(a, b):
        if data[k] == 0x5B:
            size = _without_citations(data, a, b, said, line)
            return _judge(line, 0, size, said, words), size
    return _judge(data, a, b, said, words), b - a


@compiled
def _widest(offsets: Longs) -> int:
    most = 1
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return most


@compiled
def _counts(offsets: Longs, array: Bytes, arrays: Tables, phrases: Bytes, scratch: Longs) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((n, 5), np.int64)
    room = np.empty(_widest(offsets), np.uint8)
    data, tables, said, bounds, line = pointer(array), bare(arrays), pointer(phrases), pointer(scratch), pointer(room)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        while p < end:
            stop, after = next_break(data, p, end)
            a, b = strip_white(data, p, stop, tables.kinds)
            p = after
            if a == b:
                continue
            verdict, size = _line(data, a, b, tables, said, line)
            out[i, 1] += verdict == LOREM
            out[i, 2] += verdict == CURLY
            out[i, 4] += 1
            if verdict == KEPT:
                out[i, 0] += _sentences(data, a, b, tables, bounds) if size == b - a else _sentences(line, 0, size, tables, bounds)
                out[i, 3] += 1
    return out


@compiled
def _keep(offsets: Longs, array: Bytes, valid: Flags, arrays: Tables, phrases: Bytes) -> tuple[Longs, Bytes]:
    n = len(offsets) - 1
    ends = np.zeros(n + 1, np.int64)
    kept, room = np.empty(offsets[n] - offsets[0], np.uint8), np.empty(_widest(offsets), np.uint8)
    data, tables, said, out, line = pointer(array), bare(arrays), pointer(phrases), pointer(kept), pointer(room)
    at = 0
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        first, some = at, False
        while p < end and valid[i]:
            stop, after = next_break(data, p, end)
            a, b = strip_white(data, p, stop, tables.kinds)
            p = after
            verdict, size = _line(data, a, b, tables, said, line)
            if verdict != DROPPED:
                if some:
                    kept[at] = 10
                    at += 1
                kept[at : at + size] = array[a:b] if size == b - a else room[:size]
                at, some = at + size, True
        at = close(out, first, at, tables.kinds)
        ends[i + 1] = at
    return ends, kept[:at]


def counts(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: sentences in the lines that stay, lines with lorem ipsum, lines with a curly bracket, lines that stay,
    lines that are not blank. Lines that go for another reason count as neither lorem ipsum nor bracket.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_counts(offsets, data, english.tables(), _SAID, room())).T


def kept_lines(array: pa.LargeStringArray) -> pa.LargeStringArray:
    """The texts without the lines that go; those with lorem ipsum or a curly bracket stay, for a condition to see."""
    offsets, data, valid = text_buffers(array)
    return as_texts(array, *_keep(offsets, data, valid, english.tables(), _SAID))
