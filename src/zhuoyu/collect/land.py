"""Land a source: find its files, fingerprint them, take their columns, and write down what they were."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as with_
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.collect import infer, manifest
from zhuoyu.collect.batch import Batch, read_many
from zhuoyu.collect.formats import kind_of
from zhuoyu.collect.licences import license_of
from zhuoyu.collect.manifest import Entry, Kind, Reader
from zhuoyu.collect.readers import rows_of
from zhuoyu.collect.request import FROM_METADATA, Landed, Request
from zhuoyu.collect.scan import Progress, scan
from zhuoyu.collect.uris import expand
from zhuoyu.collect.walk import Found
from zhuoyu.errors import SpecError, did_you_mean

_CHUNK = 128


def land(request: Request, folder: Path, progress: Progress | None = None) -> Landed:
    """Land REQUEST as an immutable batch whose manifest (and copies, with ``land: copy``) lie under FOLDER.

    PROGRESS is told (files done, files in all). The same files land as the same digest, wherever and whenever; what
    cannot be read becomes a row with an error, what is passed over is counted by reason.

    Raises:
        SpecError: a uri that cannot be read, a key that is not a column, files of several kinds.
        DataError: nothing is there, or a file changes all the time.
        MissingExtra: the package of a ``package://`` is not installed.
    """
    found, skipped = expand(request)
    kind = kind_of([f.uri for f in found], request.name) if request.read_as == "auto" else request.read_as
    entries = _licensed(request, _scanned(request, found, kind, folder, progress))
    empty = [e for e in entries if e.error is None and e.rows == 0]
    if empty:
        skipped["empty file"] += len(empty)
    schema, columns = infer.columns_of(kind, [e for e in entries if e.rows != 0], request.text)
    reader = Reader(request.name, kind, _key(request, columns), request.text, request.max_row_bytes, schema, columns)
    if request.limit is not None:
        entries = _limited(reader, entries, request.limit)
    return _written(request, folder, reader, entries, skipped)


def _written(request: Request, folder: Path, reader: Reader, entries: list[Entry], skipped: Counter[str]) -> Landed:
    reader = with_(reader, digest=manifest.batch_digest(reader, entries))
    copied = request.land == "copy"
    if reader.key:
        reader = _with_keys_taken(reader, entries, folder)
    if copied:
        # One sync for all the copies: one each would take minutes for 100,000 tiny files.
        os.sync()
    at = manifest.write(folder, reader, entries, copied)
    rows = [e.rows if e.take is None else e.take for e in entries]
    return Landed(
        digest=reader.digest,
        manifest=at,
        rows=None if None in rows else sum(r or 0 for r in rows),
        files=len(entries),
        bytes=sum(e.size for e in entries),
        schema=reader.schema,
        licenses=dict(sorted(Counter(e.license or "unknown" for e in entries).items())),
        skipped=dict(sorted(skipped.items())),
        id_from="key" if reader.key else "locator",
    )


def _scanned(request: Request, found: Sequence[Found], kind: Kind, folder: Path, progress: Progress | None) -> list[Entry]:
    objects = folder / "objects" if request.land == "copy" else None

    def some(chunk: Sequence[Found]) -> list[Entry]:
        return [_counted(scan(f, kind, objects, request.max_row_bytes)) for f in chunk]

    if request.limit is not None:
        return _first(found, some, request.limit, progress)
    out: list[Entry] = []
    size = max(1, min(_CHUNK, len(found) // 16))
    # Two threads a core at most: big files hash outside the interpreter's lock, tiny ones would only wait for it.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for done in pool.map(some, [found[i : i + size] for i in range(0, len(found), size)]):
            out += done
            if progress is not None:
                progress(len(out), len(found))
    return out


def _counted(entry: Entry) -> Entry:
    return entry._replace(rows=1) if entry.error is not None else entry


def _first(found: Sequence[Found], some: Callable[[Sequence[Found]], list[Entry]], limit: int, progress: Progress | None) -> list[Entry]:
    """Files in order until their rows are enough; where rows are not known yet, one more file is."""
    out: list[Entry] = []
    rows = 0
    for f in found:
        out += some([f])
        rows += out[-1].rows if out[-1].rows is not None else 1
        if progress is not None:
            progress(len(out), len(found))
        if rows >= limit:
            break
    return out


def _limited(reader: Reader, entries: list[Entry], limit: int) -> list[Entry]:
    """The first LIMIT rows: each entry with how many of its rows are taken."""
    out, left = [], limit
    for e in entries:
        if left <= 0:
            break
        rows = e.rows if e.rows is not None else _rows_up_to(reader, e, left)
        out.append(e._replace(take=left) if rows > left else e)
        left -= rows
    return out


def _rows_up_to(reader: Reader, entry: Entry, enough: int) -> int:
    count = 0
    for _ in rows_of(reader, entry, None):
        count += 1
        if count > enough:
            break
    return count


def _licensed(request: Request, entries: list[Entry]) -> list[Entry]:
    said = request.license
    if said is None:
        return entries
    if said != FROM_METADATA:
        return [e._replace(license=said) for e in entries]
    return [e._replace(license=license_of(e.path)) for e in entries]


def _key(request: Request, columns: infer.Columns) -> tuple[str, ...]:
    by_source = {source: name for name, source in columns}
    names = [name for name, _ in columns]
    out = []
    for key in request.key:
        name = key if key in names else by_source.get(key)
        if name is None:
            raise SpecError(f"key {key!r} is not a column of source {request.name!r}", fix=did_you_mean(key, names), column=key)
        out.append(name)
    return tuple(out)


def _with_keys_taken(reader: Reader, entries: list[Entry], folder: Path) -> Reader:
    """Find the rows whose key an earlier row has, and write down where they lie; 16 bytes a row are kept for it."""
    ids: list[np.ndarray] = []
    places: list[pa.Table] = []
    for batch in _key_batches(reader, entries, folder):
        good = batch.filter(pc.is_null(batch["_error"]))
        ids.append(np.frombuffer(bytes.fromhex("".join(good["_id"].to_pylist())), "S16"))
        origin = good["_origin"]
        places.append(pa.table({"uri": origin.field("uri").dictionary_encode(), "locator": origin.field("locator")}))
    if not ids:
        return reader
    every = np.concatenate(ids)
    first = np.zeros(len(every), dtype=bool)
    first[np.unique(every, return_index=True)[1]] = True
    if first.all():
        return reader
    to = folder / f"{reader.digest}.twice.parquet"
    table = pa.concat_tables([p.unify_dictionaries() for p in places], promote_options="permissive")
    manifest.replace(to, table.filter(pa.array(~first)).cast(pa.schema([("uri", pa.string()), ("locator", pa.string())])))
    return with_(reader, twice=str(to))


def _key_batches(reader: Reader, entries: list[Entry], folder: Path) -> Iterator[pa.RecordBatch]:
    for group in Batch(reader, tuple(entries), folder).tasks(1 << 62):
        yield from read_many(group)
