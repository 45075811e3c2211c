"""How many different words a text has, and how evenly it uses them."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import functionwords, unicode
from zhuoyu.kernels.arrow import Bytes, Floats, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.functionwords import folded_key
from zhuoyu.kernels.hashing import capacity, slot_of
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.unicode import next_word

MOST_WORDS = 1 << 20
"""Of a longer text only so many words are looked at (24 MB of scratch)."""


@compiled
def _vocabulary(offsets: Longs, array: Bytes, table: Shorts, fold: Ints, most: int) -> Floats:
    data, classes, lower = pointer(array), pointer(table), pointer(fold)
    n = len(offsets) - 1
    out = np.zeros((4, n), np.float64)
    widest = 1
    for i in range(n):
        widest = max(widest, min(offsets[i + 1] - offsets[i], most))
    keys = np.empty(widest, np.uint64)
    slots, counts = np.empty(capacity(widest, 2 * most), np.uint64), np.empty(capacity(widest, 2 * most), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        words = 0
        while words < most:
            start, p, _chars = next_word(data, p, end, classes)
            if start == end:
                break
            keys[words] = folded_key(data, start, p, lower)
            words += 1
        size = capacity(words, len(slots))
        slots[:size] = 0
        for k in range(words):
            at = slot_of(slots, size, keys[k])
            counts[at] = 1 if slots[at] == 0 else counts[at] + 1
            slots[at] = keys[k]
        said = 0.0
        for at in range(size):
            if slots[at] != 0:
                out[1, i] += 1
                out[2, i] += counts[at] == 1
                said += counts[at] * math.log2(counts[at])
        out[0, i] = words
        out[3, i] = max(0.0, math.log2(words) - said / words) if words else 0.0
    return out


def vocabulary(array: pa.LargeStringArray) -> Floats:
    """Rows of the result: words, different words (in either case), words that occur once, entropy of the words in bits a word."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_vocabulary(offsets, data, unicode.table(), functionwords.lower_case(), MOST_WORDS))
