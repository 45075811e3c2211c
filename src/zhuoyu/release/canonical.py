"""Canonical interchange: one JSON line a record after TC609-5-2025-02 (《高质量数据集 格式要求》), and back.

Ours to canonical says what the format has a word for and keeps the rest under ``x_zhuoyu``: with the table's schema every
row comes back exactly. Canonical to ours keeps what has no column in a template (column ``canonical``), so that a foreign
record comes back exactly too, unless its content was changed meanwhile.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zhuoyu.errors import DataError
from zhuoyu.kernels import encode
from zhuoyu.record import SYSTEM, content_columns
from zhuoyu.release.values import from_json, to_json

Json = dict[str, Any]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

REQUIRED = (
    "id",
    "data_content",
    "original_time",
    "last_modified_time",
    "version",
    "license",
    "source",
    "source_details",
    "generated_data_indicator",
)
"""What may not be null in a canonical record; ``rid`` and ``annotation`` may."""

FOREIGN = pa.schema([*SYSTEM, ("text", pa.large_string()), ("labels", pa.list_(pa.string())), ("canonical", pa.large_string())])
"""The columns of rows read from canonical records that another tool wrote."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the records of one version share."""

    version: str
    """``dataset@number``."""
    modified: str
    """ISO 8601: when the version was sealed; also the original time of a row that has none of its own."""


def to_canonical(batch: pa.RecordBatch, shared: Labelled) -> Iterator[Json]:
    """One record a row of content columns; measures and leaves are left out.

    Raises:
        DataError: a row's ``canonical`` template is not what ``canonical_to_rows`` wrote.
    """
    names = content_columns(batch.schema)
    columns = {name: to_json(batch.column(name)) for name in names}
    shown = [n for n in names if not n.startswith("_") and n not in ("canonical", "labels") and _media(batch.schema.field(n).type)]
    foreign = "canonical" in columns and "text" in columns
    for i in range(batch.num_rows):
        row = {name: values[i] for name, values in columns.items()}
        yield _refilled(row, shared) if foreign and row["canonical"] is not None else _record(row, shown, batch.schema, shared)


def _media(dtype: pa.DataType) -> str:
    return "text/plain" if encode.is_text(dtype) else "application/octet-stream" if encode.is_bytes(dtype) else ""


def _record(row: Json, shown: list[str], schema: pa.Schema, shared: Labelled) -> Json:
    origin = row.get("_origin") or {}
    content = [{"media_type": _media(schema.field(n).type), "content": row[n]} for n in shown if row[n] is not None]
    labels = row.get("labels") if isinstance(row.get("labels"), list) else [row["label"]] if row.get("label") is not None else None
    rest = {n: v for n, v in row.items() if n not in ("_id", "_parents", "_license") and (n not in shown or v is None)}
    return {
        "id": row["_id"],
        "rid": row.get("_parents"),
        "data_content": content,
        "annotation": {"label": labels, "annotation_method": None, "annotator": None} if labels else None,
        "original_time": row.get("_time") or shared.modified,
        "last_modified_time": shared.modified,
        "version": shared.version,
        "license": row.get("_license") or "unknown",
        "source": origin.get("source") or "unknown",
        "source_details": origin.get("uri") or "unknown",
        "generated_data_indicator": int(row.get("_synthetic") is not None),
        "x_zhuoyu": {"columns": [n for n in shown if row[n] is not None], "license": row.get("_license"), "rest": rest},
    }


def read_ours(lines: Iterable[str], schema: pa.Schema, batch_rows: int = 8192) -> Iterator[pa.RecordBatch]:
    """The rows that ``to_canonical`` wrote, in the columns of their table's SCHEMA.

    Raises:
        DataError: a line is no JSON, or no record of ours.
    """
    names = content_columns(schema)
    for records in _pieces(lines, batch_rows):
        rows = [_restored(r, at) for at, r in records]
        arrays = [from_json([r.get(n) for r in rows], schema.field(n).type) for n in names]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema([schema.field(n) for n in names]))


def _restored(record: Json, line: int) -> Json:
    ours = record.get("x_zhuoyu")
    if not isinstance(ours, dict) or "columns" not in ours:
        raise DataError(f"line {line}: expected x_zhuoyu with its columns, found none", fix="read it with canonical_to_rows", line=line)
    values = [c["content"] for c in record["data_content"]]
    told = {"_id": record["id"], "_parents": record["rid"], "_license": ours["license"]}
    return {**ours["rest"], **dict(zip(ours["columns"], values, strict=True)), **told}


