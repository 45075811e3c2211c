"""A stage on daft, its own threads or a Ray cluster: it carries scans and row function to the workers. The only importer of daft."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from zhuoyu.engine.marks import Scan, answer, whole
from zhuoyu.engine.program import Program
from zhuoyu.engine.selection import align
from zhuoyu.errors import MissingExtra
from zhuoyu.settings import quiet_libraries, settings

if TYPE_CHECKING:
    from daft.recordbatch import RecordBatch

_MORSEL = 8_192


def stream(program: Program, scans: list[Scan]) -> Iterator[pa.RecordBatch]:
    """Every row of SCANS through PROGRAM, in no particular order.

    Raises:
        MissingExtra: the extra [ray] is not installed.
    """
    daft = _daft()
    function = _function(daft, program)
    frame = _source(daft, scans, program.source).select(function(*[daft.col(n) for n in program.source.names]).alias("out"))
    for part in frame.to_arrow_iter():
        for batch in part.to_batches() if isinstance(part, pa.Table) else [part]:
            rows = pa.RecordBatch.from_arrays(batch.column(0).flatten(), names=program.out.names)
            yield align(rows, program.out)


@cache
def _daft() -> Any:
    quiet_libraries()
    try:
        import daft

        if settings().engine == "ray":
            import ray
    except ImportError as error:
        raise MissingExtra.of(error.name or "daft", "ray") from error
    if settings().engine == "ray":
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


def _function(daft: Any, program: Program) -> Callable[..., Any]:
    """The row function as daft calls it; only ``program`` travels to a worker."""
    fields = [pa.field(f.name, f.type) for f in program.out]

    @daft.func.batch(return_dtype=daft.DataType.from_arrow_type(pa.struct(fields)))  # type: ignore[untyped-decorator]
    def stage(*columns: Any) -> Any:
        import daft as here

        done = answer(program, [c.to_arrow() for c in columns])
        return here.Series.from_arrow(pa.StructArray.from_arrays(done.columns, fields=list(program.out.remove_metadata())), "out")

    return stage  # type: ignore[no-any-return]
