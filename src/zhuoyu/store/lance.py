"""Tables on disk: write, read, add a column. The only importer of lance.

What is committed counts; a file that a killed writer left beside it does not. Lance compresses text by itself (version 2.2:
104 MB of source text became 26 MB at 250 MB/s, zstd Parquet 23 MB), so no column carries compression metadata.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import DataError, SpecError, did_you_mean
from zhuoyu.kernels import encode
from zhuoyu.settings import quiet_libraries

FORMAT = "2.2"
_TRIES = 20
BATCH_ROWS = 1024
"""Rows of a scanned batch unless told otherwise: documents are of any size. Asked for bytes instead, the library took 0.9 GB for 41 MB."""
_AHEAD_BYTES = 32 << 20
"""Read ahead of a scan: by default the library reads up to 2 GB."""
_OUTSIDE = (OSError, ValueError, pa.ArrowException)
_T = pa.types
Result = TypeVar("Result")


def _lance() -> Any:
    quiet_libraries()
    import lance
    import lance.commit

    return lance


def storable(dtype: pa.DataType) -> pa.DataType:
    """The type a version keeps for one: views, dictionaries and run-ends give way to the plain type with the same values.

    Raises:
        SpecError: no version can hold it (union, interval, struct without fields).

    >>> str(storable(pa.dictionary(pa.int8(), pa.string_view())))
    'large_string'
    """
    if isinstance(dtype, pa.BaseExtensionType):
        storable(dtype.storage_type)
        return dtype
    if _T.is_dictionary(dtype) or _T.is_run_end_encoded(dtype):
        return storable(dtype.value_type)
    if _T.is_string_view(dtype) or _T.is_binary_view(dtype):
        return pa.large_string() if _T.is_string_view(dtype) else pa.large_binary()
    if _T.is_map(dtype):
        return pa.map_(storable(dtype.key_type), storable(dtype.item_type))
    if _T.is_fixed_size_list(dtype):
        return pa.list_(_storable(dtype.value_field), dtype.list_size)
    if encode.is_list(dtype):
        make = pa.list_ if _T.is_list(dtype) else pa.large_list
        return make(_storable(dtype.value_field))
    if _T.is_struct(dtype) and dtype.num_fields:
        return pa.struct([_storable(dtype.field(i)) for i in range(dtype.num_fields)])
    if _T.is_struct(dtype) or _T.is_union(dtype) or _T.is_interval(dtype):
        raise SpecError(f"expected a type that a version can hold, found {dtype}", fix="convert or drop the column", type=str(dtype))
    return dtype


def _storable(field: pa.Field) -> pa.Field:
    try:
        return field.with_type(storable(field.type))
    except SpecError as error:
        raise SpecError(f"column {field.name!r}: {error.message}", fix=error.fix, column=field.name) from error


def _stored(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = [_cast(encode.plain(batch.column(f.name)), f) for f in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _cast(array: pa.Array, field: pa.Field) -> pa.Array:
    if array.type == field.type:
        return _realigned(array) if "decimal" in str(field.type) else array
    if isinstance(field.type, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(field.type, array)
    return array.cast(field.type)


def _realigned(array: pa.Array) -> pa.Array:
    """A copy where a buffer does not begin at 16 bytes: Arrow files align to 8, and lance panics on such decimals."""
    odd = any(b is not None and b.address % 16 for b in array.buffers())
    return array.take(pa.array(range(len(array)))) if odd else array


def write(path: Path | str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    """Write a new table in one commit, batch by batch, and return its rows; no batch at all gives an empty table.

    Raises:
        DataError: a table stands there already, or the disk refused.
        SpecError: a column's type cannot be stored.
    """
    return _write(path, batches, schema, "create")


def append(path: Path | str, batches: Iterable[pa.RecordBatch]) -> int:
    """Add rows to a table in one commit and return how many.

    Raises:
        DataError: there is no table, or the batches do not fit it.
    """
    return _write(path, batches, open_table(path).schema, "append")


def _write(path: Path | str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, mode: str) -> int:
    kept = pa.schema([_storable(f) for f in schema])
    source = _Kept(_stored(batches, kept))

    def act() -> None:
        with source:
            _lance().write_dataset(pa.RecordBatchReader.from_batches(kept, iter(source)), str(path), mode=mode, data_storage_version=FORMAT)

    _translated(path, act, asked=True)
    return source.rows


class _Kept:
    """Batches on their way through the library, which would turn their own error into text: it is raised again as it was."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches, self.rows = batches, 0
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                self.rows += batch.num_rows
                yield batch
        except BaseException as error:
            self._error = error
            raise

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._error is not None and not isinstance(self._error, GeneratorExit):
            raise self._error


