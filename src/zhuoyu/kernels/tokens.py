"""English text cut into tokens: words, marks, and the halves of ``don't``, as the reference filters for web text count them.

What stands between white space is a chunk. Marks are cut off its two ends, one after the other, until it is an exception
(``e.g.``, ``can|not``) or nothing more comes off; what is left is one token if it looks like a URL, else it is cut at marks
between letters (``and/or``, ``end.Start``, ``well-known``). The rules are those of spaCy's English tokenizer (``english``).

Two deviations, both rare: a chunk of more than MOST bytes is cut there first, so that scratch stays bounded; and an
emoticon or abbreviation that other marks touch is put together again there, but not here.
"""

from __future__ import annotations

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Longs, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import (
    ALPHA,
    BEFORE_POINT,
    DASH,
    DIGIT,
    FRONT,
    ICON,
    LETTERS,
    LONGEST,
    LOWER,
    PUNCTUATION,
    QUOTE,
    SIEVE,
    SIEVE_BITS,
    SLOTS,
    UNITS,
    UPPER,
    WHITE,
    Tables,
    sieve,
)
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.spans import span_key
from zhuoyu.kernels.unicode import decode
from zhuoyu.kernels.urls import is_digit, is_url

MOST = 4096
"""Bytes of a chunk."""
ROOM = 2 * MOST + 8
"""Bounds of its tokens, while they are made."""
_ENDS = PUNCTUATION | QUOTE | ICON | DASH
_WORD = ALPHA | DIGIT
_HEAD = SIEVE + SIEVE_BITS // 64
_BYTE, _ONE = np.uint64(255), np.uint64(1)


@compiled
def before(data: Bytes, p: int, end: int) -> int:
    """Where the character that ends at END begins; not before P."""
    at = end - 1
    while at > p and data[at] & 0xC0 == 0x80:
        at -= 1
    return at


@compiled
def next_chunk(data: Bytes, p: int, end: int, kinds: Shorts) -> tuple[int, int, int, int, int]:
    """(start, stop, kinds met, characters that are no letter or digit, all) of the next run without white space; start == END
    where there is none.
    """
    while p < end:
        code, after = decode(data, p, end)
        if kinds[code] & WHITE == 0:
            break
        p = after
    start, met, marks, n = p, 0, 0, 0
    most = min(end, p + MOST)
    while p < most:
        code, after = int(np.int64(data[p])), p + 1
        if code >= 0x80:
            code, after = decode(data, p, end)
        flags = int(kinds[code])
        if flags & WHITE or after > most:
            break
        met |= flags
        marks += flags & _WORD == 0
        n += 1
        p = after
    return start, p, met, marks, n


@compiled
def _sifted(data: Bytes, p: int, end: int, facts: Hashes) -> bool:
    """False where no exception looks like DATA[P:END]; small, so that it costs no call."""
    if p >= end:
        return False
    bit = sieve(data, p, end)
    return bool(facts[SIEVE + (bit >> 6)] >> np.uint64(bit & 63) & _ONE != 0)


@compiled
def _find(data: Bytes, p: int, end: int, facts: Hashes) -> int:
    """Where FACTS says how the exception DATA[P:END] is cut, or -1."""
    if end - p > np.int64(facts[LONGEST]):
        return -1
    slots, base = np.int64(facts[SLOTS]), _HEAD + np.int64(facts[UNITS])
    key = span_key(data, p, end)
    at = np.int64(key & np.uint64(slots - 1))
    while facts[base + at] != 0 and facts[base + at] != key:
        at = (at + 1) & (slots - 1)
    return int(base + at + slots) if facts[base + at] == key else -1


@compiled
def _is_exception(data: Bytes, p: int, end: int, facts: Hashes) -> bool:
    return bool(_sifted(data, p, end, facts) and _find(data, p, end, facts) >= 0)


@compiled
def is_plain(data: Bytes, p: int, end: int, met: int, marks: int, facts: Hashes) -> bool:
    """Whether a chunk is one token of letters or digits alone, as most are."""
    return bool(marks == 0 and (met & DIGIT == 0 or met & ALPHA == 0) and not _is_exception(data, p, end, facts))


@compiled
def _marks(data: Bytes, p: int, end: int, kinds: Shorts) -> int:
    n = 0
    while p < end:
        code, p = decode(data, p, end)
        n += kinds[code] & _WORD == 0
    return n


