"""Lines, stripped spans and phrases of a text, where the reference filters for web text find them (as Python's str does)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Bytes, Longs, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import WHITE
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.unicode import decode


@compiled
def next_break(data: Bytes, p: int, end: int) -> tuple[int, int]:
    """Where the line at P ends, and where the next one starts, for every line end that ``str.splitlines`` knows."""
    while p < end:
        b = data[p]
        if b < 0x20:
            if b == 13 and p + 1 < end and data[p + 1] == 10:
                return p, p + 2
            if 10 <= b <= 13 or 0x1C <= b <= 0x1E:
                return p, p + 1
        elif b == 0xC2 and p + 1 < end and data[p + 1] == 0x85:
            return p, p + 2
        elif b == 0xE2 and p + 2 < end and data[p + 1] == 0x80 and (data[p + 2] == 0xA8 or data[p + 2] == 0xA9):
            return p, p + 3
        p += 1
    return end, end


@compiled
def strip_white(data: Bytes, p: int, end: int, kinds: Shorts) -> tuple[int, int]:
    """The span without white space at either side."""
    while p < end:
        code, after = decode(data, p, end)
        if kinds[code] & WHITE == 0:
            break
        p = after
    while end > p:
        before = end - 1
        while before > p and data[before] & 0xC0 == 0x80:
            before -= 1
        if kinds[decode(data, before, end)[0]] & WHITE == 0:
            break
        end = before
    return p, end


@compiled
def matches(data: Bytes, p: int, end: int, said: Bytes, at: int, folded: bool) -> int:
    """Bytes of the phrase at AT of SAID, where it stands at P; FOLDED: in either case. 0 where it does not."""
    k = 0
    while said[at + k] != 0:
        if p + k >= end:
            return 0
        b = data[p + k]
        if folded and 0x41 <= b <= 0x5A:
            b |= 0x20
        if b != said[at + k]:
            return 0
        k += 1
    return k


@compiled
def has_phrase(data: Bytes, p: int, end: int, said: Bytes, at: int, stop: int) -> bool:
    """Whether one of the phrases at AT to STOP of SAID stands in a span, in either case."""
    while at < stop:
        first = said[at]
        for q in range(p, end):
            if (data[q] | 0x20) == first and matches(data, q, end, said, at, True):
                return True
        while said[at] != 0:
            at += 1
        at += 1
    return False


@compiled
def remember(slots: Hashes, size: int, key: np.uint64, known: int) -> int:
    """1 where KEY is in the set already; 0 where it is put there, unless the set is half full."""
    at = slot_of(slots, size, key)
    if slots[at] == key:
        return 1
    if 2 * known < size:
        slots[at] = key
    return 0


@compiled
def breaks_capacity(data: Bytes, p: int, end: int, most: int) -> int:
    """Slots for all lines of a text, MOST at the highest."""
    n = 2
    for k in range(p, end):
        n += data[k] == 10
    return capacity(n, most)


def phrases(*said: str) -> Bytes:
    """Phrases as one array, each ended by a NUL; ASCII, in lower case where they are to be found in either."""
    made: Bytes = np.frombuffer(b"".join(s.encode() + b"\0" for s in said), np.uint8)
    return made


@compiled
def close(kept: Bytes, first: int, at: int, kinds: Shorts) -> int:
    """Strip the text at FIRST that ends at AT, in place; where it ends then."""
    a, b = strip_white(kept, first, at, kinds)
    if a > first:
        for k in range(b - a):
            kept[first + k] = kept[a + k]
    return first + b - a


def as_texts(like: pa.LargeStringArray, ends: Longs, kept: Bytes) -> pa.LargeStringArray:
    """Texts that lie one behind the other, null where LIKE is."""
    bitmap = like.is_valid().buffers()[1] if like.null_count else None
    return pa.LargeStringArray.from_buffers(len(like), pa.py_buffer(ends), pa.py_buffer(kept), bitmap)
