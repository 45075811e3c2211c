"""Rows by preference where equal content plays no part, and what a partner found by rank is by row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Ints, Longs
from zhuoyu.ops.relate import _policy


def by_preference(rows: pa.Table, prefer: str, per: str) -> tuple[Longs, Ints]:
    """Positions, the most preferred first (ties by ``_id``), and the group of each; ``longest`` reads ``size``.

    >>> by_preference(pa.table({"_id": ["b", "a", "c"], "score": [1, 2, 3]}), "-score", "")[0].tolist()
    [0, 1, 2]
    """
    ranked = _policy.ranked(rows.append_column("content", pa.nulls(rows.num_rows, _policy.CONTENT)), prefer, per)
    return ranked.order, ranked.groups


def partner_ids(rows: pa.Table, positions: Longs, who: Ints) -> pa.Array:
    """The ``_id`` of the partner of every row: WHO names, for the rows at POSITIONS, an index into these; null where it is negative."""
    at = np.full(rows.num_rows, -1, np.int64)
    found = who >= 0
    at[positions[found]] = positions[who[found]]
    return _policy.written_ids(rows, at)
