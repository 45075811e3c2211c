"""Importance of texts for a reference: how much likelier their words are there than here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Flags, Floats, Longs
from zhuoyu.kernels.clusters import in_pieces
from zhuoyu.kernels.features import features, sums
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.op import Fetch

BUCKETS = 10_000
"""As in the paper, section 3."""
PIECE = 16_000_000
"""Bytes of text looked at at a time."""
MOST_TEXT = 256_000_000
"""Bytes of the dataset that its word frequencies are counted on; of a larger one, rows drawn by their ``_id``."""
EVERY = 2**62


def log_weights(reference: Sequence[str], keys: Hashes, sizes: Longs, there: Flags, fetch: Fetch) -> Floats:
    """For each row the log of how much likelier its words and word pairs are in REFERENCE than in the rows; NaN without words."""
    at = np.flatnonzero(there)
    drawn = at[np.lexsort((sizes[at], keys[at]))]
    drawn = np.sort(drawn[np.cumsum(sizes[drawn]) <= MOST_TEXT])
    here = np.zeros(BUCKETS)
    for first, stop in in_pieces(sizes[drawn], PIECE):
        ids, _ = features(fetch(pa.array(drawn[first:stop]))[0], BUCKETS, EVERY)
        here += np.bincount(ids, minlength=BUCKETS)
    ratio = np.log(_shares(_counts(reference))) - np.log(_shares(here))
    out = np.full(len(there), np.nan)
    for first, stop in in_pieces(sizes[at], PIECE):
        some = at[first:stop]
        ids, ends = features(fetch(pa.array(some))[0], BUCKETS, EVERY)
        out[some] = np.where(np.diff(ends) > 0, sums(ids, ends, ratio[:, None])[:, 0], np.nan)
    return out


def _counts(texts: Sequence[str]) -> Floats:
    out = np.zeros(BUCKETS)
    lengths = np.array([len(t) for t in texts], np.int64)
    for first, stop in in_pieces(lengths, PIECE // 4):
        ids, _ = features(pa.array(texts[first:stop], pa.large_string()), BUCKETS, EVERY)
        out += np.bincount(ids, minlength=BUCKETS)
    return out


def _shares(counts: Floats) -> Floats:
    """Frequencies, with one more of each so that none is 0."""
    return np.asarray((counts + 1) / (counts.sum() + len(counts)))


def top(weights: Floats, uniform: Floats, ids: Longs, many: int) -> Flags:
    """The MANY rows of the largest weight plus Gumbel noise: a draw without replacement in proportion to exp(WEIGHTS); NaN never."""
    may = np.flatnonzero(~np.isnan(weights))
    luck = weights[may] - np.log(-np.log(uniform[may]))
    out = np.zeros(len(weights), np.bool_)
    out[may[np.lexsort((ids[may], -luck))[:many]]] = True
    return out
