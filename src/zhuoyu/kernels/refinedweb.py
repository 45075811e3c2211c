"""The line rules of RefinedWeb: which lines of a page are furniture, and how many of its words stand in those."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english, unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, CAPITAL, DIGIT, WHITE
from zhuoyu.kernels.pieces import as_texts, close, matches, phrases
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.unicode import decode, next_word

COUNTED = (
    "likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads", "views", "followers",
)  # fmt: skip
_SAID = phrases("items in cart", "read more", "sign-in", *COUNTED)
_CART, _READ_MORE, _SIGN, _NOUNS = 0, 14, 24, 32
"""Where they begin."""
SHORT = 10
"""Words of a line that is looked through for such phrases."""


@compiled
def _is_word(code: int, kinds: Shorts) -> bool:
    return bool(kinds[code] & (ALPHA | DIGIT) != 0 or code == 0x5F)


@compiled
def _noun(data: Bytes, p: int, end: int, said: Bytes, stop: int) -> int:
    """Bytes of the counted noun at P."""
    at = _NOUNS
    while at < stop:
        size = matches(data, p, end, said, at, True)
        if size:
            return size
        while said[at] != 0:
            at += 1
        at += 1
    return 0


@compiled
def _is_counter(data: Bytes, p: int, end: int, kinds: Shorts, said: Bytes, stop: int) -> bool:
    """``3 likes``, ``1.2k views``: a number and a noun, and marks around them."""
    while p < end and not _is_word(decode(data, p, end)[0], kinds):
        p = decode(data, p, end)[1]
    if p == end or not 0x30 <= data[p] <= 0x39:
        return False
    while p < end and (0x30 <= data[p] <= 0x39 or data[p] == 0x2C or data[p] == 0x2E):
        p += 1
    if p < end and (data[p] | 0x20) in (0x6B, 0x6D, 0x62):
        p += 1
    gap = p
    while p < end and kinds[decode(data, p, end)[0]] & WHITE:
        p = decode(data, p, end)[1]
    size = _noun(data, p, end, said, stop)
    if gap == p or size == 0:
        return False
    p += size
    while p < end:
        code, p = decode(data, p, end)
        if _is_word(code, kinds):
            return False
    return True


@compiled
def _is_furniture(data: Bytes, p: int, end: int, kinds: Shorts, said: Bytes, size: int) -> tuple[bool, int]:
    """(whether a line goes: more than half capitals, digits alone, a counter, under two words; its words between white space)."""
    n, capitals, digits, words, inside = 0, 0, 0, 0, False
    q = p
    while q < end:
        code, q = decode(data, q, end)
        flags = kinds[code]
        n += 1
        capitals += flags & CAPITAL != 0
        digits += flags & DIGIT != 0
        white = flags & WHITE != 0
        words += inside is False and not white
        inside = not white
    if n == 0:
        return False, 0
    return 2 * capitals > n or digits == n or words < 2 or _is_counter(data, p, end, kinds, said, size), words


@compiled
def _trails(data: Bytes, p: int) -> bool:
    """Three full stops or an ellipsis, which is three bytes too."""
    a, b, c = data[p], data[p + 1], data[p + 2]
    return bool((a == 0x2E and b == 0x2E and c == 0x2E) or (a == 0xE2 and b == 0x80 and c == 0xA6))


@compiled
def _copy(data: Bytes, p: int, end: int, kinds: Shorts, said: Bytes, out: Bytes, at: int) -> int:
    """Copy a short line to OUT at AT without ``sign-in`` in front, ``read more...`` behind, ``items in cart`` anywhere."""
    first = at
    size = matches(data, p, end, said, _SIGN, True)
    p += size
    if size and p < end and kinds[decode(data, p, end)[0]] & WHITE:
        p = decode(data, p, end)[1]
    q = end - 12
    if q >= p and _trails(data, end - 3) and matches(data, q, end, said, _READ_MORE, True):
        end = q - (q > p and data[q - 1] in (0x20, 0x09))
    while p < end:
        size = matches(data, p, end, said, _CART, True)
        if size:
            p += size
            at -= at > first and out[at - 1] in (0x20, 0x09)
        else:
            out[at] = data[p]
            at, p = at + 1, p + 1
    return at


@compiled
def _is_blank(data: Bytes, p: int, end: int, kinds: Shorts) -> bool:
    while p < end:
        code, p = decode(data, p, end)
        if kinds[code] & WHITE == 0:
            return False
    return True


@compiled
def _page(data: Bytes, p: int, end: int, kinds: Shorts, said: Bytes, size: int, out: Bytes, at: int) -> int:
    """Copy the lines of a page that stay to OUT at AT; where they end."""
    first, some = at, False
    while p <= end:
        stop = p
        while stop < end and data[stop] != 10:
            stop += 1
        gone, words = _is_furniture(data, p, stop, kinds, said, size)
        if not gone:
            start = at + some
            till = start
            if 0 < words <= SHORT:
                till = _copy(data, p, stop, kinds, said, out, start)
            else:
                for k in range(p, stop):
                    out[till] = data[k]
                    till += 1
            if p == stop or not _is_blank(out, start, till, kinds):
                if some:
                    out[at] = 10
                at, some = till, True
        p = stop + 1
    return close(out, first, at, kinds)


@compiled
def _words(data: Bytes, p: int, end: int, classes: Shorts) -> int:
    n = 0
    while True:
        start, p, _ = next_word(data, p, end, classes)
        if start == end:
            return n
        n += 1


@compiled
def _pages(offsets: Longs, array: Bytes, valid: Flags, classes: Shorts, phrases: Bytes) -> tuple[Longs, Bytes]:
    n = len(offsets) - 1
    ends = np.zeros(n + 1, np.int64)
    kept = np.empty(offsets[n] - offsets[0] + 1, np.uint8)
    data, kinds, said, out = pointer(array), pointer(classes), pointer(phrases), pointer(kept)
    at = 0
    for i in range(n):
        if valid[i]:
            at = _page(data, offsets[i], offsets[i + 1], kinds, said, len(phrases), out, at)
        ends[i + 1] = at
    return ends, kept[:at]


@compiled
def _count(offsets: Longs, array: Bytes, table: Shorts) -> Longs:
    data, classes = pointer(array), pointer(table)
    out = np.zeros(len(offsets) - 1, np.int64)
    for i in range(len(out)):
        out[i] = _words(data, offsets[i], offsets[i + 1], classes)
    return out


def _run(array: pa.LargeStringArray) -> tuple[Longs, Bytes]:
    offsets, data, valid = text_buffers(array)
    ends, kept = _pages(offsets, data, valid, english.tables().kinds, _SAID)
    return ends, kept


def kept_lines(array: pa.LargeStringArray) -> pa.LargeStringArray:
    """The texts without the lines that are furniture."""
    return as_texts(array, *_run(array))


def words(array: pa.LargeStringArray) -> tuple[Longs, Longs]:
    """Words of each text (``text.length``'s), and those left when its furniture has gone."""
    offsets, data, _ = text_buffers(array)
    ends, kept = _run(array)
    kept.flags.writeable = ends.flags.writeable = False
    return np.asarray(_count(offsets, data, unicode.table())), np.asarray(_count(ends, kept, unicode.table()))
