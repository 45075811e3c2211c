"""Rows on their way into a record batch: system columns, the user's own, and the error of those that could not be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.collect.cells import cell_array
from zhuoyu.collect.manifest import Entry, Reader
from zhuoyu.collect.shapes import json_array
from zhuoyu.record import ORIGIN, SYSTEM, row_id

ERROR = pa.field("_error", pa.string())
BATCH_BYTES, BATCH_ROWS = 8_000_000, 8_192


def full_schema(user: pa.Schema) -> pa.Schema:
    """System columns, the user's, ``_error``."""
    return pa.schema([*SYSTEM, *user, ERROR])


class Rows:
    """Gathers rows of one reader, from any number of files, until there is a batch of them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._clear()

    def _clear(self) -> None:
        self.entries: list[Entry] = []
        self.locators: list[str] = []
        self.values: list[Sequence[Any]] = []
        self.errors: list[str | None] = []
        self.bytes = 0

    def add(self, entry: Entry, locator: str, values: Sequence[Any] | None, error: str | None, size: int) -> bool:
        """Take a row (VALUES in the order of the schema; None: nothing could be read); True when a batch is due."""
        self.entries.append(entry)
        self.locators.append(locator)
        self.values.append(values if values is not None else (None,) * len(self.reader.schema))
        self.errors.append(error)
        self.bytes += size
        return self.bytes >= BATCH_BYTES or len(self.errors) >= BATCH_ROWS

    def take(self) -> pa.RecordBatch:
        """What was gathered, as one batch."""
        columns, errors = self._columns(), list(self.errors)
        arrays = []
        for field, values in zip(self.reader.schema, columns, strict=True):
            array, bad = self._array(values, field.type)
            for i, why in bad.items():
                errors[i] = errors[i] or f"column {field.name!r}: {why}"
            arrays.append(array)
        batch = finish(self.reader, self.entries, self.locators, arrays, errors)
        self._clear()
        return batch

    def _columns(self) -> list[Sequence[Any]]:
        return list(zip(*self.values, strict=True)) if self.values else [() for _ in self.reader.schema]

    def _array(self, values: Sequence[Any], dtype: pa.DataType) -> tuple[pa.Array, dict[int, str]]:
        if self.reader.kind == "csv":
            return cell_array(values, dtype)
        if self.reader.kind == "jsonl":
            return json_array(values, dtype)
        return pa.array(values, dtype), {}


def finish(
    reader: Reader, entries: Sequence[Entry], locators: Sequence[str], arrays: list[pa.Array], errors: list[str | None]
) -> pa.RecordBatch:
    """A batch of user columns with the system's around them; names the rows."""
    n = len(locators)
    ids = _ids(reader, entries, locators, arrays, errors)
    uris = [e.uri for e in entries]
    origin = [pa.array([reader.source] * n, pa.string()), pa.array(uris, pa.string()), pa.array(locators, pa.string())]
    system = {
        "_id": pa.array(ids, pa.string()),
        "_origin": pa.StructArray.from_arrays(origin, fields=list(ORIGIN)),
        "_batch": pa.array([reader.digest] * n, pa.string()),
        "_license": pa.array([e.license for e in entries], pa.string()),
    }
    columns = [system[f.name] if f.name in system else pa.nulls(n, f.type) for f in SYSTEM]
    return pa.RecordBatch.from_arrays([*columns, *arrays, pa.array(errors, pa.string())], schema=full_schema(reader.schema))


def _ids(reader: Reader, entries: Sequence[Entry], locators: Sequence[str], arrays: list[pa.Array], errors: list[str | None]) -> list[str]:
    """A row's name by its key, else by where it lies; a row whose key is missing or taken is named by where it lies."""
    placed = zip(entries, locators, strict=True)
    if not reader.key:
        return [row_id(reader.source, e.uri, at) for e, at in placed]
    keys = list(zip(*(arrays[reader.schema.get_field_index(k)].to_pylist() for k in reader.key), strict=True))
    twice = taken(reader.twice) if reader.twice else {}
    out = []
    for i, (entry, at) in enumerate(placed):
        key = keys[i]
        if errors[i] is None and any(k is None for k in key):
            errors[i] = f"key {reader.key[key.index(None)]!r} is null"
        if errors[i] is None and at in twice.get(entry.uri, ()):
            errors[i] = f"key {', '.join(f'{n} = {v!r:.80}' for n, v in zip(reader.key, key, strict=True))} appears twice"
        out.append(row_id(reader.source, entry.uri, at) if errors[i] else row_id(reader.source, *map(_key_part, key)))
    return out


def _key_part(value: Any) -> str | bytes | int:
    if isinstance(value, str | bytes | int):
        return value
    return json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)


@lru_cache(maxsize=8)
def taken(path: str) -> dict[str, frozenset[str]]:
    """Where rows lie whose key an earlier row has, by uri."""
    table = pq.read_table(path)
    out: dict[str, set[str]] = {}
    for uri, locator in zip(table["uri"].to_pylist(), table["locator"].to_pylist(), strict=True):
        out.setdefault(uri, set()).add(locator)
    return {uri: frozenset(some) for uri, some in out.items()}
