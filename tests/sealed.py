"""Sealed versions for tests: real tables on disk, a real row in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu.record import LEAF, REJECTION, SYSTEM, Root, content_columns, is_measure, leaves, measure_digest, table_digest, version_digest
from zhuoyu.store import lance, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Version

TEXT = pa.field("text", pa.large_string())
WORDS = pa.field("text_words", pa.int64(), metadata={"op": "text.length", "version": "1", "inputs": "text", "unit": "words"})
SCHEMA = pa.schema([*SYSTEM, TEXT, WORDS])
REJECTED = pa.schema([*SYSTEM, TEXT, *REJECTION])


def rows(n: int, **columns: Any) -> list[dict[str, Any]]:
    """N rows with an origin, a licence and a text; COLUMNS: functions of the row's number."""
    made = []
    for i in range(n):
        row = {
            "_id": f"{i:032x}",
            "_origin": {"source": "docs", "uri": f"file:{i}.md", "locator": "0"},
            "_license": "MIT" if i % 3 else None,
            "text": f"text {i} 数据",
            "text_words": 3,
        }
        made.append(row | {name: of(i) for name, of in columns.items()})
    return made


def write(path: Path, table: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> tuple[str, pa.Table]:
    """Write rows with their leaves; returns the table's digest and what was written."""
    batch = pa.RecordBatch.from_pylist(table, schema)
    content = [f for f in schema if not is_measure(f)]
    measures = [f for f in schema if is_measure(f)]
    whole = pa.schema([*content, LEAF, *measures])
    leaf = leaves(batch, content_columns(schema))
    stored = pa.RecordBatch.from_arrays([leaf if f.name == "_leaf" else batch.column(f.name) for f in whole], schema=whole)
    lance.write(path, iter([stored.slice(0, 3), stored.slice(3)]), whole)
    root = Root()
    root.add(leaf)
    return table_digest(root, whole), pa.Table.from_batches([stored])


def sealed(
    store: Store,
    tables: dict[str, list[dict[str, Any]]],
    rejected: dict[str, list[dict[str, Any]]] | None = None,
    *,
    schema: pa.Schema = SCHEMA,
    rejected_schema: pa.Schema = REJECTED,
    dataset: str = "docs",
) -> Version:
    """A sealed version with these rows."""
    with store.session() as s:
        run_id = runs.create(s, "build", {}, f"spec-{dataset}-{len(list(versions.all_versions(s, dataset)))}")
    lease = runs.claim(store, run_id, 60)
    with store.session() as s:
        version_id = versions.open_version(s, lease, dataset, parents=[]).id
    said: dict[str, Any] = {}
    measures: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        out = (rejected or {}).get(name, [])
        digest, stored = write(lance.path_of(store.home, version_id, name), table, schema)
        bad, lost = write(lance.path_of(store.home, version_id, name, rejected=True), out, rejected_schema)
        said[name] = {"rows": len(table), "rejected": len(out), "digest": digest, "rejected_digest": bad, "schema": {}}
        measures[name] = {f.name: measure_digest(stored["_id"], stored[f.name]) for f in schema if is_measure(f)} if table else {}
        measures[f"{name}.rejected"] = {c: measure_digest(lost["_id"], lost[c]) for c in REJECTION.names} if out else {}
    digests = {n: t["digest"] for n, t in said.items()} | {f"{n}.rejected": t["rejected_digest"] for n, t in said.items()}
    counts = {"kept": sum(map(len, tables.values())), "rejected": sum(map(len, (rejected or {}).values()))}
    with store.session() as s:
        return versions.seal(
            s, lease, version_id, digest=version_digest(digests), tables=said, measures=measures, counts=counts, signature=""
        )
