"""A classifier of accepted and rejected texts, and what it says of texts it has not learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhuoyu.errors import DataError
from zhuoyu.kernels.arrow import Flags, Floats, Ints, Longs
from zhuoyu.kernels.clusters import in_pieces
from zhuoyu.kernels.features import features, sums, train
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.op import Fetch

BUCKETS = 1 << 20
PIECE = 16_000_000
"""Bytes of text fetched at a time."""
MOST_TEXT = 64_000_000
"""Bytes of text learnt from: features take three times that at most, and once more while they are put together."""
RATE, ROUNDS = 0.2, 5
"""By the area under the curve on held-out Chinese reviews: 0.1 and 3 learn less, 0.5 and 10 no more."""
LEAST = 20
"""Accepted and rejected rows there must be of each."""
_FOLD = np.uint64(40)


@dataclass(frozen=True)
class Lesson:
    """What is learnt: by row its random bits, the bits of its group, its label (NaN: none), its bytes; folds, words read of a text."""

    keys: Hashes
    groups: Hashes
    labels: Floats
    sizes: Longs
    folds: int
    words: int


def scores(lesson: Lesson, there: Flags, fetch: Fetch) -> Floats:
    """How likely each row that is THERE is an accepted one, by models that did not learn from its fold; NaN without words.

    A row without a label has the mean of all folds' models.

    Raises:
        DataError: too few rows are labelled.
    """
    weights, biases = _fitted(lesson, there, fetch)
    fold = (lesson.groups >> _FOLD).astype(np.int64) % lesson.folds
    out = np.full(len(there), np.nan)
    at = np.flatnonzero(there)
    for first, stop in in_pieces(lesson.sizes[at], PIECE):
        here = at[first:stop]
        ids, ends = features(fetch(pa.array(here))[0], BUCKETS, lesson.words)
        count = np.diff(ends)
        said = biases + sums(ids, ends, weights) / np.sqrt(np.maximum(count, 1))[:, None]
        likely = 1 / (1 + np.exp(-np.clip(said, -40, 40)))
        own = likely[np.arange(len(here)), fold[here]]
        score = np.where(np.isnan(lesson.labels[here]), likely.mean(axis=1), own)
        out[here] = np.where(count > 0, score, np.nan)
    return out


def _fitted(lesson: Lesson, there: Flags, fetch: Fetch) -> tuple[Floats, Floats]:
    """A column of weights and an intercept for each fold: what the other folds teach."""
    at = np.flatnonzero(there & ~np.isnan(lesson.labels))
    at = at[np.lexsort((lesson.sizes[at], lesson.keys[at]))]
    at = at[np.cumsum(lesson.sizes[at]) <= MOST_TEXT]
    labels, fold = lesson.labels[at], (lesson.groups[at] >> _FOLD).astype(np.int64) % lesson.folds
    weights, biases = np.zeros((BUCKETS, lesson.folds)), np.zeros(lesson.folds)
    ids, ends = _read(at, lesson, fetch)
    for f in range(lesson.folds):
        order = np.flatnonzero(fold != f)
        yes = labels[order].sum()
        if min(yes, len(order) - yes) < LEAST:
            raise DataError(
                f"relate.quality_classifier: expected at least {LEAST} accepted and {LEAST} rejected rows beside each of {lesson.folds} "
                f"folds, found {int(labels.sum())} and {int(len(labels) - labels.sum())} in all",
                fix="label more rows, or check `label:` and `accept_at:`",
            )
        gains = np.where(labels > 0, len(order) / 2 / yes, len(order) / 2 / (len(order) - yes))
        column = np.zeros(BUCKETS)
        biases[f] = train(ids, ends, labels, gains, order, RATE, ROUNDS, column)
        weights[:, f] = column
    return weights, biases


def _read(at: Longs, lesson: Lesson, fetch: Fetch) -> tuple[Ints, Longs]:
    ids, counts = [np.zeros(0, np.int32)], [np.zeros(1, np.int64)]
    for first, stop in in_pieces(lesson.sizes[at], PIECE):
        some, ends = features(fetch(pa.array(at[first:stop]))[0], BUCKETS, lesson.words)
        ids.append(some)
        counts.append(np.diff(ends))
    return np.concatenate(ids), np.cumsum(np.concatenate(counts))
