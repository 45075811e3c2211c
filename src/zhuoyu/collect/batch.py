"""A landed batch, opened: its columns, its tasks in shards, and the rows of a task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from zhuoyu.collect import manifest, readers
from zhuoyu.collect.manifest import Entry, Reader, Span
from zhuoyu.collect.rows import BATCH_BYTES, BATCH_ROWS, Rows

_EACH = 512
"""What a row weighs at least when tasks are grouped: 100,000 empty files are work too."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file of a batch, or a part of a big one; small, and it travels. ``bytes`` is what it reads."""

    reader: Reader
    entry: Entry
    span: Span | None = None

    @property
    def bytes(self) -> int:
        """Bytes it reads (uncompressed, for Parquet)."""
        return self.span.bytes if self.span else self.entry.size

    def read(self) -> Iterator[pa.RecordBatch]:
        """Its rows: system columns, the user's, ``_error``; at most some 8 MB a batch.

        Raises:
            DataError: the file is no longer what was landed.
        """
        return read_many([self])


@dataclass(frozen=True)
class Batch:
    """A landed batch. ``schema`` holds the user's columns."""

    reader: Reader
    entries: tuple[Entry, ...]
    folder: Path

    @property
    def digest(self) -> str:
        """Names what was landed."""
        return self.reader.digest

    @property
    def schema(self) -> pa.Schema:
        """The user's columns."""
        return self.reader.schema

    def tasks(self, shard_bytes: int) -> list[list[Task]]:
        """All tasks in uri order, in groups of about SHARD_BYTES; the same batch and size give the same groups."""
        shards: list[list[Task]] = []
        held = shard_bytes
        for task in self._tasks():
            if held >= shard_bytes:
                shards.append([])
                held = 0
            shards[-1].append(task)
            held += max(task.bytes, _EACH)
        return shards

    def _tasks(self) -> Iterator[Task]:
        for entry in self.entries:
            if entry.rows == 0:
                continue
            if entry.spans and entry.take is None and entry.error is None:
                yield from (Task(self.reader, entry._replace(spans=()), span) for span in entry.spans)
            else:
                yield Task(self.reader, entry._replace(spans=()))


def open_batch(at: Path, folder: Path) -> Batch:
    """The batch of the manifest AT; copied files lie under FOLDER.

    Raises:
        DataError: the manifest cannot be read.
    """
    reader, entries = manifest.read(at, folder)
    return Batch(reader, tuple(entries), folder)


def read_many(tasks: Iterable[Task]) -> Iterator[pa.RecordBatch]:
    """The rows of TASKS in order, small files together: at most some 8 MB or 8,192 rows a batch.

    Raises:
        DataError: a file is no longer what was landed.
    """
    rows: Rows | None = None
    whole = _Together()
    for task in tasks:
        if rows is None or task.reader is not rows.reader:
            yield from _rest(rows, whole)
            rows = Rows(task.reader)
        if task.reader.kind == "parquet":
            for batch in readers.parquet(task.reader, task.entry, task.span):
                yield from whole.add(batch)
        else:
            yield from readers.pour(rows, task.entry, task.span)
    yield from _rest(rows, whole)


def _rest(rows: Rows | None, whole: _Together) -> Iterator[pa.RecordBatch]:
    if rows is not None and rows.errors:
        yield rows.take()
    yield from whole.rest()


class _Together:
    """Small batches become one."""

    def __init__(self) -> None:
        self._held: list[pa.RecordBatch] = []
        self._bytes = self._rows = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Take BATCH; give what was held when it would be too much together."""
        if self._held and (self._bytes + batch.nbytes > BATCH_BYTES or self._rows + batch.num_rows > BATCH_ROWS):
            yield from self.rest()
        self._held.append(batch)
        self._bytes += batch.nbytes
        self._rows += batch.num_rows

    def rest(self) -> Iterator[pa.RecordBatch]:
        """Give what is held."""
        if self._held:
            yield self._held[0] if len(self._held) == 1 else pa.concat_batches(self._held)
        self._held, self._bytes, self._rows = [], 0, 0
