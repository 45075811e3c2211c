"""Stage files: uncompressed Arrow files that are written whole, then named, and read through memory maps."""

from __future__ import annotations

import errno
import mmap
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from zhuoyu.errors import DataError

_SIGN = "_sign_"


def unique() -> str:
    """A part of a file name that no other attempt uses: a late process must not replace a file that another has committed."""
    return secrets.token_hex(4)


class Writer:
    """One Arrow file under a temporary name until ``close`` names it; nothing half-written is ever found under a name."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._part = path.with_name(f"{path.name}.{os.getpid()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")
        self._arrow = pa.ipc.new_file(self._file, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            DataError: the disk is full.
        """
        try:
            self._arrow.write_batch(batch)
        except OSError as error:
            raise disk_error(error, self.path) from error
        self.rows += batch.num_rows

    def close(self) -> None:
        """Flush to the disk and name the file."""
        try:
            self._arrow.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self.path)
        except OSError as error:
            raise disk_error(error, self.path) from error

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def disk_error(error: OSError, path: Path) -> DataError:
    """What an operating system error on writing means to a user."""
    if error.errno == errno.ENOSPC:
        return DataError(f"the disk is full: writing {path.name}", fix="free space and run again: finished shards are kept", path=str(path))
    return DataError(f"cannot write {path}: {error.strerror or error}", fix="check the workspace folder (ZHUOYU_HOME)", path=str(path))


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The batches of a stage file, read one at a time: a mapped file would count whole as this process's memory."""
    with pa.OSFile(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for i in range(reader.num_record_batches):
            yield reader.get_batch(i)


def row_counts(path: Path) -> list[int]:
    """Rows of each batch of a stage file; only the batches' headers are touched."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        return [reader.get_batch(i).num_rows for i in range(reader.num_record_batches)]


@dataclass(frozen=True)
class StageScan:
    """Some batches of a shard of the stage before, with the columns that Relates added beside it."""

    path: str
    sides: tuple[str, ...]
    begin: int
    end: int
    row: int
    schema: pa.Schema

    def read(self) -> Iterator[pa.RecordBatch]:
        """Batches of ``schema``."""
        with pa.OSFile(self.path) as source:
            reader = pa.ipc.open_file(source)
            sides = [pa.ipc.open_file(pa.memory_map(s)).read_all() for s in self.sides]
            row = self.row
            for i in range(self.begin, self.end):
                batch = reader.get_batch(i)
                columns: dict[str, Any] = {n: batch.column(n) for n in batch.schema.names if not n.startswith(_SIGN)}
                for side in sides:
                    piece = side.slice(row, batch.num_rows).combine_chunks()
                    columns |= {n: _flat(piece.column(n), batch.num_rows) for n in side.schema.names}
                row += batch.num_rows
                empty = pa.nulls(batch.num_rows, pa.string())  # no row of a stage file has a reader's error
                yield pa.RecordBatch.from_arrays([columns.get(f.name, empty) for f in self.schema], schema=self.schema)


def _flat(column: pa.ChunkedArray, rows: int) -> pa.Array:
    return column.combine_chunks() if rows else pa.array([], column.type)


def scans(path: Path, sides: tuple[Path, ...], schema: pa.Schema, piece_rows: int = 32_768) -> list[StageScan]:
    """A shard cut into scans of about PIECE_ROWS rows, so that two cores have work."""
    out: list[StageScan] = []
    begin, row, first = 0, 0, 0
    counts = row_counts(path)
    named = tuple(str(s) for s in sides)
    for i, count in enumerate(counts):
        row += count
        if row - first >= piece_rows or i == len(counts) - 1:
            out.append(StageScan(str(path), named, begin, i + 1, first, schema))
            begin, first = i + 1, row
    return out


class Rows:
    """Random access to some columns of kept shards by row position, in shard order; what a Relate's ``fetch`` is."""

    def __init__(self, paths: list[Path]) -> None:
        self._maps = [_mapped(p) for p in paths]
        self._readers = [pa.ipc.open_file(pa.py_buffer(m)) for m in self._maps]
        self._at = [(r, i) for r in self._readers for i in range(r.num_record_batches)]
        self._map = [m for m, r in enumerate(self._readers) for _ in range(r.num_record_batches)]
        self.counts = [sum(r.get_batch(i).num_rows for i in range(r.num_record_batches)) for r in self._readers]
        sizes = [r.get_batch(i).num_rows for r, i in self._at]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def table(self, names: list[str]) -> pa.Table:
        """These columns of every row."""
        parts = [r.get_batch(i).select(names) for r, i in self._at]
        if not parts:
            schema = pa.schema([self._readers[0].schema.field(n) for n in names]) if self._readers else pa.schema([])
            return pa.Table.from_batches([], schema=schema)
        return pa.Table.from_batches(parts)

    def take(self, positions: pa.Array, name: str) -> pa.Array:
        """One column at POSITIONS, in that order."""
        want = positions.to_numpy(zero_copy_only=False).astype(np.int64)
        batch = np.searchsorted(self._starts, want, side="right") - 1
        order = np.argsort(batch, kind="stable")
        parts = []
        for b in np.unique(batch):
            reader, i = self._at[b]
            here = want[order][batch[order] == b] - self._starts[b]
            parts.append(reader.get_batch(i).column(name).take(pa.array(here)))
            self._maps[self._map[b]].madvise(mmap.MADV_DONTNEED)  # what was touched stays in the system's cache and leaves this process
        if not parts:
            reader, _ = self._at[0]
            return pa.array([], reader.schema.field(name).type)
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.chunked_array(parts).combine_chunks().take(pa.array(back))


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
