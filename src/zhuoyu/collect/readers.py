"""One reader a kind of file: from proved bytes to rows, each with its place in the source."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu.collect.bytes import blocks, landed, same, whole
from zhuoyu.collect.encodings import decode
from zhuoyu.collect.formats import text_format
from zhuoyu.collect.lines import Line, split
from zhuoyu.collect.manifest import Entry, Reader, Span
from zhuoyu.collect.rows import BATCH_BYTES, BATCH_ROWS, Rows, finish

Row = tuple[str, tuple[Any, ...] | None, str | None, int]
"""Locator, values in schema order, error, bytes."""


def too_long(size: int, most: int) -> str:
    """The error of a row that is not read."""
    return f"row of {size:,} bytes is above max_row_bytes {most:,}"


def rows_of(reader: Reader, entry: Entry, span: Span | None) -> Iterator[Row]:
    """The rows of a file that is not Parquet, or of a span of it."""
    if entry.error is not None:
        yield "", None, entry.error, 0
        return
    every = {"file": _file, "bytes": _file, "lines": _lines, "jsonl": _jsonl, "csv": _csv}[reader.kind](reader, entry, span)
    if entry.take is None:
        yield from every
        return
    yield from islice(every, entry.take)
    # The rest is read without looking, so that its bytes are proved too.
    for _ in every:
        continue


def _file(reader: Reader, entry: Entry, _: Span | None) -> Iterator[Row]:
    locator = f"bytes 0-{entry.size}"
    if entry.size > reader.max_row_bytes:
        with landed(entry) as f:
            same(entry, f)
        yield locator, None, too_long(entry.size, reader.max_row_bytes), 0
        return
    raw = whole(entry)
    if reader.kind == "bytes":
        yield locator, (raw, text_format(entry.uri)), None, entry.size
        return
    text, error = decode(raw)
    yield locator, (text, text_format(entry.uri)), error, entry.size


def _split(reader: Reader, entry: Entry, span: Span | None) -> Iterator[Line]:
    first = span is None or span.start == 0
    skip, most = entry.skip if first else 0, reader.max_row_bytes
    return split(blocks(entry, span), span.start if span else 0, skip, entry.encoding, most, keep_cr=reader.kind == "csv")


def _text(line: Line, reader: Reader, encoding: str) -> tuple[str | None, str | None]:
    if line.raw is None:
        return None, too_long(line.end - line.start, reader.max_row_bytes)
    return decode(line.raw, encoding)


def _lines(reader: Reader, entry: Entry, span: Span | None) -> Iterator[Row]:
    named = text_format(entry.uri)
    for line in _split(reader, entry, span):
        text, error = _text(line, reader, entry.encoding)
        yield f"bytes {line.start}-{line.end}", (text, named), error, line.end - line.start


def _jsonl(reader: Reader, entry: Entry, span: Span | None) -> Iterator[Row]:
    names = tuple(source for _, source in reader.columns)
    known = frozenset(names)
    for line in _split(reader, entry, span):
        locator, size = f"bytes {line.start}-{line.end}", line.end - line.start
        text, error = _text(line, reader, entry.encoding)
        value: Any = None
        if text is not None:
            value, error = parse(text)
        if not isinstance(value, dict):
            yield locator, None, error or f"expected a JSON object, found {type(value).__name__}", min(size, BATCH_BYTES)
            continue
        if not value.keys() <= known:
            new = next(k for k in value if k not in known)
            error = f"column {new!r} was not in the rows the schema was taken from"
        yield locator, tuple(map(value.get, names)), error, size


def parse(text: str) -> tuple[Any, str | None]:
    """A JSON value, or why the line has none."""
    if not text.strip():
        return None, "blank line"
    try:
        return json.loads(text), None
    except json.JSONDecodeError as error:
        return None, f"not JSON: {error.msg} at character {error.pos}"
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"


class CsvRows:
    """CSV records over lines (which keep their CR), each with the bytes it came from; a bad one is an error and the next one goes on.

    A quoted cell may hold line ends. A quote that is never closed takes all that follows with it, up to MOST bytes of it.
    """

    def __init__(self, lines: Iterator[Line], encoding: str, delimiter: str, most: int) -> None:
        csv.field_size_limit(2**31 - 1)
        self._lines, self._encoding, self._most = lines, encoding, most
        self._cr = "\r".encode(encoding)
        self._reader = csv.reader(self._feed(), delimiter=delimiter, strict=True)
        self._start = self._end = -1
        self._held = 0
        self._bad: str | None = None

    def _feed(self) -> Iterator[str]:
        while True:
            line = next(self._lines, None)
            if line is None:
                return
            self._start = line.start if self._start < 0 else self._start
            # Within quotes a CR is content; at the end of the record it is part of the line end.
            self._end = line.end - (len(self._cr) if line.raw and line.raw.endswith(self._cr) else 0)
            size = line.end - line.start
            text, why = (None, too_long(size, self._most)) if line.raw is None else decode(line.raw, self._encoding)
            self._held += size
            if text is None:
                self._bad = why
            elif self._held > self._most:
                self._bad = too_long(self._held, self._most) + ", a quote may be open"
            # Text after a closing quote: the parser ends the record with an error, within a quoted cell and outside one.
            yield '"x"x\n' if self._bad else f"{text}\n"

    def __iter__(self) -> Iterator[tuple[int, int, list[str] | None, str | None]]:
        while True:
            self._start, self._held, self._bad = -1, 0, None
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                yield self._start, self._end, None, self._bad or f"not CSV: {error}"
                continue
            if cells is None:
                return
            if self._bad:
                yield self._start, self._end, None, self._bad
                continue
            yield self._start, self._end, cells, None


def _csv(reader: Reader, entry: Entry, span: Span | None) -> Iterator[Row]:
    detail = json.loads(entry.detail)
    names = detail["names"]
    at = [names.index(source) if source in names else -1 for _, source in reader.columns]
    every = CsvRows(_split(reader, entry, span), entry.encoding, detail["delimiter"], reader.max_row_bytes)
    for start, end, cells, error in every:
        locator = f"bytes {start}-{end}"
        if cells is not None and not cells:
            error = "blank line" if len(names) > 1 else None
            cells = [""]
        if cells is not None and error is None and len(cells) != len(names):
            error = f"expected {len(names)} cells, found {len(cells)}"
        values = None if cells is None or error else tuple(cells[i] if i >= 0 else None for i in at)
        yield locator, values, error, min(end - start, BATCH_BYTES)


def pour(rows: Rows, entry: Entry, span: Span | None) -> Iterator[pa.RecordBatch]:
    """Pour a file's rows into ROWS; a batch whenever one is due."""
    for locator, values, error, size in rows_of(rows.reader, entry, span):
        if rows.add(entry, locator, values, error, size):
            yield rows.take()


