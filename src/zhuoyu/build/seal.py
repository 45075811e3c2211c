"""Turn what the engine left into a sealed version: write its tables, digest them, and commit them with one SQL row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu.engine.table import TableResult, stream
from zhuoyu.record import LEAF, REJECTION, Root, content_columns, is_measure, measure_digest, table_digest, version_digest
from zhuoyu.store import keys, lance, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Version


@dataclass(frozen=True)
class Written:
    """The tables of a version on disk: what the SQL row that seals will say of them."""

    digest: str
    tables: dict[str, dict[str, Any]]
    measures: dict[str, dict[str, str]]
    counts: dict[str, int]


def arranged(schema: pa.Schema) -> pa.Schema:
    """Content first, then the leaf, then measures: the order of columns in a version."""
    content = content_columns(schema)
    measures = [f.name for f in schema if is_measure(f)]
    rest = [f.name for f in schema if f.name not in content and f.name not in measures and f.name != LEAF.name]
    return pa.schema([schema.field(n) for n in [*content, *rest, LEAF.name, *measures]])


def write_tables(folder: Path, results: dict[str, TableResult]) -> Written:
    """Write every table and its rejected rows below FOLDER; what an earlier attempt left there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tables: dict[str, dict[str, Any]] = {}
    measures: dict[str, dict[str, str]] = {}
    kept = rejected = 0
    for name, result in sorted(results.items()):
        good, good_digest = _write(folder / f"{name}.lance", result.kept, arranged(result.kept_schema))
        bad, bad_digest = _write(folder / f"{name}.rejected.lance", result.rejected, arranged(result.rejected_schema))
        schema = {f.name: str(f.type) for f in arranged(result.kept_schema)}
        tables[name] = {"rows": good, "rejected": bad, "digest": good_digest, "rejected_digest": bad_digest, "schema": schema}
        measures[name] = column_digests(folder / f"{name}.lance")
        measures[f"{name}.rejected"] = column_digests(folder / f"{name}.rejected.lance")
        kept, rejected = kept + good, rejected + bad
    digests = {n: t["digest"] for n, t in tables.items()} | {f"{n}.rejected": t["rejected_digest"] for n, t in tables.items()}
    return Written(version_digest(digests), tables, measures, {"kept": kept, "rejected": rejected})


def _write(path: Path, files: list[Path], schema: pa.Schema) -> tuple[int, str]:
    root = Root()

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in stream(files, schema):
            root.add(batch.column(schema.get_field_index(LEAF.name)))
            yield batch

    rows = lance.write(path, counted(), schema)
    content = pa.schema([schema.field(n) for n in content_columns(schema)])
    return rows, table_digest(root, content)


def column_digests(path: Path) -> dict[str, str]:
    """The digest of each measure and of why rows were rejected, one column in memory at a time."""
    table = lance.open_table(path)
    out = {}
    for f in table.schema:
        if is_measure(f) or f.name in REJECTION.names:
            batches = list(table.scan(["_id", f.name]))
            if batches:
                whole = pa.Table.from_batches(batches)
                out[f.name] = measure_digest(whole.column("_id"), whole.column(f.name))
    return out


def seal(store: Store, lease: runs.Lease, version_id: str, written: Written) -> Version:
    """Commit the version: one SQL transaction under the lease, with the workspace's signature on its digest."""
    signature = keys.sign(store.home, written.digest.encode())
    with store.session() as s:
        return versions.seal(
            s,
            lease,
            version_id,
            digest=written.digest,
            tables=written.tables,
            measures=written.measures,
            counts=written.counts,
            signature=signature,
        )
