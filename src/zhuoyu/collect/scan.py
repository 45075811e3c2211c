"""One pass over a file when it is landed: fingerprint, SHA-256, line counts, where it may be cut, and a copy when asked."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.collect.bytes import BLOCK, UnreadableError, mark, opened
from zhuoyu.collect.encodings import UTF8, guess
from zhuoyu.collect.lines import split
from zhuoyu.collect.manifest import Entry, Kind, Span, object_path
from zhuoyu.collect.readers import CsvRows
from zhuoyu.collect.walk import Found
from zhuoyu.errors import DataError

SPAN_BYTES = 64_000_000
HEAD = 4_000_000
_DELIMITERS = ",\t;|"


def scan(found: Found, kind: Kind, objects: Path | None, max_row_bytes: int) -> Entry:
    """The entry of one file. A file that cannot be read is an entry with an error, never an exception.

    Raises:
        DataError: somebody writes to it all the time, or the copy cannot be written.
    """
    for _ in range(2):
        try:
            with opened(found.path) as f:
                before = mark(f)
                entry = _pass(found, kind, f, objects, max_row_bytes)
                if mark(f) == before and entry.size in (before.size, -1):
                    return entry._replace(
                        size=before.size, mtime_ns=before.mtime_ns, ctime_ns=before.ctime_ns, inode=before.inode, copied=objects is not None
                    )
                if mark(f) == before:
                    # What the kernel makes up as it is read (/proc) has no size to hold it to.
                    return Entry(found.uri, found.path, error=f"unreadable: {before.size:,} bytes by its size, {entry.size:,} when read")
        except UnreadableError as error:
            return Entry(found.uri, found.path, error=str(error))
        except OSError as error:
            return Entry(found.uri, found.path, error=f"unreadable: {error.strerror}")
    raise DataError(
        f"{found.uri} changes while it is being landed",
        fix="stop who writes to it, or leave it out with exclude:",
        uri=found.uri,
        path=found.path,
    )


def _pass(found: Found, kind: Kind, f: io.FileIO, objects: Path | None, most: int) -> Entry:
    if kind in ("file", "bytes"):
        digest, size = _hashed(f, objects)
        return Entry(found.uri, found.path, size=size, sha256=digest, rows=1)
    if kind == "parquet":
        digest, size = _hashed(f, objects)
        return _parquet(Entry(found.uri, found.path, size=size, sha256=digest), f)
    head = f.read(HEAD) or b""
    f.seek(0)
    encoding, skip = guess(head)
    entry = Entry(found.uri, found.path, encoding=encoding, skip=skip, rows=0)
    spans: list[Span] = []
    facts = {"lines": 0, "quotes": 0}
    with _copy(objects) as keep:
        digest, size = _cut(f, keep, spans, facts)
        keep.name_it(digest)
    entry = entry._replace(size=size, sha256=digest)
    simple = encoding == UTF8
    if kind == "csv":
        entry, rows = _header(entry, head, most), None
        simple = simple and not facts["quotes"]
    else:
        rows = facts["lines"] if simple or size == 0 else _counted(f, entry)
    rows = 0 if size <= skip else rows
    return entry._replace(rows=rows, spans=tuple(spans) if simple and len(spans) > 1 else ())


def _counted(f: io.FileIO, entry: Entry) -> int:
    f.seek(0)
    return sum(1 for _ in split(iter(lambda: f.read(BLOCK) or b"", b""), 0, entry.skip, entry.encoding, 0))


class _Keep:
    """Writes a copy of what is read under a name of its own until its digest is known; without a folder it does nothing."""

    def __init__(self, objects: Path | None) -> None:
        self._objects = objects
        self._file: BinaryIO | None = None
        if objects is not None:
            objects.mkdir(parents=True, exist_ok=True)
            self._part = objects / f".part-{uuid.uuid4().hex}"
            self._file = self._part.open("wb")

    def write(self, block: bytes) -> None:
        if self._file is not None:
            self._file.write(block)

    def name_it(self, digest: str) -> None:
        if self._file is None or self._objects is None:
            return
        self._file.close()
        to = object_path(self._objects.parent, digest)
        to.parent.mkdir(exist_ok=True)
        self._part.replace(to)

    def drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)


@contextlib.contextmanager
def _copy(objects: Path | None) -> Iterator[_Keep]:
    """A copy in the making; a full disk is the workspace's fault, not the source's.

    Raises:
        DataError: it cannot be written.
    """
    keep = None
    try:
        keep = _Keep(objects)
        yield keep
    except OSError as error:
        if objects is None or error.errno not in _DISK:
            raise
        raise DataError(f"cannot copy into {objects}: {error.strerror}", fix="free space, or write land: reference") from error
    finally:
        if keep is not None:
            keep.drop()


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


def _hashed(f: io.FileIO, objects: Path | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with _copy(objects) as keep:
        while block := f.read(BLOCK):
            digest.update(block)
            size += len(block)
            keep.write(block)
        name = digest.hexdigest()
        keep.name_it(name)
    return name, size


def _cut(f: io.FileIO, keep: _Keep, spans: list[Span], facts: dict[str, int]) -> tuple[str, int]:
    """Hash the file as a whole and in spans that end at a line end, each about SPAN_BYTES; count lines and quotes."""
    all_of_it, part = hashlib.sha256(), hashlib.sha256()
    size, start, row, ends = 0, 0, 0, True
    while block := f.read(BLOCK):
        all_of_it.update(block)
        keep.write(block)
        facts["quotes"] += block.count(b'"')
        cut = block.find(b"\n") + 1 if size - start >= SPAN_BYTES else 0
        if cut:
            part.update(block[:cut])
            stop = size + cut
            spans.append(Span(start, stop, stop - start, row, part.hexdigest()))
            facts["lines"] += block.count(b"\n", 0, cut)
            start, row, part = stop, facts["lines"], hashlib.sha256()
        part.update(block[cut:] if cut else block)
        facts["lines"] += block.count(b"\n", cut)
        size += len(block)
        ends = block.endswith(b"\n")
    facts["lines"] += not ends
    if size > start:
        spans.append(Span(start, size, size - start, row, part.hexdigest()))
    return all_of_it.hexdigest(), size


def head_lines(raw: bytes, entry: Entry, whole: bool) -> bytes:
    """The complete lines at the beginning of a file, without its byte order mark."""
    end = len(raw) if whole else raw.rfind("\n".encode(entry.encoding)) + len("\n".encode(entry.encoding))
    return raw[entry.skip : end]


def _header(entry: Entry, head: bytes, most: int) -> Entry:
    """The names and the delimiter of a CSV file, and where its first row begins."""
    if entry.size <= entry.skip:
        return entry._replace(detail=json.dumps({"names": [], "delimiter": ","}))
    first = next(split([head], 0, entry.skip, entry.encoding, most))
    line = (first.raw or b"").decode(entry.encoding, "replace")
    delimiter = "\t" if entry.uri.lower().endswith(".tsv") else max(_DELIMITERS, key=line.count)
    record = next(iter(CsvRows(split([head], 0, entry.skip, entry.encoding, most, keep_cr=True), entry.encoding, delimiter, most)), None)
    if record is None or record[2] is None:
        why = record[3] if record else "it is empty"
        return entry._replace(error=f"the header cannot be read: {why}", rows=1)
    names = [c.strip() or f"column_{i}" for i, c in enumerate(record[2], 1)]
    rest = head[record[1] :]
    ends = [e.encode(entry.encoding) for e in ("\r\n", "\n")]
    skip = record[1] + next((len(e) for e in ends if rest.startswith(e)), 0)
    return entry._replace(skip=skip, detail=json.dumps({"names": names, "delimiter": delimiter}))


def _parquet(entry: Entry, f: io.FileIO) -> Entry:
    f.seek(0)
    try:
        facts = pq.ParquetFile(f).metadata
    except (pa.ArrowException, OSError) as error:
        return entry._replace(rows=1, error=f"not Parquet: {str(error).splitlines()[0]}")
    spans, start, row, held = [], 0, 0, 0
    for group in range(facts.num_row_groups):
        held += facts.row_group(group).total_byte_size
        if held >= SPAN_BYTES or group == facts.num_row_groups - 1:
            spans.append(Span(start, group + 1, held, row, ""))
            row += sum(facts.row_group(g).num_rows for g in range(start, group + 1))
            start, held = group + 1, 0
    return entry._replace(rows=facts.num_rows, spans=tuple(spans) if len(spans) > 1 else ())


Progress = Callable[[int, int], None]
