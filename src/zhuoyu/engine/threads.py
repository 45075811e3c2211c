"""A stage on this machine: threads read ahead, a thread a core runs the row function (kernels release the interpreter's lock).

Results come in the order of the scans. What is held is bounded: a morsel for each reader, and two more than there are cores.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from zhuoyu.engine.marks import Scan, answer, whole
from zhuoyu.engine.program import Program

_READERS = 2
_ROWS = 8_192
_BYTES = 8_000_000
_Reading = tuple[Iterator[pa.RecordBatch], "Future[pa.RecordBatch | None]"]


def stream(program: Program, scans: list[Scan]) -> Iterator[pa.RecordBatch]:
    """Every row of SCANS through PROGRAM."""
    cores = _cores()
    readers, workers = ThreadPoolExecutor(_READERS, "read"), ThreadPoolExecutor(cores, "rows")
    waiting: deque[Future[pa.RecordBatch]] = deque()
    try:
        for morsel in _ahead(program, scans, readers):
            waiting.append(workers.submit(answer, program, morsel.columns))
            if len(waiting) > cores + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # a run that is stopped does not wait for the morsels under way: they only compute
        for pool in (readers, workers):
            pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ahead(program: Program, scans: list[Scan], readers: ThreadPoolExecutor) -> Iterator[pa.RecordBatch]:
    """The morsels of all scans, the next one of a few scans always under way."""
    ready = iter(scans)
    reading: deque[_Reading] = deque()

    def begin() -> None:
        scan = next(ready, None)
        if scan is not None:
            morsels = _morsels(whole(scan, program.source))
            reading.append((morsels, readers.submit(next, morsels, None)))

    for _ in range(_READERS):
        begin()
    while reading:
        morsels, future = reading.popleft()
        morsel = future.result()
        if morsel is None:
            begin()
            continue
        reading.append((morsels, readers.submit(next, morsels, None)))
        yield morsel


def _morsels(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most 8,192: a call costs the same for few rows as for many."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        for at in range(0, batch.num_rows, _ROWS):
            part = batch.slice(at, _ROWS)
            if held and (rows + part.num_rows > _ROWS or size + part.nbytes > _BYTES):
                yield _together(held)
                held, rows, size = [], 0, 0
            held.append(part)
            rows, size = rows + part.num_rows, size + part.nbytes
    if held:
        yield _together(held)


def _together(held: list[pa.RecordBatch]) -> pa.RecordBatch:
    return held[0] if len(held) == 1 else pa.concat_batches(held)
