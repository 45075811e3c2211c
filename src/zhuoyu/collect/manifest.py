"""What a landed batch consists of, as a file: one line a source file, with its fingerprint and its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.errors import DataError

Kind = Literal["file", "bytes", "lines", "jsonl", "csv", "parquet"]
FORMAT = 1
_META = b"zhuoyu.batch"


class Span(NamedTuple):
    """A part of a big file that is read on its own: bytes ``start`` to ``stop``, or Parquet row groups; ``row`` rows lie before it."""

    start: int
    stop: int
    bytes: int
    row: int
    sha256: str


class Entry(NamedTuple):
    """A source file as it was when it was landed. ``error`` says why it has no bytes here: it is then one row with that error.

    ``rows`` is None where only reading tells; ``take`` is how many of them a limit leaves. ``skip`` bytes (a byte order mark,
    a CSV header) come before the first row. ``detail`` is JSON for the reader.
    """

    uri: str
    path: str
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    sha256: str = ""
    copied: bool = False
    encoding: str = ""
    skip: int = 0
    license: str | None = None
    rows: int | None = None
    take: int | None = None
    error: str | None = None
    detail: str = ""
    spans: tuple[Span, ...] = ()

    def fingerprint(self) -> tuple[int, int, int, int]:
        """What changes when a file is written to or replaced."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode


@dataclass(frozen=True)
class Reader:
    """How the rows of a batch are read. ``columns`` pairs each column of ``schema`` with its name in the source."""

    source: str
    kind: Kind
    key: tuple[str, ...]
    text: str
    max_row_bytes: int
    schema: pa.Schema
    columns: tuple[tuple[str, str], ...]
    digest: str = ""
    twice: str = ""

    def said(self) -> dict[str, Any]:
        """The parameters as JSON values, without where things lie."""
        return {
            "format": FORMAT,
            "source": self.source,
            "kind": self.kind,
            "key": list(self.key),
            "text": self.text,
            "max_row_bytes": self.max_row_bytes,
            "columns": [list(c) for c in self.columns],
            "types": [str(f.type) for f in self.schema],
        }


def batch_digest(reader: Reader, entries: Sequence[Entry]) -> str:
    """SHA-256 over how the batch is read and, by uri, each file's size, SHA-256, licence and error; where it lies does not count."""
    digest = hashlib.sha256(b"ZYB1" + json.dumps(reader.said(), sort_keys=True).encode())
    for e in sorted(entries):
        digest.update(json.dumps([e.uri, e.size, e.sha256, e.license, e.take, e.error]).encode())
    return digest.hexdigest()


_SPAN = pa.struct([("start", pa.int64()), ("stop", pa.int64()), ("bytes", pa.int64()), ("row", pa.int64()), ("sha256", pa.string())])
_SCHEMA = pa.schema(
    [
        ("uri", pa.string()),
        ("path", pa.binary()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("ctime_ns", pa.int64()),
        ("inode", pa.uint64()),
        ("sha256", pa.string()),
        ("copied", pa.bool_()),
        ("encoding", pa.string()),
        ("skip", pa.int64()),
        ("license", pa.string()),
        ("rows", pa.int64()),
        ("take", pa.int64()),
        ("error", pa.string()),
        ("detail", pa.string()),
        ("spans", pa.list_(_SPAN)),
    ]
)


def write(folder: Path, reader: Reader, entries: Sequence[Entry], copied: bool) -> Path:
    """Write the manifest ``<digest>.parquet`` in FOLDER: whole or not at all, on disk before it has its name.

    A manifest of the same digest says the same content; only the addresses may be newer. One whose files were copied
    stays as it is unless this one's are too.
    """
    to = folder / f"{reader.digest}.parquet"
    if to.exists() and not copied and _meta(to)["copied"]:
        return to
    columns: list[tuple[Any, ...]] = list(zip(*entries, strict=True)) if entries else [()] * len(_SCHEMA)
    columns[1] = tuple(os.fsencode(p) for p in columns[1])
    columns[-1] = tuple([s._asdict() for s in spans] for spans in columns[-1])
    meta = reader.said() | {"digest": reader.digest, "copied": copied, "twice": bool(reader.twice)}
    said = {_META: json.dumps(meta).encode(), b"zhuoyu.schema": reader.schema.serialize().to_pybytes()}
    arrays = [pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)]
    replace(to, pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata(said)))
    return to


def replace(to: Path, table: pa.Table) -> None:
    """Write TABLE as Parquet under a name of its own, sync it, and give it its name in one move.

    Raises:
        DataError: the disk is full or the folder cannot be written.
    """
    part = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as f:
            pq.write_table(table, f, compression="zstd")
            f.flush()
            os.fsync(f.fileno())
        part.replace(to)
        sync_folder(to.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(f"cannot write {to}: {error.strerror}", fix="free space, or make the folder writable", path=str(to)) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in FOLDER last."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(manifest: Path, folder: Path) -> tuple[Reader, list[Entry]]:
    """A manifest's reader and entries; copied files have their address under FOLDER.

    Raises:
        DataError: the manifest is missing or is not one.
    """
    try:
        table = pq.read_table(manifest)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(
            f"the batch manifest {manifest} cannot be read: {error}", fix="land the source again", path=str(manifest)
        ) from error
    meta = _meta(manifest)
    schema = pa.ipc.read_schema(pa.py_buffer(table.schema.metadata[b"zhuoyu.schema"]))
    twice = str(manifest.with_suffix(".twice.parquet")) if meta["twice"] else ""
    columns = tuple((a, b) for a, b in meta["columns"])
    reader = Reader(
        meta["source"], meta["kind"], tuple(meta["key"]), meta["text"], meta["max_row_bytes"], schema, columns, meta["digest"], twice
    )
    values = {name: table[name].to_pylist() for name in table.column_names}
    values["spans"] = [tuple(Span(**s) for s in spans) for spans in values["spans"]]
    values["path"] = [
        str(object_path(folder, sha)) if copied else os.fsdecode(path)
        for path, sha, copied in zip(values["path"], values["sha256"], values["copied"], strict=True)
    ]
    return reader, [Entry(*row) for row in zip(*(values[n] for n in Entry._fields), strict=True)]


def object_path(folder: Path, sha256: str) -> Path:
    """Where a copied file lies."""
    return folder / "objects" / sha256[:2] / sha256


def _meta(manifest: Path) -> dict[str, Any]:
    said = (pq.read_schema(manifest).metadata or {}).get(_META)
    if said is None:
        raise DataError(f"{manifest} is not a batch manifest", fix="land the source again", path=str(manifest))
    return dict(json.loads(said))
