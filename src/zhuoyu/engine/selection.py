"""The rows a stage is working on: which still stand, which are marked for rejection and why, and what each step did.

A condition *marks* rows; they leave at the next ``shrink``: before a Transform, a lazy step, a signature, or the end. So
measures of one scan see every row that entered it and their histograms stay whole, while costly work sees fewer rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.record import REJECTION

READER = -1
"""The step index of rows that the reader could not read."""


@dataclass
class Selection:
    """A batch, its marks, and the pieces that have left it."""

    batch: pa.RecordBatch
    step: np.ndarray = field(init=False)
    reason: np.ndarray = field(init=False)
    found: np.ndarray = field(init=False)
    gone: list[pa.RecordBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._unmark()

    def _unmark(self) -> None:
        rows = self.batch.num_rows
        self.step = np.full(rows, -2, dtype=np.int32)
        self.reason = np.full(rows, None, dtype=object)
        self.found = np.full(rows, None, dtype=object)

    @property
    def standing(self) -> np.ndarray:
        """True for rows that no condition has marked yet."""
        return np.asarray(self.step == -2)

    def mark(self, rows: np.ndarray, step: int, reason: str, found: list[str] | str) -> None:
        """Mark ROWS (positions); those already marked keep their first reason."""
        fresh = self.standing[rows]
        rows = rows[fresh]
        self.step[rows] = step
        self.reason[rows] = reason
        self.found[rows] = found if isinstance(found, str) else np.array(found, dtype=object)[fresh]

    def shrink(self) -> None:
        """Let the marked rows leave."""
        standing = self.standing
        if standing.all():
            return
        left = pa.array(~standing)
        columns = [pa.array(self.step), pa.array(self.reason, pa.string()), pa.array(self.found, pa.string())]
        whole = pa.RecordBatch.from_arrays([*self.batch.columns, *columns], schema=pa.schema([*self.batch.schema, *REJECTION]))
        self.gone.append(whole.filter(left))
        self.batch = self.batch.filter(pa.array(standing))
        self._unmark()

    def set(self, at: pa.Field, values: pa.Array) -> None:
        """Add a column, or replace the one of its name."""
        where = self.batch.schema.get_field_index(at.name)
        if where < 0:
            self.batch = self.batch.append_column(at, values)
        else:
            self.batch = self.batch.set_column(where, at, values)

    def drop(self, names: tuple[str, ...]) -> None:
        """Forget columns that no longer describe the content."""
        self.batch = self.batch.select([n for n in self.batch.schema.names if n not in names])

    def pieces(self) -> Iterator[tuple[pa.RecordBatch, bool]]:
        """What left, then what stands; True: kept."""
        self.shrink()
        yield from ((piece, False) for piece in self.gone)
        yield self.batch, True


def align(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """BATCH in SCHEMA: missing columns are null, surplus ones are left out, types are cast."""
    have = set(batch.schema.names)
    columns = []
    for f in schema:
        if f.name not in have:
            columns.append(pa.nulls(batch.num_rows, f.type))
            continue
        column = batch.column(f.name)
        columns.append(column if column.type == f.type else pc.cast(column, f.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
