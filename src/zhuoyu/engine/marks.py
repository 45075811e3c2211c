"""The row function and the scans as an engine runs them: what breaks off, and what ends, says so in a row.

Nothing depends on how an engine reports failures (decision 4): a marked row has a text that begins with ``MARK`` in ``_error``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

from zhuoyu.engine.program import ERROR, MARK, Program

END = f"{MARK}end"


class Scan(Protocol):
    """A part of a shard that one task reads: a small value that travels, and yields batches of the program's source schema."""

    def read(self) -> Iterator[pa.RecordBatch]:
        """Batches of at most some 8 MB."""
        ...


def whole(scan: Scan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """A scan's batches, then a row that says it ended, or why it broke off.

    daft was seen to end a stream quietly after a task had raised, which would lose rows.
    """
    try:
        yield from scan.read()
        said = END
    except Exception as error:
        said = f"{MARK}{type(error).__name__}: {error}"
    yield _mark(schema, said, 1)


def _mark(schema: pa.Schema, said: str, rows: int) -> pa.RecordBatch:
    marks = {ERROR.name: pa.array([said] * rows, pa.string())}
    return pa.RecordBatch.from_arrays([marks.get(f.name, pa.nulls(rows, f.type)) for f in schema], schema=schema)


_opened: set[str] = set()
_opening = threading.Lock()


def answer(program: Program, columns: list[pa.Array]) -> pa.RecordBatch:
    """COLUMNS, as in ``program.source``, through PROGRAM; operators are opened once a process. What it raises are marked rows."""
    try:
        with _opening:
            if program.digest not in _opened:
                program.open()
                _opened.add(program.digest)
        fitted = [a if a.type == f.type else a.cast(f.type) for a, f in zip(columns, program.source, strict=True)]
        return program.run(pa.RecordBatch.from_arrays(fitted, schema=program.source))
    except Exception as error:
        return program.run(_mark(program.source, f"{MARK}{type(error).__name__}: {error}", len(columns[0])))
