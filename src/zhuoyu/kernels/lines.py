"""What a text's lines are: repeated, bulleted, trailing off, short; and how the text ends."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.eight import HIGH, LOW, eight
from zhuoyu.kernels.hashing import Hashes, capacity, hash_span, slot_of
from zhuoyu.kernels.unicode import CLOSING, SPACE, SYMBOL, TERMINAL, decode, next_line, strip

MOST_SLOTS = 1 << 21
"""Scratch for the lines of one text (16 MB); the first 2**20 different lines are remembered, later ones only compared."""
_SIX, _SEVEN, _FIFTY_SIX = np.uint64(6), np.uint64(7), np.uint64(56)
_BULLETS = np.array(sorted(map(ord, "-*+•‣▶►◦▪▫■□●○◆◇·∙⁃–—※★☆✓✔➤➢")), np.int64)


@compiled
def _chars(data: Bytes, p: int, end: int) -> int:
    """Code points: bytes that continue none, eight at a time."""
    n = end - p
    while p + 8 <= end:
        word = eight(data, p)
        if word & HIGH != 0:
            n -= int((word >> _SEVEN & ~(word >> _SIX) & LOW) * LOW >> _FIFTY_SIX)
        p += 8
    for k in range(p, end):
        n -= data[k] & 0xC0 == 0x80
    return n


@compiled
def _repeats(data: Bytes, p: int, end: int, classes: Shorts, slots: Hashes, least: int) -> tuple[int, int, int, int]:
    """(repeated code points, all, repeated lines, all) of one text."""
    size = capacity(len(slots) // 2, len(slots))
    distinct, again, every, lines_again, lines = 0, 0, 0, 0, 0
    while p < end:
        stop, after = next_line(data, p, end)
        a, b = strip(data, p, stop, classes)
        p = after
        chars = _chars(data, a, b)
        every += chars
        lines += chars > 0
        if chars < max(1, least):
            continue
        key = hash_span(data, a, b)
        at = slot_of(slots, size, key)
        if slots[at] == key:
            again += chars
            lines_again += 1
        elif 2 * distinct < size:
            slots[at] = key
            distinct += 1
    return again, every, lines_again, lines


@compiled
def _duplicates(offsets: Longs, data: Bytes, classes: Shorts, least: int, most: int) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((4, n), np.int64)
    slots = np.zeros(16, np.uint64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        breaks = 1
        for k in range(p, end):
            breaks += (data[np.uint64(k)] == 10) | (data[np.uint64(k)] == 13)
        size = capacity(breaks, most)
        if size > len(slots):
            slots = np.zeros(size, np.uint64)
        slots[:size] = 0
        out[0, i], out[1, i], out[2, i], out[3, i] = _repeats(data, p, end, classes, slots[:size], least)
    return out


def duplicates(array: pa.LargeStringArray, least: int) -> Longs:
    """Rows of the result: code points in lines seen earlier in the text, in all lines; lines seen earlier, all non-empty ones.

    White space around a line does not count; lines under LEAST code points are never repeated.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_duplicates(offsets, data, unicode.table(), least, MOST_SLOTS))


@compiled
def _is_bullet(data: Bytes, p: int, end: int, classes: Shorts, bullets: Longs) -> bool:
    """An ASCII mark needs a space behind it: ``-5`` and ``*emphasis*`` are no bullets."""
    code, after = decode(data, p, end)
    if classes[code] & SYMBOL == 0:
        return False
    known = False
    for b in bullets:
        known = known or code == b
    return known and (code > 0x7F or (after < end and classes[decode(data, after, end)[0]] & SPACE != 0))


@compiled
def _ends_in_ellipsis(data: Bytes, p: int, end: int) -> bool:
    if end - p < 3:
        return False
    dots = data[end - 3] == 46 and data[end - 2] == 46 and data[end - 1] == 46
    return bool(dots or (data[end - 3] == 0xE2 and data[end - 2] == 0x80 and data[end - 1] == 0xA6))


@compiled
def _line_kinds(offsets: Longs, data: Bytes, classes: Shorts, bullets: Longs, short: int) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((4, n), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        while p < end:
            stop, after = next_line(data, p, end)
            a, b = strip(data, p, stop, classes)
            p = after
            if a < b:
                out[0, i] += _is_bullet(data, a, b, classes, bullets)
                out[1, i] += _ends_in_ellipsis(data, a, b)
                out[2, i] += b - a <= short or (b - a <= 4 * short and _chars(data, a, b) <= short)
                out[3, i] += 1
    return out


def line_kinds(array: pa.LargeStringArray, short: int) -> Longs:
    """Rows of the result: bulleted lines, lines ending in an ellipsis, lines of at most SHORT code points, non-empty lines."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_line_kinds(offsets, data, unicode.table(), _BULLETS, short))


@compiled
def _ends_terminal(offsets: Longs, data: Bytes, classes: Shorts) -> Flags:
    n = len(offsets) - 1
    out = np.zeros(n, np.bool_)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        while p < end:
            before = end - 1
            while before > p and data[before] & 0xC0 == 0x80:
                before -= 1
            flags = classes[decode(data, before, end)[0]]
            if flags & TERMINAL:
                out[i] = True
            if flags & (SPACE | CLOSING) == 0:
                break
            end = before
    return out


def ends_terminal(array: pa.LargeStringArray) -> Flags:
    """True where the last character is a terminal mark, looking through white space and closing quotes and brackets."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_ends_terminal(offsets, data, unicode.table()), np.bool_)