def parquet(reader: Reader, entry: Entry, span: Span | None) -> Iterator[pa.RecordBatch]:
    """The rows of Parquet row groups, in batches of bounded bytes; the user's columns come as the batch's schema has them."""
    if entry.error is not None:
        rows = Rows(reader)
        rows.add(entry, "", None, entry.error, 0)
        yield rows.take()
        return
    left = entry.take
    with landed(entry) as f:
        same(entry, f)
        file = pq.ParquetFile(f)
        groups = range(span.start, span.stop) if span else range(file.num_row_groups)
        row = span.row if span else 0
        for group in groups:
            facts = file.metadata.row_group(group)
            for batch in _group(reader, entry, file, group, row):
                if left is not None:
                    batch, left = batch.slice(0, left), left - min(left, batch.num_rows)
                yield batch
                if left == 0:
                    break
            row += facts.num_rows
            if left == 0:
                break
        same(entry, f)


def _group(reader: Reader, entry: Entry, file: pq.ParquetFile, group: int, row: int) -> Iterator[pa.RecordBatch]:
    facts = file.metadata.row_group(group)
    each = max(1, facts.total_byte_size // max(1, facts.num_rows))
    size = max(1, min(BATCH_ROWS, BATCH_BYTES // each))
    done = 0
    try:
        for batch in file.iter_batches(size, [group]):
            yield _fitted(reader, entry, batch, row + done)
            done += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        # What is left of a broken group is as many rows with an error: rows never vanish.
        rows = Rows(reader)
        for at in range(row + done, row + facts.num_rows):
            if rows.add(entry, f"row {at}", None, f"row group {group} cannot be read: {error}", 100):
                yield rows.take()
        if rows.errors:
            yield rows.take()


def _fitted(reader: Reader, entry: Entry, batch: pa.RecordBatch, row: int) -> pa.RecordBatch:
    n = batch.num_rows
    errors: list[str | None] = [None] * n
    if batch.nbytes > reader.max_row_bytes:
        sizes = [batch.slice(i, 1).nbytes for i in range(n)]
        errors = [too_long(s, reader.max_row_bytes) if s > reader.max_row_bytes else None for s in sizes]
    arrays = []
    for field, (_, source) in zip(reader.schema, reader.columns, strict=True):
        at = batch.schema.get_field_index(source)
        if at < 0:
            arrays.append(pa.nulls(n, field.type))
            continue
        array = batch.column(at)
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:
            array = _checked(array, field.name, errors)
        array = array.cast(field.type) if array.type != field.type else array
        arrays.append(array)
    if any(errors):
        keep = pa.array([i if e is None else None for i, e in enumerate(errors)], pa.int64())
        arrays = [a.take(keep) for a in arrays]
    return finish(reader, [entry] * n, [f"row {row + i}" for i in range(n)], arrays, errors)


def _checked(array: pa.Array, name: str, errors: list[str | None]) -> pa.Array:
    """Text whose bytes are not UTF-8 becomes null, with an error on its row; other broken columns cost all rows of the batch."""
    large = pa.types.is_large_string(array.type)
    if not (large or pa.types.is_string(array.type)):
        errors[:] = [e or f"column {name!r} is broken" for e in errors]
        return pa.nulls(len(array), array.type)
    raw = array.view(pa.large_binary() if large else pa.binary()).to_pylist()
    out: list[str | None] = []
    for i, value in enumerate(raw):
        try:
            out.append(None if value is None else value.decode())
        except UnicodeDecodeError as error:
            errors[i] = errors[i] or f"column {name!r}: undecodable: not UTF-8 at byte {error.start}"
            out.append(None)
    return pa.array(out, array.type)
