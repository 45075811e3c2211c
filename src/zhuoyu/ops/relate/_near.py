"""The columns of near duplicates: equal texts first, then verified partners, then groups."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Floats, Longs
from zhuoyu.op import Fetch
from zhuoyu.ops.relate import _policy
from zhuoyu.ops.relate._policy import Ranked
from zhuoyu.ops.relate._verify import Search, band_matrix, partners


def relate(rows: pa.Table, fetch: Fetch, search: Search, prefer: str, per: str) -> list[pa.Array]:
    """``duplicate_of``, ``duplicate_jaccard`` and ``cluster`` of ROWS, which carry ``content``, ``bands`` and ``size``."""
    ranked = _policy.ranked(rows, prefer, per)
    stays, jaccards = _stayers(rows, ranked, fetch, search)
    rank = np.arange(len(stays))
    gone = stays != rank
    at = np.full(len(stays), -1, np.int64)
    at[ranked.order[gone]] = ranked.order[stays[gone]]
    values, null = np.zeros(len(stays)), np.ones(len(stays), np.bool_)
    values[ranked.order], null[ranked.order] = jaccards, ~gone
    cluster = np.full(len(stays), -1, np.int64)
    cluster[ranked.order] = _smallest(stays, ranked)
    return [_policy.written_ids(rows, at), pa.array(values, pa.float64(), mask=null), _policy.written_ids(rows, cluster)]


def _stayers(rows: pa.Table, ranked: Ranked, fetch: Fetch, search: Search) -> tuple[Longs, Floats]:
    """By rank: the row that stays for each row (itself, if it stays), and the Jaccard of the two."""
    hashes, some = band_matrix(rows.column("bands"), search.bands)
    first = np.flatnonzero((ranked.same == np.arange(len(some))) & ranked.valid & some[ranked.order])
    positions = ranked.order[first]
    sizes = np.asarray(rows.column("size").fill_null(0).to_numpy())[positions]
    who, found = partners(hashes[positions], ranked.groups[first], sizes, positions, fetch, search)
    stays, jaccards = np.arange(len(some)), np.ones(len(some))
    near = who >= 0
    stays[first[near]], jaccards[first[near]] = first[who[near]], found[near]
    return stays[ranked.same], jaccards[ranked.same]


def _smallest(stays: Longs, ranked: Ranked) -> Longs:
    """By rank: the position of the row with the smallest ``_id`` of its group; -1 where a row is alone."""
    least = np.full(len(stays), len(stays), np.int64)
    np.minimum.at(least, stays, ranked.ids)
    many = np.bincount(stays, minlength=len(stays))[stays] > 1
    position = np.empty(len(stays), np.int64)
    position[ranked.ids] = ranked.order
    return np.where(many, position[least[stays]] if len(stays) else least, -1)
