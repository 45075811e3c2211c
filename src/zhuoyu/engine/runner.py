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

from zhuoyu import errors
from zhuoyu.engine.program import Program
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
            for batch in self.scan.read():
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


_opened: set[str] = set()
_opening = threading.Lock()


def _run(program: Program, columns: tuple[Any, ...]) -> pa.StructArray:
    """The fused row function on what daft hands over; operators are opened once a process."""
    with _opening:
        if program.digest not in _opened:
            program.open()
            _opened.add(program.digest)
    arrays = [c.to_arrow() for c in columns]
    fitted = [a if a.type == f.type else a.cast(f.type) for a, f in zip(arrays, program.source, strict=True)]
    done = program.run(pa.RecordBatch.from_arrays(fitted, schema=program.source))
    return pa.StructArray.from_arrays(done.columns, fields=list(program.out.remove_metadata()))


def _function(daft: Any, program: Program) -> Callable[..., Any]:
    """The row function as daft calls it; only ``program`` travels to a worker."""
    struct = pa.struct([pa.field(f.name, f.type) for f in program.out])

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(struct))  # type: ignore[untyped-decorator]
    def stage(*columns: Any) -> Any:
        import daft as here

        return here.Series.from_arrow(_run(program, columns), "out")

    return stage  # type: ignore[no-any-return]


def carry(program: Program, scans: list[Scan]) -> Iterator[pa.RecordBatch]:
    """Every row of SCANS through PROGRAM, in ``program.out``, in no particular order.

    Raises:
        ZhuoyuError: what a source or an operator raised; anything else that daft reports becomes an ``OpError``.
    """
    daft = _daft()
    frame = _source(daft, scans, program.source)
    names = program.source.names
    function = _function(daft, program)
    frame = frame.select(function(*[daft.col(n) for n in names]).alias("out"))
    try:
        for part in frame.to_arrow_iter():
            for batch in part.to_batches() if isinstance(part, pa.Table) else [part]:
                struct = batch.column(0)
                whole = pa.RecordBatch.from_arrays(struct.flatten(), names=program.out.names)
                yield align(whole, program.out)
    except ZhuoyuError:
        raise
    except Exception as error:
        raise _ours(error) from error


_NAMED = re.compile(r"\b(SpecError|DataError|OpError|MissingExtra|Denied|GateFailed): (.+)")


def _ours(error: Exception) -> ZhuoyuError:
    """What a source or an operator raised on purpose: daft keeps its words, not its class."""
    found = _NAMED.search(str(error))
    if found is None:
        return OpError(f"the engine stopped: {error}", fix="look at the run's log below the workspace's runs folder")
    kind = getattr(errors, found[1])
    message, _, fix = found[2].rpartition("; ")
    return kind(message, fix=fix) if message else kind(found[2])  # type: ignore[no-any-return]


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
