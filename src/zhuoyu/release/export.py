"""Write a version to a folder for others: Parquet, JSON lines, canonical records, or a described dataset.

Rows come through the one door; rejected rows are never exported. The folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.errors import DataError, SpecError, did_you_mean
from zhuoyu.release.canonical import Labelled, to_canonical
from zhuoyu.release.card import LANGUAGES, Tally, card, facts_of
from zhuoyu.release.croissant import File, croissant
from zhuoyu.release.values import to_json
from zhuoyu.store import door, events, versions

if TYPE_CHECKING:
    from zhuoyu.store.database import Store

Format = Literal["parquet", "jsonl", "canonical", "croissant"]
FORMATS = ("parquet", "jsonl", "canonical", "croissant")
_PART_BYTES = 512_000_000
_BATCH_ROWS = 8192


@dataclass(frozen=True)
class Exported:
    """What was written; the same stands in the folder's ``manifest.json``."""

    dataset: str
    version: str
    number: int
    digest: str
    """Of the version: over all its rows, not over this folder."""
    format: str
    rows: int
    licenses: dict[str, int]
    withheld: dict[str, Any]
    """Rows and columns above the exporter's clearance, and rows by which the folder is smaller than the version."""
    files: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass
class _Job:
    """One export on its way."""

    folder: Path
    shared: Labelled
    tally: Tally = field(default_factory=Tally)
    files: list[File] = field(default_factory=list)
    schemas: dict[str, pa.Schema] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)

    def add(self, path: Path, rows: int, table: str) -> None:
        """Write down a finished file with its digest."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.files.append(File(path.relative_to(self.folder).as_posix(), digest, path.stat().st_size, rows, table))

    def counted(self, opened: door.Door) -> Iterator[pa.RecordBatch]:
        """The rows, counted as they pass."""
        for batch in opened:
            self.tally.add(batch)
            yield batch


def export(
    store: Store,
    principal: door.Principal,
    ref: str,
    folder: Path,
    format: str = "parquet",
    *,
    facts: Mapping[str, Any] | None = None,
) -> Exported:
    """Write the kept rows that PRINCIPAL may see to a new FOLDER, with a manifest and a card in two languages.

    FACTS: ``{"record": run record, "assessment": result}`` for the card; either may be missing.

    Raises:
        SpecError: an unknown format.
        DataError: the folder exists, no such version, or the disk refused.
        Denied: nothing in the version is open to the principal.
    """
    if format not in FORMATS:
        raise SpecError(f"unknown format {format!r}", fix=did_you_mean(format, FORMATS), format=format)
    if folder.exists():
        raise DataError(f"expected no folder at {folder.name}, found one", fix="name a new folder or remove that one", path=str(folder))
    with store.reading() as s:
        version = versions.find(s, ref)
    partial = folder.with_name(f"{folder.name}.tmp-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
        done = _write(store, principal, version, partial, format, facts or {})
        partial.rename(folder)
    except OSError as error:
        fix = "free some space or choose another place; nothing was left behind"
        raise DataError(f"cannot write {folder.name}: {error.strerror or error}", fix=fix, path=str(folder)) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(partial)
    details = {"format": format, "rows": done.rows, "manifest": _digest(done.to_json())}
    with store.session() as s:
        events.append(s, principal.name, "export", "version", version.id, details)
    return done


def _write(store: Store, principal: door.Principal, version: Any, folder: Path, format: str, facts: Mapping[str, Any]) -> Exported:
    sealed = version.sealed_at
    job = _Job(
        folder, Labelled(f"{version.dataset}@{version.number}", sealed.isoformat() if hasattr(sealed, "isoformat") else str(sealed or ""))
    )
    (folder / "data").mkdir()
    for table in sorted(version.tables):
        opened = door.read(store, principal, version.id, table, batch_rows=_BATCH_ROWS)
        job.schemas[table], job.hidden[table] = opened.schema, list(opened.hidden)
        _WRITERS[format](job, table, opened)
    sealed_rows = sum(said["rows"] for said in version.tables.values())
    hidden = [f"{table}.{name}" for table, names in job.hidden.items() for name in names]
    withheld = {"rows": sealed_rows - job.tally.rows, "columns": hidden}
    told = facts_of(version, job.tally, job.schemas, facts.get("record"), facts.get("assessment"))
    told["withheld"] = withheld if withheld["rows"] or hidden else None
    _describe(job, format, told)
    done = Exported(
        version.dataset,
        version.id,
        version.number,
        version.digest,
        format,
        job.tally.rows,
        dict(job.tally.licenses.most_common()),
        withheld,
        [asdict(f) for f in job.files],
    )
    _save(folder / "manifest.json", done.to_json())
    return done


def _describe(job: _Job, format: str, told: dict[str, Any]) -> None:
    for language in LANGUAGES:
        path = job.folder / ("README.md" if language == "en" else f"README.{language}.md")
        path.write_text(card(told, language), "utf-8")
    if format == "croissant":
        _save(job.folder / "croissant.json", croissant(told, job.schemas, job.files))


def _parquet(job: _Job, table: str, opened: door.Door) -> None:
    """Zstd Parquet in parts of bounded size; a table without rows has one empty part."""
    part, rows, size, writer = 0, 0, 0, None
    path = job.folder / "data"
    for batch in job.counted(opened):
        if writer is None:
            path = job.folder / "data" / f"{table}-{part:05d}.parquet"
            writer, rows, size = pq.ParquetWriter(path, opened.schema, compression="zstd"), 0, 0
        writer.write_batch(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if size >= _PART_BYTES:
            writer.close()
            job.add(path, rows, table)
            writer, part = None, part + 1
    if writer is None and part == 0:
        path = job.folder / "data" / f"{table}-00000.parquet"
        writer = pq.ParquetWriter(path, opened.schema, compression="zstd")
    if writer is not None:
        writer.close()
        job.add(path, rows, table)


def _jsonl(job: _Job, table: str, opened: door.Door) -> None:
    """One object a row; ``release.values`` says how a value is written, the schema beside it of which type it is."""

    def rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
        columns = {name: to_json(batch.column(name)) for name in batch.schema.names}
        return ({name: values[i] for name, values in columns.items()} for i in range(batch.num_rows))

    _lines(job, table, opened, f"{table}.jsonl", rows)


def _canonical(job: _Job, table: str, opened: door.Door) -> None:
    _lines(job, table, opened, f"{table}.canonical.jsonl", lambda batch: to_canonical(batch, job.shared))


def _lines(job: _Job, table: str, opened: door.Door, name: str, rows: Callable[[pa.RecordBatch], Iterator[dict[str, Any]]]) -> None:
    path, count = job.folder / "data" / name, 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for batch in job.counted(opened):
            out.writelines(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows(batch))
            count += batch.num_rows
    job.add(path, count, table)
    schema = job.folder / "data" / f"{table}.schema.arrow"
    schema.write_bytes(opened.schema.serialize().to_pybytes())
    job.add(schema, 0, table)


_WRITERS: dict[str, Callable[[_Job, str, door.Door], None]] = {
    "parquet": _parquet,
    "croissant": _parquet,
    "jsonl": _jsonl,
    "canonical": _canonical,
}


def _save(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
