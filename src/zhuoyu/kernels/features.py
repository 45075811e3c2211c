"""Hashed words and word pairs of a text, and linear models over them."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Flags, Floats, Ints, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.shingles import BASE, lower, mixed, next_token

_HALF = np.uint64(32)


@compiled
def _features(
    offsets: Longs, data: Bytes, valid: Flags, classes: Shorts, small: Shorts, buckets: int, most: int
) -> tuple[Ints, Longs]:  # fmt: skip
    rows = len(offsets) - 1
    out, ends, w = np.empty(offsets[rows] - offsets[0] + 2 * rows, np.int32), np.zeros(rows + 1, np.int64), 0
    for row in range(rows):
        p, end, before, seen = offsets[row], offsets[row + 1], np.uint64(0), 0
        while valid[row] and p < end and seen < most:
            token, p = next_token(data, p, end, classes, small)
            if token == 0:
                break
            out[w] = np.int64(mixed(token) >> _HALF) % buckets
            w += 1
            if seen:
                out[w] = np.int64(mixed(before * BASE + token) >> _HALF) % buckets
                w += 1
            before = token
            seen += 1
        ends[row + 1] = w
    return out[:w].copy(), ends


def features(array: pa.LargeStringArray, buckets: int, most: int) -> tuple[Ints, Longs]:
    """The bucket of every word and of every two words in a row, as often as they stand there, and where each row's begin and end.

    Words beyond the first MOST of a text are left out. 4 bytes a feature.

    >>> ids, ends = features(pa.array(["a b a", "A", None], pa.large_string()), 1000, 10)
    >>> ends.tolist(), bool(ids[0] == ids[3] == ids[5])
    ([0, 5, 6, 6], True)
    """
    offsets, data, valid = text_buffers(array)
    ids, ends = _features(offsets, data, valid, unicode.table(), lower(), buckets, most)
    return ids, ends


@compiled
def sums(ids: Ints, ends: Longs, weights: Floats) -> Floats:
    """For each row and each model (a column of WEIGHTS) the sum of the weights of its features."""
    models = weights.shape[1]
    out = np.zeros((len(ends) - 1, models))
    for row in range(len(out)):
        for k in range(ends[row], ends[row + 1]):
            for m in range(models):
                out[row, m] += weights[ids[k], m]
    return out


@compiled
def train(ids: Ints, ends: Longs, labels: Floats, gains: Floats, order: Longs, rate: float, rounds: int, weights: Floats) -> float:
    """Fit WEIGHTS, in place, to LABELS (0 or 1) by logistic regression, rows in ORDER and weighted by GAINS; the intercept.

    AdaGrad (Duchi, Hazan, Singer 2011), ROUNDS times over the rows; a feature counts by 1 / sqrt(features of its text).
    """
    squares, bias, bias_squares = np.full(len(weights), 1e-6), 0.0, 1e-6
    for _ in range(rounds):
        for row in order:
            first, stop = ends[row], ends[row + 1]
            if first == stop:
                continue
            scale, z = 1 / sqrt(stop - first), 0.0
            for k in range(first, stop):
                z += weights[ids[k]]
            slope = gains[row] * (1 / (1 + exp(-(bias + z * scale))) - labels[row])
            bias_squares += slope * slope
            bias -= rate * slope / sqrt(bias_squares)
            step = slope * scale
            for k in range(first, stop):
                squares[ids[k]] += step * step
                weights[ids[k]] -= rate * step / sqrt(squares[ids[k]])
    return bias
