"""A join as a row step: each row looks its partner up in another table, which is read once a process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.engine.files import batches
from zhuoyu.errors import DataError, SpecError

_NANOS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


def nanos(tolerance: str) -> int:
    """A duration in nanoseconds.

    Raises:
        SpecError: it is not a number with ns, us, ms, s, min, h or d.

    >>> nanos("1.5s")
    1500000000
    """
    found = re.fullmatch(r"\s*([0-9.]+)\s*(ns|us|ms|s|min|h|d)\s*", tolerance)
    if not found:
        raise SpecError(f"tolerance {tolerance!r} is not a duration", fix="write for example 50ms, 2s or 5min")
    return round(float(found[1]) * _NANOS[found[2]])


@dataclass(frozen=True, eq=False)
class Right:
    """The table joined with: kept files, and what is taken of them. ``key`` is the digest of the table's last stage."""

    key: str
    files: tuple[str, ...]
    on: tuple[str, ...]
    take: pa.Schema
    how: str
    tolerance: int | None
    name: str

    def __hash__(self) -> int:
        return hash((self.key, self.on, self.tolerance))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Right) and (self.key, self.on, self.tolerance, self.files) == (
            other.key,
            other.on,
            other.tolerance,
            other.files,
        )

    def match(self, batch: pa.RecordBatch) -> tuple[pa.Array, list[str | None]]:
        """For each row the position of its partner (null: none) and, where the nearest was too far, the gap."""
        index = _index(self)
        left = _codes([batch.column(n) for n in self.on[: index.equal]], batch.num_rows)
        codes = pc.index_in(left, value_set=index.codes) if index.equal else pa.array(np.zeros(batch.num_rows, dtype=np.int32))
        if self.tolerance is None:
            return codes.cast(pa.int64()), [None] * batch.num_rows
        return index.nearest(codes, batch.column(self.on[-1]), self.tolerance)

    def columns(self, at: pa.Array) -> list[pa.Array]:
        """The taken columns at these positions."""
        table = _index(self).table
        return [pc.take(table.column(f.name), at).combine_chunks() for f in self.take]


class _Index:
    def __init__(self, right: Right) -> None:
        names = [*right.on, *(f.name for f in right.take)]
        parts = [b.select(names) for path in right.files for b in batches(Path(path))]
        self.table = pa.Table.from_batches(parts) if parts else pa.table({n: pa.nulls(0) for n in names})
        self.equal = len(right.on) - (right.tolerance is not None)
        codes = _codes([self.table.column(n).combine_chunks() for n in right.on[: self.equal]], self.table.num_rows)
        unique = pc.unique(codes)
        if right.tolerance is None:
            if len(unique) != self.table.num_rows:
                twice = self.table.num_rows - len(unique)
                raise DataError(
                    f"join with {right.name}: {twice:,} of its rows repeat a value of {', '.join(right.on)}",
                    fix="a join looks one partner up; remove duplicates there first, or join the other way round",
                )
            self.codes = codes
        else:
            self.codes = unique
            self._sort(
                pc.index_in(codes, value_set=unique) if self.equal else pa.array(np.zeros(self.table.num_rows, dtype=np.int32)),
                right.on[-1],
            )

    def _sort(self, group: pa.Array, name: str) -> None:
        time = _ticks(self.table.column(name).combine_chunks())
        groups = group.to_numpy(zero_copy_only=False)
        self.order = np.lexsort((np.arange(len(time)), time, groups))
        self.times = time[self.order]
        ordered = groups[self.order]
        count = int(groups.max()) + 1 if len(groups) else 0
        self.starts = np.searchsorted(ordered, np.arange(count + 1))

    def nearest(self, codes: pa.Array, time: pa.Array, tolerance: int) -> tuple[pa.Array, list[str | None]]:
        ticks, at = _ticks(time), np.full(len(time), -1, dtype=np.int64)
        gaps: list[str | None] = [None] * len(time)
        known = codes.is_valid().to_numpy(zero_copy_only=False) & time.is_valid().to_numpy(zero_copy_only=False)
        numbers = pc.fill_null(codes, -1).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(known):
            begin, end = self.starts[numbers[row]], self.starts[numbers[row] + 1]
            here = begin + int(np.searchsorted(self.times[begin:end], ticks[row]))
            near = [i for i in (here - 1, here) if begin <= i < end]
            if not near:
                continue
            best = min(near, key=lambda i: (abs(int(self.times[i]) - int(ticks[row])), i))
            gap = abs(int(self.times[best]) - int(ticks[row]))
            if gap <= tolerance:
                at[row] = self.order[best]
            else:
                gaps[row] = f"nearest is {gap / 1e9:g} s away"
        return pa.array(at, mask=at < 0), gaps


def _codes(columns: list[pa.Array], rows: int) -> pa.Array:
    """One string a row for its key; null where a part is null."""
    if not columns:
        return pa.array([""] * rows, pa.string())
    return pc.binary_join_element_wise(*(pc.cast(c, pa.string()) for c in columns), "\x1f")


def _ticks(array: pa.Array) -> np.ndarray:
    """Times in nanoseconds, numbers in nanounits."""
    if pa.types.is_timestamp(array.type):
        whole = pc.cast(array, pa.timestamp("ns", array.type.tz)).cast(pa.int64())
        return np.asarray(pc.fill_null(whole, 0).to_numpy(zero_copy_only=False))
    return np.asarray((pc.fill_null(pc.cast(array, pa.float64()), 0.0).to_numpy(zero_copy_only=False) * 1e9).astype(np.int64))


@lru_cache(maxsize=4)
def _index(right: Right) -> _Index:
    return _Index(right)
