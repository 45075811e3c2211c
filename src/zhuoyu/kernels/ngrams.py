"""Repeated word n-grams of a text (equal where 64-bit hashes of their words are), in bounded scratch.

An n-gram can only be repeated where both (n-1)-grams inside it are. So each length looks only at the positions that
survived the one before, under the key (id of the (n-1)-gram, id of the next word): about three look-ups a word
for all nine lengths, and none for the rare ones. Both ids fit in 40 bits, so a slot holds the key itself and an id.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Floats, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.unicode import CJK, DIGIT, LETTER, MARK, WORD, decode, joins

MOST_WORDS = 1 << 20
"""Of a longer text only so many words are looked at (61 MB of scratch); numerator and denominator both stop there."""
TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)
_ID = np.uint64(20)
"""Bits of an id: there are at most MOST_WORDS."""
_ID_MASK = np.uint64(MOST_WORDS - 1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Multiplied with it, the upper bits of a key depend on all of it (Knuth, The Art of Computer Programming 3, 6.4)."""
_ONE, _WIDTH, _TAKEN = np.uint64(1), np.uint64(64), np.uint64(1 << 63)
_PRIME, _BASIS = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)
"""FNV-1a over code points."""


@compiled
def _bits(n: int) -> int:
    """The logarithm of a table's slots that N keys fill at most half."""
    bits = 4
    while (1 << bits) < 2 * n:
        bits += 1
    return bits


@compiled
def _read(data: Bytes, p: int, end: int, classes: Shorts, hashes: Hashes, sums: Longs) -> int:
    """Fill HASHES with the hashes of ``unicode.next_word``'s words and SUMS with running code points; how many words there are.

    ASCII takes no branch: the hash so far is written at every byte, and the place moves on where a word has ended.
    """
    n, chars, inside, letter, h = 0, 0, 0, False, _BASIS
    while p < end and n < len(hashes):
        b = data[np.uint64(p)]
        flags = classes[b]
        if b < 0x80 and b != 0x27:
            word = int(flags & (LETTER | DIGIT) != 0)
            hashes[np.uint64(n)], sums[np.uint64(n + 1)] = h, chars
            n += inside & ~word
            chars += word
            h = (h ^ np.uint64(b)) * _PRIME if word else _BASIS
            inside, letter = word, flags & LETTER != 0
            p += 1
            continue
        code, after = decode(data, p, end)
        flags = classes[code]
        word = int(flags & CJK == 0 and flags & (WORD if inside else LETTER | DIGIT) != 0)
        word |= int(bool(inside) and letter and joins(code, data, after, end, classes))
        if inside and not word:
            hashes[n], sums[n + 1], h = h, chars, _BASIS
            n, inside = n + 1, 0
        elif flags & CJK:
            chars += 1
            hashes[n], sums[n + 1] = (_BASIS ^ np.uint64(code)) * _PRIME, chars
            n, p = n + 1, after
        else:
            h = (h ^ np.uint64(code)) * _PRIME if word else _BASIS
            chars, inside, letter, p = chars + word, word, flags & (LETTER | MARK) != 0, after
    if inside and n < len(hashes):
        hashes[n], sums[n + 1] = h, chars
        n += 1
    return n


@compiled
def _number(hashes: Hashes, n: int, words: Ints, slots: Hashes, known: Hashes, counts: Ints) -> None:
    """Give WORDS dense ids, equal where hashes are, and count each. A slot holds an id and a hash but for its lowest bits."""
    bits = _bits(n)
    shift, mask = _WIDTH - np.uint64(bits), (1 << bits) - 1
    slots[: mask + 1] = 0
    distinct = 0
    for i in range(n):
        key = hashes[i]
        at = np.int64(key * _GOLDEN >> shift)
        while True:
            slot = slots[np.uint64(at)]
            if slot == 0:
                slots[np.uint64(at)] = (key & ~_ID_MASK) | _TAKEN | np.uint64(distinct)
                known[distinct], counts[distinct], words[i] = key, 1, distinct
                distinct += 1
                break
            if (slot ^ key) << _ONE >> _ID + _ONE == 0 and known[slot & _ID_MASK] == key:
                words[i] = np.int32(slot & _ID_MASK)
                counts[slot & _ID_MASK] += 1
                break
            at = (at + 1) & mask


