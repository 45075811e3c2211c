"""Where a text may be cut into chunks of bounded size: between words, at sentence ends, before Markdown headings.

A text is a run of *atoms*: a word with what follows it up to the next one, opening brackets and list marks excepted. A chunk
is as many atoms as fit; it never needs more of the text in memory than one chunk.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.spans import chars as code_points
from zhuoyu.kernels.unicode import CJK, CLOSING, SPACE, TERMINAL, decode, next_line, next_word, strip

SENTENCE, HEADING, FENCED = 1, 2, 4
"""Flags of a cut: a sentence begins here, a heading's line does, a code fence is open."""
ROW, START, STOP, FIRST, LAST, TITLE, TITLE_STOP, FIELDS = range(8)
"""A chunk: its row, byte span, code-point span in the row, and the byte span of the heading above it (-1: none)."""
_OPENING = frozenset(map(ord, "([{<“‘「『（【《〈«〔［｛¿¡"))


def openings() -> Flags:
    """Opening marks among the first 65,536 code points: they go with the word after them."""
    marks = np.zeros(1 << 16, np.bool_)
    marks[list(_OPENING)] = True
    marks.flags.writeable = False
    return marks


@compiled
def _ends_sentence(code: int, data: Bytes, p: int, end: int, classes: Shorts) -> bool:
    """As ``text.length`` counts: a wide mark always ends one, an ASCII mark before space, a closing mark, CJK or the end (not in 3.14)."""
    if code > 0x7F or p >= end:
        return True
    return bool(classes[decode(data, p, end)[0]] & (SPACE | CLOSING | CJK | TERMINAL) != 0)


@compiled
def _line(data: Bytes, p: int, end: int, fenced: bool) -> tuple[bool, bool]:
    """(a heading begins at P, a fence is open after that line); P begins a line."""
    q = p
    while q < end and q < p + 3 and data[q] == 32:
        q += 1
    marks = q
    while marks < end and marks < q + 7 and data[marks] == data[q]:
        marks += 1
    if q < end and marks - q >= 3 and (data[q] == 0x60 or data[q] == 0x7E):
        return False, not fenced
    heading = not fenced and q < end and data[q] == 35 and marks - q <= 6 and marks < end and (data[marks] == 32 or data[marks] == 9)
    return heading, fenced


@compiled
def _cut(data: Bytes, p: int, end: int, fenced: bool, classes: Shorts, opening: Flags) -> tuple[int, int]:
    """Where the atom that begins at P ends, and the flags of that cut. END is at most the end of the text."""
    _, p, _ = next_word(data, p, end, classes)
    cut, breaks = p, 0
    spaced, lines, frozen = False, False, False
    flags = FENCED if fenced else 0
    start, _, _ = next_word(data, p, end, classes)
    while p < start:
        code, after = decode(data, p, end)
        kind = classes[code]
        if code == 10 or code == 13:
            after = after + 1 if code == 13 and after < end and data[after] == 10 else after
            breaks, spaced, lines = breaks + 1, True, True
            heading, now = _line(data, after, end, flags & FENCED != 0)
            opened = now and flags & FENCED == 0
            flags = (flags | SENTENCE if breaks >= 2 else flags) & ~FENCED | (FENCED if now else 0)
            if flags & HEADING == 0 and (heading or not frozen):
                cut, frozen = after, opened  # a fence stands with the code after it
                flags |= (HEADING | SENTENCE) if heading else 0
        elif kind & SPACE:
            cut = cut if lines else after
            spaced = True
        else:
            breaks = 0
            if kind & TERMINAL and _ends_sentence(code, data, after, end, classes):
                flags |= SENTENCE
            if not spaced and (code > 0xFFFF or not opening[code]):
                cut = after
            elif not spaced:
                spaced, lines = True, True
        p = after
    return (cut if start < end else end), flags


@compiled
def _piece(data: Bytes, p: int, end: int, most: int, fenced: bool, classes: Shorts, opening: Flags) -> tuple[int, int, int]:
    """(stop, code points, flags) of the next atom; with MOST > 0 it has at most that many code points, however long a word is."""
    limit = end if most == 0 else min(end, p + 4 * most + 4)
    while limit < end and data[limit] & 0xC0 == 0x80:
        limit -= 1
    stop, flags = _cut(data, p, limit, fenced, classes, opening)
    points = code_points(data, p, stop)
    if most == 0 or points <= most:
        return stop, points, flags
    stop = p
    for _ in range(most):
        _, stop = decode(data, stop, end)
    return stop, most, FENCED if fenced else 0


