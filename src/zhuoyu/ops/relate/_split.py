"""Where a row falls between 0 and 1, together with its group, and which split lies there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from zhuoyu.kernels.arrow import Floats, Longs
from zhuoyu.kernels.hashing import Hashes


def layout(ratios: Mapping[str, float]) -> tuple[list[str], Floats]:
    """The splits from 0 to 1, and where each ends: the largest lies in the middle, so that others can grow at its cost alone.

    >>> layout({"train": 8, "valid": 1, "test": 1})
    (['test', 'train', 'valid'], array([0.1, 0.9, 1. ]))
    """
    largest = min(ratios, key=lambda name: (-ratios[name], name))
    others = sorted(set(ratios) - {largest})
    names = [*others[::2], largest, *reversed(others[1::2])]
    shares = np.array([ratios[n] for n in names], np.float64)
    return names, np.cumsum(shares) / shares.sum()


def stratified(keys: Hashes, strata: Longs) -> Floats:
    """Where each row's group (KEYS) falls in its stratum: the middle of its rows, of all, with groups in the order of their keys.

    A group is whole: its stratum is the one that most of its rows are of, of equals the first.
    """
    groups, group_of, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    if len(groups) == 0:
        return np.zeros(0)
    pairs, counts = np.unique(group_of * (int(strata.max()) + 1) + strata, return_counts=True)
    owner, stratum = np.divmod(pairs, int(strata.max()) + 1)
    best = np.lexsort((stratum, -counts, owner))
    home = stratum[best][np.unique(owner[best], return_index=True)[1]]
    order = np.lexsort((np.arange(len(groups)), home))
    ends = np.cumsum(sizes[order])
    last = np.flatnonzero(np.diff(home[order], append=-1))
    totals = np.diff(ends[last], prepend=0)
    runs = np.diff(last, prepend=-1)
    begins = np.repeat(ends[last] - totals, runs)
    place = np.empty(len(groups), np.float64)
    place[order] = (ends - sizes[order] / 2 - begins) / np.repeat(totals, runs)
    return np.asarray(place[group_of])


def named(place: Floats, ratios: Mapping[str, float]) -> npt.NDArray[np.object_]:
    """The split at each place."""
    names, ends = layout(ratios)
    return np.array(names, object)[np.searchsorted(ends[:-1], place, side="right")]
