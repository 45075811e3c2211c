"""Carry one shard through a program: threads here, daft on a Ray cluster; both are told apart in one place, ``_streamed``."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu import errors
from zhuoyu.engine.marks import END, Scan
from zhuoyu.engine.program import MARK, STATS, Program
from zhuoyu.errors import OpError, ZhuoyuError
from zhuoyu.settings import settings


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
    if settings().engine != "native":
        from zhuoyu.engine.cluster import stream
    else:
        from zhuoyu.engine.threads import stream
    try:
        yield from stream(program, scans)
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
    """End the process now: leaving while daft's threads run aborted it in 11 of 12 tries, and no run waits 5 s for a slow operator."""
    until = time.monotonic() + 5
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(timeout=max(until - time.monotonic(), 0))
    atexit._run_exitfuncs()  # noqa: SLF001  os._exit below would skip them
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            continue
    os._exit(code)