@compiled
def _fit(costs: Longs, marks: Longs, n: int, size: int, kept: int, by: int, done: bool) -> int:
    """How many of the N atoms make the chunk: what fits, back to the last cut of the wanted kind beyond the KEPT ones."""
    total, take = 0, 0
    while take < n and (take == 0 or total + costs[take] <= size) and not (by == HEADING and take > 0 and marks[take] & HEADING):
        total += costs[take]
        take += 1
    if (take == n and done) or by == 0 or marks[take] & by:
        return take
    for k in range(take, kept, -1):
        if k < n and marks[k] & SENTENCE:
            return k
    return take


@compiled
def _back(costs: Longs, marks: Longs, take: int, n: int, size: int, overlap: int, by: int) -> int:
    """Which atom the next chunk begins with: so many before TAKE that they repeat at most OVERLAP and leave room for one more."""
    if overlap == 0 or take >= n or (by == HEADING and marks[take] & HEADING):
        return take
    total, k = 0, take
    while k > 1 and total + costs[k - 1] <= overlap and total + costs[k - 1] + costs[take] <= size:
        k -= 1
        total += costs[k]
    while by and k < take and not marks[k] & SENTENCE:
        k += 1
    return k


@compiled
def _more(out: Longs, n: int) -> Longs:
    """Room for one more row."""
    if n < len(out):
        return out
    grown = np.zeros((2 * len(out), out.shape[1]), np.int64)
    grown[:n] = out
    return grown


@compiled
def _write(out: Longs, row: int, data: Bytes, span: tuple[int, int], first: int, title: int, end: int, classes: Shorts) -> bool:
    """Fill one row of OUT with a span of a text, its white space stripped; False when nothing else is in it."""
    start, stop = strip(data, span[0], span[1], classes)
    if start == stop:
        return False
    first += code_points(data, span[0], start)
    out[ROW], out[START], out[STOP], out[FIRST], out[LAST] = row, start, stop, first, first + code_points(data, start, stop)
    out[TITLE], out[TITLE_STOP] = title, next_line(data, title, end)[0] if title >= 0 else -1
    return True


@compiled
def _chunks(offsets: Longs, data: Bytes, classes: Shorts, opening: Flags, by: int, chars: bool, size: int, overlap: int) -> Longs:
    out, made = np.zeros((64, FIELDS), np.int64), 0
    atoms = np.zeros((5, size + 3), np.int64)
    at, points, costs, marks, titles = atoms[0], atoms[1], atoms[2], atoms[3], atoms[4]
    for row in range(len(offsets) - 1):
        p, end = offsets[row], offsets[row + 1]
        heading, fenced = _line(data, p, end, False)
        n, total, kept = 0, 0, 0
        at[0], points[0], marks[0], titles[0] = p, 0, (HEADING if heading else 0) | (FENCED if fenced else 0), p if heading else -1
        while True:
            while at[n] < end and total <= size and not (by == HEADING and n > 0 and marks[n] & HEADING):
                stop, more, flags = _piece(data, at[n], end, size if chars else 0, marks[n] & FENCED != 0, classes, opening)
                costs[n] = more if chars else 1
                total += costs[n]
                n += 1
                at[n], points[n], marks[n] = stop, points[n - 1] + more, flags
                titles[n] = stop if flags & HEADING else titles[n - 1]
            if n == 0:
                break
            take = _fit(costs, marks, n, size, kept, by, at[n] >= end)
            out = _more(out, made)
            made += _write(out[made], row, data, (at[0], at[take]), points[0], titles[0], end, classes)
            begin = _back(costs, marks, take, n, size, overlap, by)
            kept, n = take - begin, n - begin
            for k in range(n + 1):
                atoms[:, k] = atoms[:, k + begin]
            total = costs[:n].sum()
    return out[:made]


@compiled
def _gather(data: Bytes, starts: Longs, stops: Longs) -> tuple[Longs, Bytes]:
    ends = np.zeros(len(starts) + 1, np.int64)
    for k in range(len(starts)):
        ends[k + 1] = ends[k] + stops[k] - starts[k]
    out = np.empty(ends[-1], np.uint8)
    for k in range(len(starts)):
        out[ends[k] : ends[k + 1]] = data[starts[k] : stops[k]]
    return ends, out


def chunks(array: pa.LargeStringArray, by: int, chars: bool, size: int, overlap: int) -> Longs:
    """One row a chunk (see ``ROW``). BY: 0 words, SENTENCE or HEADING; SIZE and OVERLAP count words, or code points with CHARS.

    White space at a chunk's ends is not part of it, and counts in its size only when inside atoms of code points.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_chunks(offsets, data, unicode.table(), openings(), by, chars, size, overlap))


def slices(array: pa.LargeStringArray, starts: Longs, stops: Longs) -> pa.LargeStringArray:
    """The byte spans of ARRAY's data as texts."""
    _, data, _ = text_buffers(array)
    ends, out = _gather(data, starts, stops)
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(ends), pa.py_buffer(out))