@compiled
def _prefix(data: Bytes, p: int, end: int, kinds: Shorts) -> int:
    """Bytes that come off the front."""
    code, after = decode(data, p, end)
    if kinds[code] & (_ENDS | FRONT):
        return after - p
    if code == 0x2E:
        while after < end and data[after] == 0x2E:
            after += 1
        return after - p if after - p > 1 else 0
    if code == 0x2B:
        return 0 if after < end and kinds[data[after]] & DIGIT and data[after] < 0x80 else 1
    if code == 0x55 and end - p > 2 and data[p + 1] == 0x53 and data[p + 2] == 0x24:
        return 3
    return 2 if (code in (0x43, 0x41)) and end - p > 1 and data[p + 1] == 0x24 else 0


@compiled
def _unit(data: Bytes, p: int, end: int, facts: Hashes) -> int:
    """Bytes of a unit or currency behind the last digit of DATA[P:END], when nothing else is there."""
    at = end
    key = np.uint64(0)
    shift = np.uint64(0)
    while at > p and end - at < 6 and not is_digit(data, at - 1):
        at -= 1
        key |= np.uint64(data[at]) << shift
        shift += np.uint64(8)
    if at in (p, end) or not is_digit(data, at - 1):
        return 0
    for k in range(_HEAD, _HEAD + np.int64(facts[UNITS])):
        if facts[k] == key:
            return end - at
    return 0


@compiled
def _point(data: Bytes, p: int, end: int, kinds: Shorts) -> int:
    """Bytes of full stops that come off the back; the last byte is one."""
    at = end - 1
    while at > p and data[at - 1] == 0x2E:
        at -= 1
    if end - at > 1:
        return end - at
    if at == p:
        return 0
    one = before(data, p, at)
    flags = kinds[decode(data, one, at)[0]]
    if flags & BEFORE_POINT:
        return 1
    if flags & UPPER and one > p:
        return 1 if kinds[decode(data, before(data, p, one), one)[0]] & UPPER else 0
    return 0


@compiled
def _suffix(data: Bytes, p: int, end: int, met: int, tables: Tables) -> int:
    """Bytes that come off the back."""
    if p >= end:
        return 0
    at = before(data, p, end)
    code = decode(data, at, end)[0]
    if code == 0x2E:
        return _point(data, p, end, tables.kinds)
    if code in (0x73, 0x53) and at > p:
        one = before(data, p, at)
        if decode(data, one, at)[0] in (0x27, 0x2019):
            return end - one
    if met & DIGIT:
        unit = _unit(data, p, end, tables.facts)
        if unit:
            return unit
    if tables.kinds[code] & _ENDS:
        return end - at
    return 1 if code == 0x2B and at > p and is_digit(data, at - 1) else 0


@compiled
def _dashes(data: Bytes, p: int, end: int, code: int, after: int, kinds: Shorts) -> int:
    """Bytes of a dash at P that a letter follows: -, –, —, --, ---, ——, ~."""
    most = 3 if code == 0x2D else 2 if code == 0x2014 else 1
    step = after - p
    q = p
    for _ in range(most):
        if q + step > end or decode(data, q, end)[0] != code:
            return 0
        q += step
        if q < end and kinds[decode(data, q, end)[0]] & LETTERS:
            return q - p
    return 0


@compiled
def _infix(data: Bytes, p: int, end: int, last: int, code: int, after: int, kinds: Shorts) -> int:
    """Bytes of a mark at P inside a chunk that is cut there; LAST is the kind of the character before it."""
    if code == 0x2E and after < end and data[after] == 0x2E:
        while after < end and data[after] == 0x2E:
            after += 1
        return after - p
    if code == 0x2026 or kinds[code] & ICON:
        return after - p
    if after >= end:
        return 0
    follow = kinds[decode(data, after, end)[0]]
    letter = follow & LETTERS
    if code == 0x2E:
        return 1 if last & (LOWER | QUOTE) and follow & (UPPER | QUOTE) else 0
    if code == 0x2C:
        return 1 if last & LETTERS and letter else 0
    if code in (0x2A, 0x2B, 0x2D, 0x5E) and last & DIGIT and (follow & DIGIT or data[after] == 0x2D):
        return 1
    if last & (LETTERS | DIGIT) == 0:
        return 0
    if code in (0x2D, 0x2013, 0x2014, 0x7E):
        return _dashes(data, p, end, code, after, kinds)
    return 1 if letter and code in (0x2F, 0x3A, 0x3C, 0x3D, 0x3E) else 0


