"""The record: system columns, ids, leaves, digests."""

from __future__ import annotations

import pyarrow as pa

from zhuoyu.op import CELLS

ORIGIN = pa.struct([("source", pa.string()), ("uri", pa.string()), ("locator", pa.string())])
SYNTHETIC = pa.struct([("generator", pa.string()), ("model", pa.string()), ("prompt", pa.string()), ("seed", pa.string())])

SYSTEM = pa.schema(
    [
        ("_id", pa.string()),
        ("_origin", ORIGIN),
        ("_batch", pa.string()),
        ("_parents", pa.list_(pa.string())),
        ("_time", pa.timestamp("ns", "UTC")),
        ("_license", pa.string()),
        ("_grade", pa.string()),
        ("_synthetic", SYNTHETIC),
        ("_cells", CELLS),
    ]
)
"""In every table of every version, in this order, before the user's own columns."""

REJECTION = pa.schema([("_step", pa.int32()), ("_reason", pa.string()), ("_found", pa.string())])
"""Added in a rejected table: the step's index (-1: the reader), why, and the values that failed."""

LEAF = pa.field("_leaf", pa.binary(32))
"""The row's SHA-256, stored beside it in both tables."""
