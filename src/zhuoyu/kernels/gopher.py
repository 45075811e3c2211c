"""What the Gopher rules count, in one reading of a text: English tokens, lines and what is repeated, as datatrove counts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import english
from zhuoyu.kernels.arrow import Bytes, Floats, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, SIGN, Tables, bare
from zhuoyu.kernels.gopher_repeats import MOST_SLOTS, MOST_TOKENS, ngrams, pieces, work_of
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.pieces import breaks_capacity, next_break, strip_white
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.spans import chars as chars_of
from zhuoyu.kernels.spans import span_key
from zhuoyu.kernels.tokens import cut, is_plain, next_chunk, room
from zhuoyu.kernels.unicode import decode

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_PACKED = tuple(int.from_bytes(w.encode(), "big") for w in STOP_WORDS)


@compiled
def _stop_word(data: Bytes, p: int, end: int) -> int:
    """The bit of the stop word that a token is."""
    if end - p > 4 or end - p < 2:
        return 0
    key = 0
    for k in range(p, end):
        key = key << 8 | int(np.int64(data[k]))
    for k in range(len(_PACKED)):
        if _PACKED[k] == key:
            return 1 << k
    return 0


@compiled
def _kind(data: Bytes, p: int, end: int, kinds: Shorts) -> tuple[int, int, int]:
    """(code points, 1 if one makes a word, 1 if one is a letter) of a token."""
    n, word, letter = 0, 0, 0
    while p < end:
        code, p = decode(data, p, end)
        n += 1
        word |= kinds[code] & SIGN == 0
        letter |= kinds[code] & ALPHA != 0
    return n, word, letter


@compiled
def _read(
    data: Bytes, p: int, end: int, tables: Tables, bounds: Longs, keys: Hashes, sums: Longs, most: int, out: Longs
) -> tuple[int, int]:
    """Count tokens into OUT; fill KEYS with the first MOST and SUMS with running code points; (how many, where the last one ends)."""
    kinds, facts = tables.kinds, tables.facts
    n, stop, stops, tokens, words, chars, lettered = 0, p, 0, 0, 0, 0, 0
    while True:
        start, p, met, marks, size = next_chunk(data, p, end, kinds)
        if start == end:
            break
        more = 1 if is_plain(data, start, p, met, marks, facts) else cut(data, start, p, met, marks, tables, bounds)
        for k in range(more):
            a, b = (bounds[k], bounds[k + 1]) if more > 1 else (start, p)
            word, letter = 1, int(met & ALPHA != 0)
            if more > 1 or marks:
                size, word, letter = _kind(data, a, b, kinds)
            stops |= _stop_word(data, a, b)
            words += word
            chars += size if word else 0
            lettered += letter
            if n < most:
                keys[n] = span_key(data, a, b)
                sums[n + 1] = sums[n] + size
                n, stop = n + 1, b
        tokens += more
    out[0], out[1], out[2], out[3] = tokens, words, chars, lettered
    for k in range(len(STOP_WORDS)):
        out[4] += stops >> k & 1
    return n, stop if tokens > n else end


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
def _gopher(offsets: Longs, array: Bytes, arrays: Tables, scratch: Longs, most: int, most_slots: int) -> tuple[Longs, Floats]:
    n = len(offsets) - 1
    data, tables, bounds = pointer(array), bare(arrays), pointer(scratch)
    counts, shares = np.zeros((n, 10), np.int64), np.zeros((n, 13), np.float64)
    widest, lines = 1, 16
    for i in range(n):
        widest = max(widest, min(offsets[i + 1] - offsets[i], most))
        lines = max(lines, breaks_capacity(data, offsets[i], offsets[i + 1], most_slots))
    work = work_of(widest, lines)
    keys, sums = pointer(work.keys), pointer(work.sums)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        if p == end:
            continue
        whole = chars_of(data, p, end)
        counts[i, 5], counts[i, 6] = _marks(data, p, end)
        counts[i, 7], counts[i, 8], counts[i, 9] = _lines(data, p, end, tables.kinds)
        slots = breaks_capacity(data, p, end, most_slots)
        again, again_chars, every = pieces(data, p, end, 1, work.lines[:slots])
        shares[i, 0], shares[i, 1] = again / every, again_chars / whole
        a, b = strip_white(data, p, end, tables.kinds)
        again, again_chars, every = pieces(data, a, b, 2, work.lines[:slots])
        shares[i, 2], shares[i, 3] = again / every, again_chars / whole
        tokens, stop = _read(data, p, end, tables, bounds, keys, sums, most, counts[i])
        ngrams(tokens, work, shares[i, 4:])
        shares[i, 4:] /= whole if stop == end else chars_of(data, p, stop)
    return counts, shares


def gopher(array: pa.LargeStringArray) -> tuple[Longs, Floats]:
    """Rows of the first result: tokens, words (tokens that are not marks alone), code points in words, tokens with a letter, different
    stop words, hash signs, ellipses, lines, lines that start with a bullet, lines that end in an ellipsis. Of the second: repeated lines
    of all lines, their code points of the text's; the same two of paragraphs; top 2-, 3-, 4-gram and repeated 5- to 10-grams, as code
    points of the text's. Text without any: 0.
    """
    offsets, data, _ = text_buffers(array)
    counts, shares = _gopher(offsets, data, english.tables(), room(), MOST_TOKENS, MOST_SLOTS)
    return np.asarray(counts).T, np.asarray(shares).T
