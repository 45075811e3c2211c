"""Candidates from band hashes, compared in full: which rows are near duplicates of a row that stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhuoyu.kernels.arrow import Floats, Ints, Longs
from zhuoyu.kernels.clusters import Greedy, buckets, components, in_pieces
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.minhash import Words
from zhuoyu.kernels.shingles import shingle_sets
from zhuoyu.op import Fetch

THREADS = 2
LEAST_PIECE, MOST_PIECE, PIECES = 2_000_000, 32_000_000, 64
"""Texts are fetched in about so many pieces of so many bytes; at most THREADS + 1 of them are held at a time."""


@dataclass(frozen=True)
class Search:
    """What is looked for: how many bands a signature has, tokens in an n-gram, least Jaccard."""

    bands: int
    ngram: int
    threshold: float


def band_matrix(column: pa.ChunkedArray, bands: int) -> tuple[Words, npt.NDArray[np.bool_]]:
    """The band hashes of every row as a matrix, and which rows have any (an empty or null value has none)."""
    out, some = np.zeros((len(column), bands), np.uint32), np.zeros(len(column), np.bool_)
    at = 0
    for chunk in column.chunks:
        n, chunk = len(chunk), chunk.fill_null(b"")
        _, ends, raw = chunk.buffers()
        offsets = np.frombuffer(ends, np.int32, n + 1, 4 * chunk.offset) if n else np.zeros(1, np.int32)
        some[at : at + n] = np.diff(offsets) > 0
        if offsets[-1] > offsets[0]:
            said = np.frombuffer(raw, np.uint32, (offsets[-1] - offsets[0]) // 4, offsets[0])
            out[at : at + n][some[at : at + n]] = said.reshape(-1, bands)
        at += n
    return out, some


def partners(hashes: Words, groups: Ints, sizes: Longs, positions: Longs, fetch: Fetch, search: Search) -> tuple[Longs, Floats]:
    """For rows by preference: the row that stays and that each is a near duplicate of (-1: it stays itself), and their Jaccard.

    HASHES, GROUPS, SIZES (bytes of text) and POSITIONS (for FETCH) have one entry a row. Rows alone in all their buckets are
    not fetched.
    """
    who, found = np.full(len(hashes), -1, np.int64), np.zeros(len(hashes))
    bucket_of, count = buckets(hashes, groups)
    active = np.flatnonzero((bucket_of >= 0).any(axis=1))
    if len(active) == 0:
        return who, found
    heads = components(bucket_of[active], count)
    turn = np.argsort(heads, kind="stable")  # by component, inside it by preference
    active = active[turn]
    greedy = Greedy(np.ascontiguousarray(bucket_of[active]), count, heads[turn], search.threshold)
    for values, ends in _sets(positions[active], sizes[active], fetch, search.ngram):
        greedy.take(values, ends)
    gone = greedy.partners >= 0
    who[active[gone]], found[active] = active[greedy.partners[gone]], greedy.jaccards
    return who, found


def _sets(positions: Longs, sizes: Longs, fetch: Fetch, ngram: int) -> Iterator[tuple[Hashes, Longs]]:
    """The n-gram sets of the rows at POSITIONS, piece by piece: this thread reads, others compute ahead."""
    most = min(max(int(sizes.sum()) // PIECES, LEAST_PIECE), MOST_PIECE)
    waiting: deque[Future[tuple[Hashes, Longs]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for first, stop in in_pieces(sizes, most):
            text = fetch(pa.array(positions[first:stop]))[0]
            waiting.append(pool.submit(shingle_sets, text, ngram))
            del text
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
