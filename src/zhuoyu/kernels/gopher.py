"""What the Gopher quality rules count: English tokens and lines, as datatrove counts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, DIGIT, SIGN, Tables
from zhuoyu.kernels.pieces import next_break, strip_white
from zhuoyu.kernels.tokens import MIXED, cut, next_chunk, room
from zhuoyu.kernels.unicode import decode

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_PACKED = np.array([int.from_bytes(w.encode(), "big") for w in STOP_WORDS], np.int64)


@compiled
def _stop_word(data: Bytes, p: int, end: int, packed: Longs) -> int:
    """The bit of the stop word that a token is."""
    if end - p > 4 or end - p < 2:
        return 0
    key = 0
    for k in range(p, end):
        key = key << 8 | int(np.int64(data[k]))
    for k in range(len(packed)):
        if packed[k] == key:
            return 1 << k
    return 0


@compiled
def _token(data: Bytes, p: int, end: int, kinds: Shorts) -> tuple[int, int, int]:
    """(code points, 1 if one makes a word, 1 if one is a letter) of a token."""
    n, word, letter = 0, 0, 0
    while p < end:
        code, p = decode(data, p, end)
        n += 1
        word |= kinds[code] & SIGN == 0
        letter |= kinds[code] & ALPHA != 0
    return n, word, letter


@compiled
def _words(data: Bytes, p: int, end: int, tables: Tables, packed: Longs, bounds: Longs, out: Longs) -> None:
    """Tokens, those that are words, code points in those, tokens with a letter, different stop words."""
    seen = 0
    while True:
        start, p, met = next_chunk(data, p, end, tables.kinds)
        if start == end:
            break
        tokens = cut(data, start, p, met, tables, bounds)
        out[0] += tokens
        plain = met & (MIXED | DIGIT) == 0
        for k in range(tokens):
            a, b = bounds[k], bounds[k + 1]
            if plain and b - a > 4:
                n, word, letter = 0, 1, 1
                for q in range(a, b):
                    n += data[q] & 0xC0 != 0x80
            else:
                n, word, letter = _token(data, a, b, tables.kinds)
                seen |= _stop_word(data, a, b, packed)
            out[1] += word
            out[2] += n if word else 0
            out[3] += letter
    for k in range(len(packed)):
        out[4] += seen >> k & 1


@compiled
def _marks(data: Bytes, p: int, end: int) -> tuple[int, int]:
    """(hash signs, ellipses) of a text; six full stops are two."""
    hashes, ellipses, dots = 0, 0, 0
    for k in range(p, end):
        hashes += data[k] == 0x23
        dots = dots + 1 if data[k] == 0x2E else 0
        if dots == 3:
            ellipses, dots = ellipses + 1, 0
        ellipses += data[k] == 0xA6 and k - p > 1 and data[k - 1] == 0x80 and data[k - 2] == 0xE2
    return hashes, ellipses


@compiled
def _lines(data: Bytes, p: int, end: int, kinds: Shorts) -> tuple[int, int, int]:
    """(lines, those that start with a bullet or hyphen, those that end in an ellipsis) of a text."""
    lines, bullets, ellipses = 0, 0, 0
    while p < end:
        stop, after = next_break(data, p, end)
        a, b = strip_white(data, p, stop, kinds)
        p = after
        lines += 1
        if b > a:
            bullets += data[a] == 0x2D or decode(data, a, b)[0] == 0x2022
        if b - a > 2:
            x, y, z = data[b - 3], data[b - 2], data[b - 1]
            ellipses += (x == 0x2E and y == 0x2E and z == 0x2E) or (x == 0xE2 and y == 0x80 and z == 0xA6)
    return lines, bullets, ellipses


@compiled
def _quality(offsets: Longs, data: Bytes, tables: Tables, packed: Longs, bounds: Longs) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((n, 10), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        _words(data, p, end, tables, packed, bounds, out[i])
        out[i, 5], out[i, 6] = _marks(data, p, end)
        out[i, 7], out[i, 8], out[i, 9] = _lines(data, p, end, tables.kinds)
    return out


def quality(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: tokens, words (tokens that are not marks alone), code points in words, tokens with a letter, different
    stop words, hash signs, ellipses, lines, lines that start with a bullet, lines that end in an ellipsis.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_quality(offsets, data, english.tables(), _PACKED, room())).T
