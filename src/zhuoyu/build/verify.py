"""Is a sealed version still what was sealed? Everything stored is hashed again and compared with the SQL row that sealed it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import DataError, OpError, ZhuoyuError
from zhuoyu.record import LEAF, Root, column_digest, content_columns, is_measure, leaves, measure_leaves, table_digest, version_digest
from zhuoyu.store import lance

if TYPE_CHECKING:
    from zhuoyu.store.database import Store

Status = Literal["ok", "changed"]

SHOWN = 1000
"""At most so many changed rows are named; all are counted."""


@dataclass(frozen=True)
class TableCheck:
    """One table as it was sealed and as it was found."""

    table: str
    rejected: bool
    stored: str
    found: str = ""
    """Empty when the table could not be read."""
    rows_stored: int = 0
    rows_found: int = 0
    changed: int = 0
    """Rows whose content no longer gives the leaf beside them."""
    rows_changed: list[str] = field(default_factory=list)
    measures_changed: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def status(self) -> Status:
        """Ok when digest, leaves and measures all agree."""
        same = self.stored == self.found and not self.changed and not self.measures_changed and not self.error
        return "ok" if same else "changed"


@dataclass(frozen=True)
class Verification:
    """The answer of ``verify``."""

    version: str
    stored: str
    found: str
    """Derived again from what is stored; empty when a table could not be read."""
    tables: list[TableCheck]

    @property
    def status(self) -> Status:
        """Ok, or changed when any table is."""
        return "ok" if self.stored == self.found and all(t.status == "ok" for t in self.tables) else "changed"

    @property
    def rows_changed(self) -> list[str]:
        """Ids of rows whose content changed, over all tables; at most ``SHOWN`` a table."""
        return [i for t in self.tables for i in t.rows_changed]

    @property
    def missing(self) -> int:
        """Rows that were sealed and are not there."""
        return sum(max(t.rows_stored - t.rows_found, 0) for t in self.tables)

    @property
    def added(self) -> int:
        """Rows that are there and were not sealed."""
        return sum(max(t.rows_found - t.rows_stored, 0) for t in self.tables)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        counts = {"changed": sum(t.changed for t in self.tables), "missing": self.missing, "added": self.added}
        tables = [{**asdict(t), "status": t.status} for t in self.tables]
        return {"version": self.version, "status": self.status, "stored": self.stored, "found": self.found, **counts, "tables": tables}

    def lines(self) -> list[str]:
        """The answer in words, one table a line and one line for what is wrong with it."""
        out = [f"{self.version}: {self.status}, digest {self.stored}"]
        for t in self.tables:
            out.append(f"  {t.table}{' (rejected)' if t.rejected else ''}: {t.status}, {t.rows_found:,} of {t.rows_stored:,} rows")
            out += [f"    {said}" for said in _wrong(t)]
        return out


def _wrong(t: TableCheck) -> list[str]:
    if t.error:
        return [t.error]
    out = []
    if t.changed:
        out.append(f"{t.changed:,} rows changed: {', '.join(t.rows_changed[:5])}{' …' if t.changed > 5 else ''}")
    if t.measures_changed:
        out.append(f"measures changed: {', '.join(t.measures_changed)}")
    if t.found != t.stored and not t.changed:
        out.append(f"digest {t.found} instead of {t.stored}: rows or the schema were replaced as a whole")
    return out


@dataclass(frozen=True)
class _Work:
    """What a checking process is told: plain values only."""

    path: str
    table: str
    rejected: bool
    digest: str
    rows: int
    measures: dict[str, str]


def verify(store: Store, ref: str, *, isolate: bool = True) -> Verification:
    """Hash every row and measure of a version again; ISOLATE reads in a child process, which damaged files may kill.

    Rows are never shown, only their ids. Memory: 32 bytes a row and column of measures.

    Raises:
        DataError: no such version.
        OpError: the checking process failed by itself.
    """
    from zhuoyu.store.versions import find

    with store.reading() as s:
        version = find(s, ref)
        tables: Mapping[str, Mapping[str, Any]] = version.tables
        measures: Mapping[str, Mapping[str, str]] = version.measures or {}
    works = []
    for name, said in sorted(tables.items()):
        for rejected in (False, True):
            path = lance.path_of(store.home, version.id, name, rejected=rejected)
            digest, rows = (said["rejected_digest"], said["rejected"]) if rejected else (said["digest"], said["rows"])
            beside = dict(measures.get(f"{name}.rejected" if rejected else name, {}))
            works.append(_Work(str(path), name, rejected, digest, rows, beside))
    checks = _apart(works) if isolate else [_check(work) for work in works]
    digests = {f"{c.table}.rejected" if c.rejected else c.table: c.found for c in checks}
    again = version_digest(digests) if all(digests.values()) else ""
    return Verification(version.id, version.digest or "", again, checks)


def _check(work: _Work) -> TableCheck:
    try:
        return _read(work)
    except (ZhuoyuError, pa.ArrowException, OSError) as error:
        return _broken(work, str(error))
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return _broken(work, f"{Path(work.path).name} cannot be read: its files are damaged")


def _broken(work: _Work, error: str) -> TableCheck:
    return TableCheck(work.table, work.rejected, work.digest, rows_stored=work.rows, rows_found=work.rows, error=error)


def _read(work: _Work) -> TableCheck:
    stored = lance.open_table(work.path)
    content = content_columns(stored.schema)
    if LEAF.name not in stored.schema.names or "_id" not in content:
        raise DataError(f"expected columns _id and _leaf, found {', '.join(stored.schema.names)}", fix="restore the table from a backup")
    root = Root()
    beside = {f.name: Root() for f in stored.schema if is_measure(f) or f.name in work.measures}
    shown: list[str] = []
    rows = changed = 0
    for batch in stored.scan():
        found = leaves(batch, content)
        differs = pc.invert(pc.fill_null(pc.equal(found, batch.column(LEAF.name)), False))
        wrong = batch.column("_id").filter(differs).to_pylist()
        changed += len(wrong)
        shown += wrong[: SHOWN - len(shown)]
        root.add(found)
        rows += batch.num_rows
        for name, measure in beside.items():
            measure.add(measure_leaves(batch.column("_id"), batch.column(name)))
    digests = {name: column_digest(r, stored.schema.field(name).type) for name, r in beside.items()}
    return TableCheck(
        work.table,
        work.rejected,
        work.digest,
        table_digest(root, stored.schema),
        work.rows,
        rows,
        changed,
        shown,
        _differing(work.measures, digests, rows),
    )


def _differing(stored: Mapping[str, str], found: Mapping[str, str], rows: int) -> list[str]:
    """Measures that changed or went; one without a stored digest cannot be judged, nor can one of an empty table."""
    return sorted(name for name, digest in stored.items() if found.get(name) != digest and (rows or name not in found))


def _apart(works: list[_Work]) -> list[TableCheck]:
    """The checks in a process of their own: a damaged file can make the reader panic, or take the process with it."""
    context = multiprocessing.get_context("spawn")
    checks: list[TableCheck] = []
    while len(checks) < len(works):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(works[len(checks) :], theirs), daemon=True)
        process.start()
        theirs.close()
        with suppress(EOFError):
            while len(checks) < len(works):
                checks.append(ours.recv())
        process.join()
        if len(checks) == len(works):
            break
        if process.exitcode is not None and process.exitcode >= 0:
            raise OpError(f"the checking process ended with code {process.exitcode}", fix="verify with isolate=False shows why")
        work = works[len(checks)]
        name = Path(work.path).name
        checks.append(_broken(work, f"{name} cannot be read: its files are damaged; restore them from a backup, or reproduce the version"))
    return checks


def _answer(works: list[_Work], out: Connection) -> None:
    """A reader that panics writes to the error stream by itself: here it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for work in works:
        out.send(_check(work))
    out.close()
