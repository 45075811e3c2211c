"""The n-grams that give a benchmark away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Ints, Longs
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.overlap import Grams, grams
from zhuoyu.kernels.shingles import shingle_sets

Labels = list[tuple[int, ...]]
"""For each label: the benchmarks that have the n-gram."""


def tables(items: Sequence[Sequence[str]], n: int, shortest: int, common: int) -> tuple[list[Grams], Labels]:
    """One table for each length of n-gram: of N tokens, and, for items that are shorter, of all their tokens.

    ITEMS are the texts of each benchmark. Items under SHORTEST tokens are left out, and so are n-grams in more than COMMON items of
    one benchmark: its form, not its content.
    """
    found: dict[int, list[tuple[int, Hashes]]] = {}
    for benchmark, texts in enumerate(items):
        column = pa.array(texts, pa.large_string())
        for length, hashes in _lengths(column, n, shortest, common):
            found.setdefault(length, []).append((benchmark, hashes))
    out, labels = [], Labels()
    for length, parts in sorted(found.items()):
        hashes = np.concatenate([h for _, h in parts])
        owners = np.concatenate([np.full(len(h), benchmark) for benchmark, h in parts])
        different, said = _labelled(hashes, owners, labels)
        out.append(grams(length, different, said))
    return out, labels


def _lengths(column: pa.LargeStringArray, n: int, shortest: int, common: int) -> list[tuple[int, Hashes]]:
    hashes, ends = shingle_sets(column, n)
    different, counts = np.unique(hashes, return_counts=True)
    out = [(n, different[counts <= common])]
    short = column.filter(pa.array(np.diff(ends) == 0))
    for length in range(n - 1, shortest - 1, -1):
        hashes, ends = shingle_sets(short, length)  # longer ones were taken out, so what has a gram has one
        out.append((length, np.unique(hashes)))
        short = short.filter(pa.array(np.diff(ends) == 0))
    return [(length, h) for length, h in out if len(h)]


def _labelled(hashes: Hashes, owners: Longs, labels: Labels) -> tuple[Hashes, Ints]:
    """The different HASHES, and for each the label of the set of its OWNERS; new sets are appended to LABELS."""
    different, at = np.unique(hashes, return_inverse=True)
    known = {owner: i for i, owner in enumerate(labels)}
    order = np.lexsort((owners, at))
    ends = np.cumsum(np.bincount(at, minlength=len(different)))
    said = np.empty(len(different), np.int32)
    for i, own in enumerate(np.split(owners[order], ends[:-1]) if len(different) else []):
        key = tuple(own.tolist())
        if key not in known:
            known[key] = len(labels)
            labels.append(key)
        said[i] = known[key]
    return different, said
