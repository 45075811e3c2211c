"""Carry one shard through a program on daft: scan, fused function, sink. The only importer of daft."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu import errors
from zhuoyu.engine.program import ERROR, MARK, STATS, Program
from zhuoyu.engine.selection import align
from zhuoyu.errors import MissingExtra, OpError, ZhuoyuError
from zhuoyu.settings import quiet_libraries, settings

if TYPE_CHECKING:
    from daft.recordbatch import RecordBatch

_MORSEL = 8_192


class Scan(Protocol):
    """A part of a shard that one task reads: a small value that travels, and yields batches of the program's source schema."""

    def read(self) -> Iterator[pa.RecordBatch]:
        """Batches of at most some 8 MB."""
        ...


@cache
def _daft() -> Any:
    quiet_libraries()
    import daft

    if settings().engine == "ray":
        try:
            import ray
        except ImportError as error:
            raise MissingExtra.of("ray", "ray") from error
        if not ray.is_initialized():
            ray.init(settings().ray_address or None, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False)
        daft.set_runner_ray()
    else:
        daft.set_runner_native()
    daft.set_execution_config(default_morsel_size=_MORSEL, scantask_max_parallel=2, enable_dynamic_batching=False)
    return daft


def _source(daft: Any, scans: list[Scan], schema: pa.Schema) -> Any:
    """The scans as a daft frame, one task each."""
    from daft.io.source import DataSource, DataSourceTask
    from daft.recordbatch import RecordBatch as Batch

    plain = schema.remove_metadata()
    known = daft.Schema.from_pyarrow_schema(plain)

    class ScanTask(DataSourceTask):  # type: ignore[misc]  # daft's classes are untyped
        def __init__(self, scan: Scan) -> None:
            self.scan = scan

        @property
        def schema(self) -> Any:
            return known

        async def read(self) -> AsyncIterator[RecordBatch]:
            for batch in whole(self.scan, schema):
                yield Batch.from_arrow_record_batches([batch.cast(plain) if batch.schema != plain else batch], plain)

    class ScanSource(DataSource):  # type: ignore[misc]
        name = "zhuoyu"

        @property
        def schema(self) -> Any:
            return known

        async def get_tasks(self, _pushdowns: Any) -> AsyncIterator[ScanTask]:
            for scan in scans:
                yield ScanTask(scan)

    return ScanSource().read()


END = f"{MARK}end"


def whole(scan: Scan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """A scan's batches, then a row that says it ended, or why it broke off.

    Errors travel as rows: daft was seen to end a stream quietly after a task had raised, which would lose rows.
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


def _run(program: Program, columns: tuple[Any, ...]) -> pa.StructArray:
    """The fused row function on what daft hands over; operators are opened once a process. What it raises travels as rows."""
    arrays = [c.to_arrow() for c in columns]
    try:
        with _opening:
            if program.digest not in _opened:
                program.open()
                _opened.add(program.digest)
        fitted = [a if a.type == f.type else a.cast(f.type) for a, f in zip(arrays, program.source, strict=True)]
        done = program.run(pa.RecordBatch.from_arrays(fitted, schema=program.source))
    except Exception as error:
        done = program.run(_mark(program.source, f"{MARK}{type(error).__name__}: {error}", len(arrays[0])))
    return pa.StructArray.from_arrays(done.columns, fields=list(program.out.remove_metadata()))


def _function(daft: Any, program: Program) -> Callable[..., Any]:
    """The row function as daft calls it; only ``program`` travels to a worker."""
    struct = pa.struct([pa.field(f.name, f.type) for f in program.out])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(struct))  # type: ignore[untyped-decorator]
    def stage(*columns: Any) -> Any:
        import daft as here

        return here.Series.from_arrow(_run(program, columns), "out")

    return stage  # type: ignore[no-any-return]


def carry(program: Program, scans: list[Scan]) -> Iterator[tuple[pa.RecordBatch, list[str]]]:
    """Every row of SCANS through PROGRAM, in ``program.out``, in no particular order, with what was counted (JSON).

    Raises:
        ZhuoyuError: what a source or an operator raised; anything else becomes an ``OpError``, and so does a scan that
            never said it ended.
    """
    ended = 0
    for batch in _streamed(program, scans):
        good, ends = _unmarked(batch)
        ended += ends
        yield good, batch.column(batch.schema.get_field_index(STATS.name)).drop_null().to_pylist()
    if ended != len(scans):
        raise OpError(f"the engine lost {len(scans) - ended} of {len(scans)} parts of a shard", fix="run again: finished shards are kept")


def _streamed(program: Program, scans: list[Scan]) -> Iterator[pa.RecordBatch]:
    daft = _daft()
    function = _function(daft, program)
    frame = _source(daft, scans, program.source).select(function(*[daft.col(n) for n in program.source.names]).alias("out"))
    try:
        for part in frame.to_arrow_iter():
            for batch in part.to_batches() if isinstance(part, pa.Table) else [part]:
                rows = pa.RecordBatch.from_arrays(batch.column(0).flatten(), names=program.out.names)
                yield align(rows, program.out)
    except ZhuoyuError:
        raise
    except Exception as error:
        raise _ours(str(error)) from error


def _unmarked(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
    """A batch without its marks, and how many scans ended in it.

    Raises:
        ZhuoyuError: a mark says why a scan or the row function broke off.
    """
    reason = batch.column(batch.schema.get_field_index("_reason"))
    marked = pc.fill_null(pc.starts_with(reason, MARK), False)
    marks = reason.filter(marked).to_pylist()
    broken = next((m for m in marks if m != END), None)
    if broken is not None:
        raise _ours(broken)
    if not marks:
        return batch, 0
    return batch.filter(pc.invert(marked)), len(marks)


_NAMED = re.compile(r"\b(SpecError|DataError|OpError|MissingExtra|Denied|GateFailed): (.+)", re.DOTALL)


def _ours(said: str) -> ZhuoyuError:
    """What a source or an operator raised, from its name and words: an error's class does not travel between processes."""
    found = _NAMED.search(said)
    if found is None:
        return OpError(f"the engine stopped: {said.removeprefix(MARK)}", fix="look at the run's log below the workspace's runs folder")
    kind = getattr(errors, found[1])
    message, _, fix = found[2].strip().rpartition("; ")
    return kind(message, fix=fix) if message else kind(found[2].strip())  # type: ignore[no-any-return]


def leave(code: int) -> None:
    """End the process now: leaving while daft's threads run would abort it (ENGINE: 11 of 12 times)."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(timeout=5)
    atexit._run_exitfuncs()  # noqa: SLF001  os._exit below would skip them
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            continue
    os._exit(code)
