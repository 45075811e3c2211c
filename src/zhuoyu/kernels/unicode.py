"""Which class every code point has, as a table of bit flags, and how kernels step through UTF-8.

The table is a data file, not a question to the running Python, so that a measure has the same value under every Python
version. ``classify`` makes it (Unicode 14.0); a test compares both.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Longs, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.eight import LOW, eight, has

LETTER, MARK, DIGIT, SPACE, UPPER, SYMBOL, HAN, KANA, HANGUL, CONTROL, TERMINAL, CLOSING = (1 << k for k in range(12))
CJK = HAN | KANA
"""Scripts written without spaces, whose code points count as a word each."""
WORD = LETTER | MARK | DIGIT

_LF, _CR = np.uint64(10) * LOW, np.uint64(13) * LOW
SIZE = 0x110000
_FILE = Path(__file__).with_name("unicode.npy")
_SPACES = {9, 10, 11, 12, 13, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
_TERMINALS = set(map(ord, ".!?。！？｡．…‼⁇⁈⁉؟۔।॥։።។။᙮"))
_CLOSING = set(map(ord, "\"')]}»›”’」』）】》〉〕］｝＂＇*_`"))
_HAN_WORDS = ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC NUMBER ZERO", "BOPOMOFO")


def classify(code: int) -> int:
    """The flags of one code point, from the running Python's ``unicodedata``.

    >>> classify(ord("汉")) == LETTER | HAN, classify(ord("A")) == LETTER | UPPER
    (True, True)
    """
    char = chr(code)
    category = unicodedata.category(char)
    name = unicodedata.name(char, "")
    flags = {"L": LETTER, "M": MARK, "N": DIGIT, "P": SYMBOL, "S": SYMBOL}.get(category[0], 0)
    flags |= UPPER if category in ("Lu", "Lt") else 0
    flags = SPACE if code in _SPACES else flags
    flags |= CONTROL if (category == "Cc" and code not in _SPACES) or category in ("Cs", "Co") or code & 0xFFFE == 0xFFFE else 0
    if name.startswith(_HAN_WORDS) and category[0] in "LN":
        flags = LETTER | HAN
    if flags & LETTER and ("HIRAGANA" in name or "KATAKANA" in name):
        flags |= KANA
    flags |= HANGUL if flags & LETTER and "HANGUL" in name else 0
    return flags | (TERMINAL if code in _TERMINALS else 0) | (CLOSING if code in _CLOSING else 0)


def runs() -> Longs:
    """Rows of (first code point, flags): one per run of code points with equal flags."""
    flags = np.fromiter(map(classify, range(SIZE)), np.int64, SIZE)
    starts = np.flatnonzero(np.diff(flags, prepend=-1))
    return np.stack([starts, flags[starts]], axis=1)


@cache
def table() -> Shorts:
    """Flags of every code point, 2.2 MB; a text touches only the parts its scripts live in."""
    stored = np.load(_FILE).astype(np.int64)
    made = np.repeat(stored[:, 1].astype(np.uint16), np.diff(stored[:, 0], append=SIZE))
    made.flags.writeable = False
    return made


@compiled
def decode(data: Bytes, p: int, end: int) -> tuple[int, int]:
    """The code point at P and where the next one starts. A broken sequence is U+FFFD, one byte long; never reads past END."""
    b = int(np.int64(data[p]))
    if b < 0x80:
        return b, p + 1
    size = 2 if 0xC2 <= b < 0xE0 else 3 if 0xE0 <= b < 0xF0 else 4 if 0xF0 <= b < 0xF5 else 1
    if size == 1 or p + size > end:
        return 0xFFFD, p + 1
    code = b & (0x7F >> size)
    for k in range(1, size):
        c = int(np.int64(data[p + k]))
        if c & 0xC0 != 0x80:
            return 0xFFFD, p + 1
        code = code << 6 | (c & 0x3F)
    return (code, p + size) if code < 0x110000 else (0xFFFD, p + 1)


@compiled
def joins(code: int, data: Bytes, p: int, end: int, classes: Shorts) -> bool:
    """True for an apostrophe with a letter at P, right after it: ``don't`` is one word."""
    if (code != 0x27 and code != 0x2019) or p >= end:
        return False
    after = classes[decode(data, p, end)[0]]
    return bool(after & LETTER != 0 and after & CJK == 0)


@compiled
def next_word(data: Bytes, p: int, end: int, classes: Shorts) -> tuple[int, int, int]:
    """(start, stop, code points) of the first word at or after P; start == END where there is none.

    A word is one Han or kana code point, or a maximal run of other letters, digits and their marks; an apostrophe
    between two letters is part of it.
    """
    while p < end:
        b = data[np.uint64(p)]
        if b < 0x80:
            if classes[b] & (LETTER | DIGIT):
                break
            p += 1
            continue
        code, after = decode(data, p, end)
        flags = classes[code]
        if flags & CJK:
            return p, after, 1
        if flags & (LETTER | DIGIT):
            break
        p = after
    if p >= end:
        return end, end, 0
    start, chars = p, 0
    letter = False
    while p < end:
        b = data[np.uint64(p)]
        if b < 0x80 and classes[b] & WORD:
            letter = classes[b] & LETTER != 0
            chars += 1
            p += 1
            continue
        if b < 0x80 and b != 0x27:
            break
        code, after = decode(data, p, end)
        flags = classes[code]
        if flags & CJK or not (flags & WORD or (letter and joins(code, data, after, end, classes))):
            break
        letter = flags & (LETTER | MARK) != 0
        chars += 1
        p = after
    return start, p, chars


@compiled
def next_line(data: Bytes, p: int, end: int) -> tuple[int, int]:
    """Where the line at P ends (its break not included), and where the next one starts: after LF, CR LF or CR."""
    while p + 8 <= end:
        word = eight(data, p)
        if has(word, _LF) or has(word, _CR):
            break
        p += 8
    while p < end and data[p] != 10 and data[p] != 13:
        p += 1
    if p < end and data[p] == 13 and p + 1 < end and data[p + 1] == 10:
        return p, p + 2
    return p, min(p + 1, end)


@compiled
def strip(data: Bytes, p: int, end: int, classes: Shorts) -> tuple[int, int]:
    """The span without white space at either side."""
    while p < end:
        code, after = int(np.int64(data[np.uint64(p)])), p + 1
        if code >= 0x80:
            code, after = decode(data, p, end)
        if classes[np.uint64(code)] & SPACE == 0:
            break
        p = after
    while end > p:
        before = end - 1
        code = int(np.int64(data[np.uint64(before)]))
        if code >= 0x80:
            while before > p and data[before] & 0xC0 == 0x80:
                before -= 1
            code = decode(data, before, end)[0]
        if classes[np.uint64(code)] & SPACE == 0:
            break
        end = before
    return p, end