def delete(path: Path | str, ids: Sequence[str]) -> None:
    """Mark rows as gone in one commit; their files stay as they are.

    Raises:
        DataError: there is no table, or the disk refused.
    """
    for start in range(0, len(ids), 50_000):
        _translated(path, partial(_delete, path, ids[start : start + 50_000]))


def _delete(path: Path | str, ids: Sequence[str]) -> None:
    _open(path).delete(among(ids))


def among(ids: Sequence[str]) -> str:
    """The SQL condition that names rows by id.

    >>> among(["a", "it's"])
    "_id IN ('a', 'it''s')"
    """
    quoted = ", ".join("'" + i.replace("'", "''") + "'" for i in ids)
    return f"_id IN ({quoted})"


class Table:
    """A committed table as it was when it was opened."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._dataset = _open(path)
        self.schema: pa.Schema = self._dataset.schema
        """Columns with their field metadata."""

    def count(self, where: str | None = None) -> int:
        """Rows, or rows for which WHERE (SQL) is true."""
        return _translated(self.path, lambda: int(self._dataset.count_rows(filter=where)), asked=where is not None)

    def scan(
        self, columns: Sequence[str] | None = None, where: str | None = None, batch_rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Batches in stored order; COLUMNS: all when None, and as they are named here.

        Raises:
            SpecError: an unknown column, or a WHERE that is no SQL.
            DataError: a file is missing or damaged.
        """
        names = self._known(columns)
        schema = pa.schema([self.schema.field(n) for n in names])
        scanner = self._dataset.scanner(
            columns=names,
            filter=where,
            batch_size=batch_rows,
            batch_readahead=2,
            io_buffer_size=_AHEAD_BYTES,
            fragment_readahead=1,
            scan_in_order=True,
        )
        if where is not None:
            _translated(self.path, scanner.explain_plan, asked=True)
        return (b.select(names).cast(schema) for b in _guarded(self.path, scanner.to_batches()))

    def take(self, rows: Sequence[str] | Sequence[int], columns: Sequence[str] | None = None) -> pa.Table:
        """The rows at these positions, or of these ids, in the order asked for; an id that is not there is left out."""
        names = self._known(columns)
        if not rows:
            return pa.Table.from_batches([], pa.schema([self.schema.field(n) for n in names]))
        if isinstance(rows[0], int):
            return _translated(self.path, lambda: self._dataset.take(list(rows), columns=names))
        return self._by_id([str(r) for r in rows], names)

    def _by_id(self, ids: list[str], names: list[str]) -> pa.Table:
        wanted = [*names, "_id"] if "_id" not in names else names
        pieces = [b for start in range(0, len(ids), 10_000) for b in self.scan(wanted, among(ids[start : start + 10_000]))]
        found = pa.Table.from_batches(pieces, pa.schema([self.schema.field(n) for n in wanted]))
        at = pc.index_in(pa.array(ids, found.schema.field("_id").type), value_set=found.column("_id"))
        return found.take(at.drop_null()).select(names)

    def _known(self, columns: Sequence[str] | None) -> list[str]:
        names = list(self.schema.names if columns is None else columns)
        for name in names:
            if name not in self.schema.names:
                raise SpecError(f"unknown column {name!r}", fix=did_you_mean(name, self.schema.names), column=name)
        return names


def open_table(path: Path | str) -> Table:
    """The committed table at PATH.

    Raises:
        DataError: there is none, or its manifest is damaged.
    """
    return Table(path)


def path_of(home: Path, version_id: str, table: str = "rows", *, rejected: bool = False) -> Path:
    """Where a workspace keeps a version's table.

    >>> path_of(Path("home"), "v1", "rows", rejected=True).as_posix()
    'home/versions/v1/rows.rejected.lance'
    """
    return home / "versions" / version_id / f"{table}{'.rejected' if rejected else ''}.lance"


def exists(path: Path | str) -> bool:
    """True when a table has been committed there."""
    return Path(path, "_versions").is_dir() and any(Path(path, "_versions").iterdir())


def _open(path: Path | str) -> Any:
    if not exists(path):
        raise DataError(
            f"expected a table at {Path(path).name}, found none", fix="the version was discarded or its folder was moved", path=str(path)
        )
    return _translated(path, lambda: _lance().dataset(str(path)))