@compiled
def _lengthen(
    places: Ints, grams: Ints, left: int, words: Ints, n: int, k: int, slots: Hashes, before: Ints, counts: Ints, sums: Longs
) -> tuple[int, int]:
    """Turn the LEFT (k-1)-grams at PLACES, BEFORE of each, into k-grams and COUNTS, in place.

    Returns how many there are, and how many code points, each once, lie in those seen earlier.
    """
    bits = _bits(left)
    shift, mask = _WIDTH - np.uint64(bits), (1 << bits) - 1
    slots[: mask + 1] = 0
    distinct, w, chars, to = 0, 0, 0, 0
    for t in range(left - 1):
        i = places[t]
        if before[grams[t]] < 2 or places[t + 1] != i + 1 or before[grams[t + 1]] < 2 or i + k > n:
            continue
        key = (np.uint64(grams[t]) << _ID | np.uint64(words[i + k - 1])) + _ONE
        at = np.int64(key * _GOLDEN >> shift)
        slot = slots[np.uint64(at)]
        while slot != 0 and slot >> _ID != key:
            at = (at + 1) & mask
            slot = slots[np.uint64(at)]
        if slot == 0:
            slot = key << _ID | np.uint64(distinct)
            slots[np.uint64(at)] = slot
            counts[distinct] = 0
            distinct += 1
        else:
            chars += sums[i + k] - sums[max(to, i)]
            to = i + k
        places[w], grams[w] = i, np.int32(slot & _ID_MASK)
        counts[slot & _ID_MASK] += 1
        w += 1
    return w, chars


@compiled
def _covered(places: Ints, grams: Ints, n: int, k: int, sums: Longs, only: int) -> int:
    """Code points, each once, in every occurrence of the k-gram ONLY."""
    chars, to = 0, 0
    for t in range(n):
        i = places[t]
        if grams[t] == only:
            chars += sums[i + k] - sums[max(to, i)]
            to = i + k
    return chars


@compiled
def _most_frequent(places: Ints, grams: Ints, n: int, k: int, sums: Longs, counts: Ints) -> int:
    """The id of the most frequent k-gram; of equals the one with more code points, then the first."""
    best, count, chars = -1, 0, 0
    for t in range(n):
        i, g = places[t], grams[t]
        if counts[g] > count or (counts[g] == count and sums[i + k] - sums[i] > chars):
            best, count, chars = g, counts[g], sums[i + k] - sums[i]
    return best


@compiled
def _repeated(offsets: Longs, data: Bytes, classes: Shorts, most: int) -> Floats:
    n = len(offsets) - 1
    out = np.zeros((9, n), np.float64)
    room = 1
    for i in range(n):
        room = max(room, min(offsets[i + 1] - offsets[i], most))
    hashes, known, sums, slots = np.empty(room, np.uint64), np.empty(room, np.uint64), np.zeros(room + 1, np.int64), np.empty(16, np.uint64)
    words, places, grams = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    before, counts = np.empty(room, np.int32), np.empty(room, np.int32)
    for i in range(n):
        m = _read(data, offsets[i], offsets[i + 1], classes, hashes, sums)
        if 1 << _bits(m) > len(slots):
            slots = np.empty(1 << _bits(m), np.uint64)
        _number(hashes, m, words, slots, known, counts)
        for t in range(m):
            places[t], grams[t] = t, words[t]
        left = m
        for k in range(2, 11):
            before, counts = counts, before
            left, again = _lengthen(places, grams, left, words, m, k, slots, before, counts, sums)
            if again == 0:
                break
            if k < 5:
                again = _covered(places, grams, left, k, sums, _most_frequent(places, grams, left, k, sums, counts))
            out[k - 2, i] = again / sums[m]
    return out


def repeated(array: pa.LargeStringArray) -> Floats:
    """Nine rows of shares 0..1 of the code points inside words: in the most frequent 2-, 3-, 4-gram (0 where none is
    repeated), then in 5- to 10-grams seen earlier in the same text. Every code point counts once.
    """
    offsets, data, _ = text_buffers(array)
    return np.asarray(_repeated(offsets, data, unicode.table(), MOST_WORDS))
