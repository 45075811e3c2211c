"""The columns of a batch, taken from what its files hold when they are landed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.collect.bytes import UnreadableError, opened
from zhuoyu.collect.cells import cell_type, wider
from zhuoyu.collect.encodings import decode
from zhuoyu.collect.lines import split
from zhuoyu.collect.manifest import Entry, Kind
from zhuoyu.collect.readers import CsvRows, parse
from zhuoyu.collect.scan import head_lines
from zhuoyu.collect.shapes import Shape, is_name
from zhuoyu.errors import DataError

SAMPLE_BYTES, LEAST_BYTES = 16_000_000, 65_536
"""A batch up to the first is looked at whole; of a larger one each file's beginning, at least the second."""

Columns = tuple[tuple[str, str], ...]


def columns_of(kind: Kind, entries: Sequence[Entry], text: str) -> tuple[pa.Schema, Columns]:
    """The user's columns and the name each has in the source; text columns are large_string.

    A name that begins with ``_`` is the system's: the column is read as ``source`` + its name.

    Raises:
        DataError: files do not agree on a column's type, or two columns have one name.
    """
    readable = [e for e in entries if e.error is None]
    if kind in ("file", "lines"):
        fields = [pa.field(text, pa.large_string()), pa.field("format", pa.large_string())]
    elif kind == "bytes":
        fields = [pa.field("content", pa.large_binary()), pa.field("format", pa.large_string())]
    else:
        fields = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[kind](readable)
    named = [(f"source{f.name}" if f.name.startswith("_") else f.name, f) for f in fields]
    names = [n for n, _ in named]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"column {twice[0]!r} is there twice", fix="give every column a name of its own", column=twice[0])
    return pa.schema([pa.field(n, f.type) for n, f in named]), tuple((n, f.name) for n, f in named)


def _heads(entries: Sequence[Entry]) -> Iterator[tuple[Entry, bytes]]:
    left = SAMPLE_BYTES
    share = max(LEAST_BYTES, SAMPLE_BYTES // max(1, len(entries)))
    everything = sum(e.size for e in entries) <= SAMPLE_BYTES
    for entry in entries:
        if left <= 0:
            return
        want = entry.size if everything else min(entry.size, share)
        try:
            with opened(entry.path) as f:
                raw = f.read(want) or b""
        except UnreadableError:
            continue
        left -= len(raw)
        yield entry, head_lines(raw, entry, len(raw) == entry.size)


def _jsonl(entries: Sequence[Entry]) -> list[pa.Field]:
    columns: dict[str, Shape] = {}
    for entry, head in _heads(entries):
        for line in split([head], 0, 0, entry.encoding, SAMPLE_BYTES):
            text, _ = decode(line.raw or b"", entry.encoding)
            value = parse(text)[0] if text else None
            for name, inner in value.items() if isinstance(value, dict) else ():
                if is_name(name):
                    columns.setdefault(name, Shape()).see(inner)
    return [pa.field(name, shape.type()) for name, shape in columns.items()]


def _csv(entries: Sequence[Entry]) -> list[pa.Field]:
    types: dict[str, pa.DataType] = {}
    silent: dict[str, bool] = {}
    for name in chain.from_iterable(json.loads(e.detail)["names"] for e in entries):
        silent.setdefault(name, True)
    for entry, head in _heads(entries):
        detail = json.loads(entry.detail)
        names = detail["names"]
        if len(set(names)) != len(names):
            raise DataError(
                f"{entry.uri} names a column twice: {', '.join(names)}", fix="give every column a name of its own", uri=entry.uri
            )
        lines = split([head], 0, 0, entry.encoding, SAMPLE_BYTES, keep_cr=True)
        cells = [c for _, _, c, _ in CsvRows(lines, entry.encoding, detail["delimiter"], SAMPLE_BYTES) if c and len(c) == len(names)]
        for name, values in zip(names, zip(*cells, strict=True), strict=True) if cells else ():
            if any(values):
                found = cell_type(values)
                types[name] = found if silent[name] else wider(types[name], found)
                silent[name] = False
    return [pa.field(name, types.get(name, pa.large_string())) for name in silent]


def _parquet(entries: Sequence[Entry]) -> list[pa.Field]:
    fields: dict[str, pa.Field] = {}
    came: dict[str, str] = {}
    for entry in entries:
        for f in _parquet_schema(entry):
            known = fields.get(f.name)
            if known is None or pa.types.is_null(known.type):
                fields[f.name], came[f.name] = f, entry.uri
            elif f.type != known.type and not pa.types.is_null(f.type):
                raise DataError(
                    f"column {f.name!r} is {known.type} in {came[f.name]} and {f.type} in {entry.uri}",
                    fix="cast it in one of them, or make two sources of them",
                    column=f.name,
                )
    return [pa.field(f.name, pa.large_string()) if pa.types.is_null(f.type) else f for f in fields.values()]


def _parquet_schema(entry: Entry) -> list[pa.Field]:
    with opened(entry.path) as f:
        schema = pq.read_schema(f)
    return [pa.field(f.name, _plain(f.type)) for f in schema]


def _plain(dtype: pa.DataType) -> pa.DataType:
    """Text in any of its forms as large_string; the rest as it is."""
    inner = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    if pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner):
        return pa.large_string()
    return inner
