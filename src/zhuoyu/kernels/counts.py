"""One pass per text: how long it is, what its characters are, what its words are."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import automaton, unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.automaton import COUNTS, SORTS
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.memo import once
from zhuoyu.kernels.unicode import CJK, CONTROL, DIGIT, HANGUL, LETTER, MARK, SPACE, SYMBOL, UPPER, decode

_KINDS = (LETTER | MARK, SYMBOL, DIGIT, CJK | HANGUL, UPPER, SPACE, CONTROL)
"""One byte each of a 64-bit word; the last byte counts every code point."""
_BLOCK = 100
"""Characters after which the bytes are emptied: a step counts two at most."""
_QUOTE, _ELLIPSIS, _END = (np.int64(SORTS.index(s)) for s in ("'", "…", "end"))
_ROWS = {name: 8 + k for k, name in enumerate(COUNTS)} | {"chars": 16, "stops": 17}


@cache
def _kinds() -> Hashes:
    """By flags: one in the byte of every kind they belong to."""
    flags = np.arange(1 << 12)
    made = np.full(len(flags), 1 << 56, np.uint64)
    for k, bits in enumerate(_KINDS):
        made += np.uint64(1 << 8 * k) * (flags & bits != 0).astype(np.uint64)
    made.flags.writeable = False
    return made


@cache
def _ascii_kinds() -> Hashes:
    made = _kinds()[unicode.table()[:128]]
    made.flags.writeable = False
    return made


@compiled
def _empty(packed: np.uint64, out: Longs) -> None:
    """Add the eight bytes of PACKED to OUT."""
    for k in range(8):
        out[k] += np.int64(packed >> np.uint64(8 * k) & np.uint64(0xFF))


@compiled
def _row(
    data: Bytes, p: int, end: int, classes: Shorts, plain: tuple[Bytes, Hashes], wide: tuple[Bytes, Hashes], table: tuple[Longs, Hashes],
    out: Longs,
) -> None:  # fmt: skip
    """Count one text into OUT: kinds, what the automaton counts, code points, bits of stop words."""
    (sorts, kinds), (wide_sorts, wide_kinds), (moves, counts) = plain, wide, table
    state, ended = np.int64(0), np.int64(0)
    while p < end:
        stop = min(end, p + _BLOCK)
        first, seen, kind = p, np.uint64(0), np.uint64(0)
        while p < stop:
            b = np.int64(data[np.uint64(p)])
            if b < 0x80:
                at = state + sorts[np.uint64(b)]
                kind += kinds[np.uint64(b)]
                p += 1
            else:
                code, after = decode(data, p, end)
                flags = np.uint64(classes[code])
                sort = _QUOTE if code == 0x2019 else _ELLIPSIS if code == 0x2026 else np.int64(wide_sorts[flags])
                at = state + sort
                kind += wide_kinds[flags]
                out[16] -= after - p - (b & 0xC0 != 0x80)
                p = after
            move = moves[np.uint64(at)]
            seen += counts[np.uint64(at)]
            ended |= move
            state = move & 0xFFFF
        out[16] += p - first
        _empty(kind, out)
        _empty(seen, out[8:])
    _empty(counts[state + _END], out[8:])
    out[17] = (ended | moves[state + _END]) >> 16


@compiled
def _survey(
    offsets: Longs, data: Bytes, classes: Shorts, plain: tuple[Bytes, Hashes], wide: tuple[Bytes, Hashes], table: tuple[Longs, Hashes]
) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((n, 18), np.int64)
    for i in range(n):
        _row(data, offsets[i], offsets[i + 1], classes, plain, wide, table, out[i])
    return out


def _surveyed(array: pa.LargeStringArray) -> Longs:
    offsets, data, _ = text_buffers(array)
    ascii, others = automaton.sorts()
    found = _survey(offsets, data, unicode.table(), (ascii, _ascii_kinds()), (others, _kinds()), automaton.moves())
    return np.ascontiguousarray(found.T)


def _of(array: pa.LargeStringArray, *names: str) -> Longs:
    return once(_surveyed, array)[[_ROWS[name] for name in names]]


def lengths(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: code points, words, lines, sentences, code points inside words."""
    return _of(array, "chars", "words", "lines", "sentences", "inside")


def kinds(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: alphabetic, symbol, digit, CJK, upper-case, space, control, all code points."""
    return once(_surveyed, array)[:8]


def word_kinds(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: words, different stop words, pieces between white space, those with a letter, hash signs, ellipses."""
    found = _of(array, "words", "stops", "pieces", "lettered", "hashes", "ellipses")
    found[1] = np.bitwise_count(found[1])
    return found


def share(part: Longs, whole: Longs) -> np.ndarray:
    """Part / whole; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