def add_columns(path: Path | str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    """Add measure columns beside a table's content without rewriting a row of it; returns the table's rows.

    Batches that have ``_id`` may come in any order and must name every row once (their values are held in memory);
    batches without it come in the table's row order and are spooled. A table changed by another writer meanwhile is opened again.

    Raises:
        SpecError: a column exists already, or is no measure (field metadata ``op``).
        DataError: rows are missing, doubled or unknown.
    """
    added = pa.schema([_storable(f) for f in schema if f.name != "_id"])
    _check_new(open_table(path), added)
    with tempfile.TemporaryDirectory(dir=Path(path).parent, prefix=".columns-") as folder:
        spool = Path(folder, "columns.arrow")
        given = pa.schema([_storable(f) for f in schema])
        with pa.OSFile(str(spool), "wb") as file, pa.ipc.new_stream(file, given) as out:
            for batch in _stored(batches, given):
                out.write_batch(batch)
        for attempt in range(_TRIES):
            try:
                _translated(path, lambda: _add(path, spool, added), conflicts=True)
                break
            except _lance().commit.CommitConflictError as error:
                if attempt + 1 == _TRIES:
                    raise DataError(f"another writer changed the table {_TRIES} times in a row", fix="try again when it is done") from error
                time.sleep(0.05 * (attempt + 1))
    return open_table(path).count()


def _check_new(table: Table, added: pa.Schema) -> None:
    for f in added:
        if f.name in table.schema.names:
            raise SpecError(
                f"expected a new column, found {f.name!r} in the table already", fix="give the measure another name with as:", column=f.name
            )
        if not f.metadata or b"op" not in f.metadata:
            raise SpecError(
                f"expected a measure, found {f.name!r} without operator metadata",
                fix="content is sealed: build a new version",
                column=f.name,
            )


def _add(path: Path | str, spool: Path, added: pa.Schema) -> None:
    table = open_table(path)
    _check_new(table, added)
    with pa.memory_map(str(spool)) as file:
        reader = pa.ipc.open_stream(file)
        if "_id" in reader.schema.names:
            source: Iterator[pa.RecordBatch] = _aligned(table, reader.read_all(), added)
        else:
            source = iter(reader)
        kept = _Kept(source)
        with kept:
            _open(path).add_columns(pa.RecordBatchReader.from_batches(added, iter(kept)))


def _aligned(table: Table, given: pa.Table, added: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The given columns in the table's row order."""
    count = table.count()
    if given.num_rows != count or pc.count_distinct(given.column("_id")).as_py() != count:
        raise DataError(
            f"expected one value for each of {count} rows, found {given.num_rows} values", fix="compute the measure on the whole table"
        )
    known = given.column("_id").combine_chunks()
    values = given.select(added.names)
    for batch in table.scan(["_id"]):
        at = pc.index_in(batch.column("_id").cast(known.type), value_set=known)
        if at.null_count:
            raise DataError("expected a value for every row, found a row without one", fix="compute the measure on the whole table")
        yield from pa.Table.from_batches(values.take(at).combine_chunks().to_batches(), added).to_batches()


def disk_bytes(path: Path | str) -> int:
    """Bytes of the data files that the committed table names; what a killed writer left does not count."""
    fragments = _open(path).get_fragments()
    names = {f.path for fragment in fragments for f in fragment.data_files()}
    return sum(Path(path, "data", name).stat().st_size for name in names)


def _translated(path: Path | str, act: Callable[[], Result], *, conflicts: bool = False, asked: bool = False) -> Result:
    """ASKED: what the caller said may be at fault, not only what lies on disk."""
    try:
        return act()
    except _OUTSIDE as error:
        if conflicts and isinstance(error, _lance().commit.CommitConflictError):
            raise
        raise _ours(path, error, asked=asked) from error


def _guarded(path: Path | str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            batch = next(batches, None)
        except _OUTSIDE as error:
            raise _ours(path, error) from error
        if batch is None:
            return
        yield batch


def _ours(path: Path | str, error: Exception, *, asked: bool = False) -> DataError | SpecError:
    """The library's error in our words: the first clause, without its source positions."""
    said = str(error).split(", /", 1)[0].strip()
    name = Path(path).name
    if "already exists" in said:
        return DataError(f"expected no table at {name}, found one", fix="write to a folder of its own", path=str(path))
    if "No space left" in said:
        return DataError(
            f"the disk is full: {name} was not written", fix="free some space and run again; nothing was committed", path=str(path)
        )
    if asked and not isinstance(error, FileNotFoundError) and "IO" not in said:
        return SpecError(f"{name}: {said}", fix="compare with the table's schema", path=str(path))
    return DataError(
        f"{name} cannot be read or written: {said[:300]}", fix="restore its files from a backup, or reproduce the version", path=str(path)
    )
