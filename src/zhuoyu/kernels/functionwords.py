"""Which function words of which languages a text has, all languages in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.unicode import CJK, decode, next_word

_PRIME = np.uint64(0x100000001B3)
"""FNV-1a over code points."""
_FOLDED = 0x590
"""Code points below are compared in lower case: Latin, Greek, Cyrillic, Armenian."""
_LONGEST = 32
"""Bytes of a word that is looked up."""


class Lexicon(NamedTuple):
    """Words by key, with the languages of each as a bit mask."""

    keys: Hashes
    masks: npt.NDArray[np.int64]
    ids: Ints
    lower: Ints


@compiled
def folded_key(data: Bytes, p: int, end: int, lower: Ints) -> np.uint64:
    """A key over the code points of a word in lower case; never 0."""
    h = np.uint64(1)
    while p < end:
        code, p = decode(data, p, end)
        if code < _FOLDED:
            code = int(lower[code])
        h = (h ^ np.uint64(code)) * _PRIME
    return h | np.uint64(h == 0)


@cache
def lower_case() -> Ints:
    """The lower case of the first code points; of those without a single one, themselves."""
    made = np.array([ord(c.lower()) if len(c.lower()) == 1 else ord(c) for c in map(chr, range(_FOLDED))], np.int32)
    made.flags.writeable = False
    return made


def lexicon(words: Mapping[str, Sequence[str]]) -> Lexicon:
    """WORDS by language, made ready; languages count in the mapping's order."""
    lower = lower_case()
    size = capacity(sum(map(len, words.values())) + 1, 1 << 20)
    made = Lexicon(np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int32), lower)
    known = 0
    for bit, some in enumerate(words.values()):
        for word in some:
            raw = np.frombuffer(word.encode(), np.uint8)
            key = np.uint64(folded_key(raw, 0, len(raw), lower))
            at = slot_of(made.keys, size, key)
            if made.keys[at] == 0:
                made.keys[at], made.ids[at] = key, known
                known += 1
            made.masks[at] |= 1 << bit
    return made


@compiled
def _look_up(data: Bytes, p: int, end: int, words: Lexicon, slots: int, seen: Bytes, out: Longs, languages: int) -> None:
    """Count a word once, in every language that has it."""
    at = slot_of(words.keys, slots, folded_key(data, p, end, words.lower))
    if words.keys[at] == 0 or seen[words.ids[at]]:
        return
    seen[words.ids[at]] = 1
    for k in range(languages):
        out[k] += words.masks[at] >> k & 1


@compiled
def _distinct(offsets: Longs, array: Bytes, table: Shorts, lexicon: Lexicon, languages: int) -> Longs:
    data, classes, slots = pointer(array), pointer(table), len(lexicon.keys)
    words = Lexicon(pointer(lexicon.keys), pointer(lexicon.masks), pointer(lexicon.ids), pointer(lexicon.lower))
    n = len(offsets) - 1
    out = np.zeros((n, languages), np.int64)
    met = np.zeros(slots, np.uint8)
    seen = pointer(met)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        met[:] = 0
        row = pointer(out[i])
        last = -1
        while True:
            start, p, _chars = next_word(data, p, end, classes)
            if start == end:
                break
            if p - start <= _LONGEST:
                _look_up(data, start, p, words, slots, seen, row, languages)
            joined = classes[decode(data, start, p)[0]] & CJK != 0
            if joined and last >= 0:
                _look_up(data, last, p, words, slots, seen, row, languages)
            last = start if joined and p < end and classes[decode(data, p, end)[0]] & CJK else -1
    return out


def distinct(array: pa.LargeStringArray, words: Lexicon, languages: int) -> Longs:
    """One row per language: how many different words of it a text has, in either case. Two Han or kana characters that stand
    together may be a word too.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_distinct(offsets, data, unicode.table(), words, languages)).T