@compiled
def _inside(data: Bytes, p: int, end: int, kinds: Shorts, bounds: Longs, n: int) -> int:
    """Write the cuts inside a chunk to BOUNDS; how many bounds there are then."""
    start, q, last = p, p, 0
    while q < end:
        code, after = decode(data, q, end)
        flags = int(kinds[code])
        size = 0 if q == p or flags & ALPHA else _infix(data, q, end, last, code, after, kinds)
        if size:
            if q > start:
                bounds[n] = q
                n += 1
            bounds[n] = q + size
            n += 1
            start = q + size
            after = start
            flags = int(kinds[decode(data, before(data, q, after), after)[0]])
        last = flags
        q = after
    if start < end:
        bounds[n] = end
        n += 1
    return n


@compiled
def _core(data: Bytes, p: int, end: int, marks: int, tables: Tables, bounds: Longs, n: int) -> int:
    """Write the cuts of what is left between the ends to BOUNDS; how many bounds there are then."""
    at = _find(data, p, end, tables.facts) if _sifted(data, p, end, tables.facts) else -1
    if at >= 0:
        cuts = tables.facts[at]
        while cuts:
            bounds[n] = p + np.int64(cuts & _BYTE)
            cuts >>= np.uint64(8)
            n += 1
    elif marks and not is_url(data, p, end, tables.kinds):
        return _inside(data, p, end, tables.kinds, bounds, n)
    bounds[n] = end
    return n + 1


@compiled
def _closed(data: Bytes, p: int, end: int, met: int, kinds: Shorts, facts: Hashes) -> bool:
    """Whether a chunk with one mark is a word and a mark behind it, as most of those are."""
    flags = kinds[data[end - 1]] if data[end - 1] < 0x80 else 0
    if met & DIGIT or flags & _WORD or (flags & _ENDS == 0 and data[end - 1] != 0x2E):
        return False
    if data[end - 1] == 0x2E and kinds[decode(data, before(data, p, end - 1), end)[0]] & LOWER == 0:
        return False
    return not _is_exception(data, p, end, facts) and not _is_exception(data, p, end - 1, facts)


@compiled
def _strip(data: Bytes, p: int, end: int, met: int, tables: Tables) -> tuple[int, int, int]:
    """Bytes that come off the front and the back, and the size at which nothing more does (-1: not known)."""
    first, last = data[p], data[end - 1]
    front, rear = 0, 0
    if first >= 0x80 or tables.kinds[first] & _WORD == 0 or first == 0x55 or first == 0x43 or first == 0x41:
        front = _prefix(data, p, end, tables.kinds)
        if front and _is_exception(data, p + front, end, tables.facts):
            return front, 0, end - p - front
    if last >= 0x80 or met & DIGIT or tables.kinds[last] & _WORD == 0 or last | 0x20 == 0x73:
        rear = _suffix(data, p + front, end, met, tables)
        if rear and _is_exception(data, p, end - rear, tables.facts):
            return 0, rear, end - rear - p
    return front, rear, -1


@compiled
def cut(data: Bytes, p: int, end: int, met: int, marks: int, tables: Tables, bounds: Longs) -> int:
    """Write the bounds of a chunk's tokens to BOUNDS (ROOM long, the first is P); how many tokens there are.

    MET and MARKS are what ``next_chunk`` says of it.
    """
    kinds, facts = tables.kinds, tables.facts
    bounds[0] = p
    if end - p == 1:
        bounds[1] = end
        return 1
    if marks == 1 and _closed(data, p, end, met, kinds, facts):
        bounds[1], bounds[2] = end - 1, end
        return 2
    n, back, done = 1, ROOM, -1
    while p < end and end - p != done and (marks or (met & DIGIT and met & ALPHA)) and not _is_exception(data, p, end, facts):
        front, rear, done = _strip(data, p, end, met, tables)
        if front:
            marks -= 1 if front == 1 else _marks(data, p, p + front, kinds)
            p += front
            bounds[n] = p
            n += 1
        if rear:
            marks -= _marks(data, end - rear, end, kinds)
            back -= 1
            bounds[back] = end
            end -= rear
        if front + rear == 0:
            break
    if p < end:
        n = _core(data, p, end, marks, tables, bounds, n)
    while back < ROOM:
        bounds[n] = bounds[back]
        n += 1
        back += 1
    return n - 1


def room() -> Longs:
    """Scratch for ``cut``."""
    return np.zeros(ROOM, np.int64)
