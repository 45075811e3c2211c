"""The line rules of RefinedWeb: which lines of a page are furniture, and how many of its words stand in those."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english, unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, CAPITAL, DIGIT, WHITE
from zhuoyu.kernels.pieces import as_texts, close, matches, phrases
from zhuoyu.kernels.unicode import decode, next_word

COUNTED = (
    "likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads", "views", "followers",
)  # fmt: skip
_NOUNS = phrases(*COUNTED)
_CART, _MORE, _MORE_ONE, _SIGN = (np.frombuffer(s.encode(), np.uint8) for s in ("items in cart", "read more...", "read more…", "sign-in"))
SHORT = 10
"""Words of a line that is looked through for such phrases."""


@compiled
def _is_word(code: int, kinds: Shorts) -> bool:
    return bool(kinds[code] & (ALPHA | DIGIT) != 0 or code == 0x5F)


@compiled
def _is_counter(data: Bytes, p: int, end: int, kinds: Shorts, nouns: Bytes) -> bool:
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
    start, found = 0, False
    for k in range(len(nouns)):
        if nouns[k] == 0:
            if matches(data, p, end, nouns[start:k]):
                p, found = p + k - start, True
                break
            start = k + 1
    if gap == p or not found or kinds[decode(data, gap, end)[0]] & WHITE == 0:
        return False
    while p < end:
        code, p = decode(data, p, end)
        if _is_word(code, kinds):
            return False
    return True


@compiled
def _is_furniture(data: Bytes, p: int, end: int, kinds: Shorts, nouns: Bytes) -> tuple[bool, int]:
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
    return 2 * capitals > n or digits == n or words < 2 or _is_counter(data, p, end, kinds, nouns), words


@compiled
def _copy(data: Bytes, p: int, end: int, kinds: Shorts, cuts: tuple[Bytes, Bytes, Bytes, Bytes], out: Bytes, at: int) -> int:
    """Copy a short line to OUT at AT without ``sign-in`` in front, ``read more...`` behind, ``items in cart`` anywhere."""
    cart, more, more_one, sign = cuts
    first = at
    if matches(data, p, end, sign):
        p += len(sign)
        p = decode(data, p, end)[1] if p < end and kinds[decode(data, p, end)[0]] & WHITE else p
    for phrase in (more, more_one):
        if end - len(phrase) >= p and matches(data, end - len(phrase), end, phrase):
            end -= len(phrase)
            end -= end > p and data[end - 1] in (0x20, 0x09)
            break
    while p < end:
        if matches(data, p, end, cart):
            p += len(cart)
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
def _page(data: Bytes, p: int, end: int, kinds: Shorts, nouns: Bytes, cuts: tuple[Bytes, Bytes, Bytes, Bytes], out: Bytes, at: int) -> int:
    """Copy the lines of a page that stay to OUT at AT; where they end."""
    first, some = at, False
    while p <= end:
        stop = p
        while stop < end and data[stop] != 10:
            stop += 1
        gone, words = _is_furniture(data, p, stop, kinds, nouns)
        if not gone:
            start = at + some
            till = start
            if 0 < words <= SHORT:
                till = _copy(data, p, stop, kinds, cuts, out, start)
            else:
                out[start : start + stop - p] = data[p:stop]
                till = start + stop - p
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
def _pages(
    offsets: Longs, data: Bytes, valid: Flags, kinds: Shorts, nouns: Bytes, cuts: tuple[Bytes, Bytes, Bytes, Bytes]
) -> tuple[Longs, Bytes]:
    n = len(offsets) - 1
    ends = np.zeros(n + 1, np.int64)
    kept = np.empty(offsets[n] - offsets[0] + 1, np.uint8)
    at = 0
    for i in range(n):
        if valid[i]:
            at = _page(data, offsets[i], offsets[i + 1], kinds, nouns, cuts, kept, at)
        ends[i + 1] = at
    return ends, kept[:at]


@compiled
def _count(offsets: Longs, data: Bytes, classes: Shorts) -> Longs:
    out = np.zeros(len(offsets) - 1, np.int64)
    for i in range(len(out)):
        out[i] = _words(data, offsets[i], offsets[i + 1], classes)
    return out


def _run(array: pa.LargeStringArray) -> tuple[Longs, Bytes]:
    offsets, data, valid = text_buffers(array)
    ends, kept = _pages(offsets, data, valid, english.tables().kinds, _NOUNS, (_CART, _MORE, _MORE_ONE, _SIGN))
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