def canonical_to_rows(lines: Iterable[str], batch_rows: int = 8192) -> Iterator[pa.RecordBatch]:
    """Rows of ``FOREIGN`` columns from records that any tool wrote; ``to_canonical`` gives the same records back.

    The first text content becomes ``text``; a record without one has a null there.

    Raises:
        DataError: a line is no JSON object.
    """
    for records in _pieces(lines, batch_rows):
        rows = [_row(record, at) for at, record in records]
        yield pa.RecordBatch.from_arrays([from_json([r.get(f.name) for r in rows], f.type) for f in FOREIGN], schema=FOREIGN)


def _pieces(lines: Iterable[str], size: int) -> Iterator[list[tuple[int, Json]]]:
    piece: list[tuple[int, Json]] = []
    for at, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            said = f"line {at}: expected a JSON record, found {line[:40]!r}"
            raise DataError(said, fix=f"correct the line ({error})", line=at) from error
        if not isinstance(record, dict):
            raise DataError(f"line {at}: expected a JSON object, found {type(record).__name__}", fix="one record a line", line=at)
        piece.append((at, record))
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def _row(record: Json, line: int) -> Json:
    """What has a column goes there; the template keeps the rest and says in ``from`` what it lent."""
    template = dict(record)
    lent: list[str] = []
    row: Json = {"_origin": {"source": _text(record, "source"), "uri": _text(record, "source_details"), "locator": f"line {line}"}}
    for name, column in (("id", "_id"), ("license", "_license")):
        if isinstance(record.get(name), str):
            row[column] = record[name]
            template[name] = None
            lent.append(name)
    row.setdefault("_id", hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32])
    row["_parents"] = _texts(record.get("rid"))
    row["labels"] = _texts((record.get("annotation") or {}).get("label")) if isinstance(record.get("annotation") or {}, dict) else None
    row["_time"] = _instant(record.get("original_time"))
    if record.get("generated_data_indicator") in (1, "1"):
        row["_synthetic"] = {"generator": "unknown", "model": None, "prompt": None, "seed": None}
    at = _first_text(record.get("data_content"))
    if at is not None:
        row["text"] = record["data_content"][at]["content"]
        template["data_content"] = [{**c, "content": None} if k == at else c for k, c in enumerate(record["data_content"])]
    said = {"record": template, "from": lent, "text": at, "digest": _digest(row.get("text"))}
    row["canonical"] = json.dumps(said, ensure_ascii=False)
    return row


def _refilled(row: Json, shared: Labelled) -> Json:
    """The record behind a row's template; changed text brings this version's name and time."""
    try:
        said = json.loads(row["canonical"])
        record: Json = dict(said["record"])
        lent, at, digest = said["from"], said["text"], said["digest"]
    except (ValueError, KeyError, TypeError) as error:
        fix = "rename the user column 'canonical', or read the records again"
        raise DataError(f"row {row['_id']}: expected a template in column canonical, found something else", fix=fix) from error
    columns = {"id": "_id", "license": "_license"}
    record.update({name: row[columns[name]] for name in lent})
    if at is not None:
        record["data_content"] = [{**c, "content": row["text"]} if k == at else c for k, c in enumerate(record["data_content"])]
    if _digest(row["text"]) != digest:
        record |= {"version": shared.version, "last_modified_time": shared.modified}
    return record


def _first_text(content: Any) -> int | None:
    if not isinstance(content, list):
        return None
    for k, c in enumerate(content):
        if isinstance(c, dict) and isinstance(c.get("content"), str) and str(c.get("media_type", "")).startswith("text"):
            return k
    return None


def _text(record: Json, name: str) -> str | None:
    return record[name] if isinstance(record.get(name), str) else None


def _texts(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(v, str) for v in value) else None


def _instant(value: Any) -> int | None:
    """Nanoseconds since the epoch (a time without a zone is UTC), or null for what is no time: it stays in the template."""
    if not isinstance(value, str):
        return None
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    ticks = (at - _EPOCH) // dt.timedelta(microseconds=1) * 1000
    return ticks if abs(ticks) < 2**63 else None


def _digest(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]
