"""What differs between two versions: schema first, then rows that were added, removed or changed.

A row is recognised by ``_id`` and compared by ``_leaf``, so no content is read. Ids and leaves are sorted into buckets on
disk and compared bucket by bucket: memory stays flat whatever the versions hold.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import DataError
from zhuoyu.record import LEAF, content_columns, is_measure, type_name
from zhuoyu.store import lance, versions

if TYPE_CHECKING:
    from zhuoyu.store.database import Store
    from zhuoyu.store.tables import Version

Kind = Literal["added", "removed", "changed"]

_BUCKET_ROWS = 500_000
_PAIR = pa.schema([("_id", pa.large_string()), ("_leaf", pa.binary(32))])


class Change(NamedTuple):
    """One row that differs: by id, never by content."""

    kind: Kind
    table: str
    id: str


@dataclass(frozen=True)
class ColumnChange:
    """A column that only one side has, or that has another type, or a measure computed another way; "" where there is none."""

    table: str
    column: str
    before: str
    after: str


@dataclass
class TableDiff:
    """How many rows of one table differ."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    examples: dict[Kind, list[str]] = field(default_factory=lambda: {"added": [], "removed": [], "changed": []})
    """The first ids of each kind, in id order within a bucket."""

    @property
    def same(self) -> bool:
        """True when no row differs."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Diff:
    """The difference from version ``before`` to version ``after``."""

    before: str
    after: str
    schema: list[ColumnChange]
    tables: dict[str, TableDiff]

    @property
    def same(self) -> bool:
        """True when neither schema nor rows differ."""
        return not self.schema and all(t.same for t in self.tables.values())

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "same": self.same}

    def lines(self) -> list[str]:
        """In words: columns first, then rows by table, with the first ids of each kind."""
        out = [f"{self.before} -> {self.after}: {'the same' if self.same else 'different'}"]
        for c in self.schema:
            out.append(f"  column {c.table}.{c.column}: {c.before or 'not there'} -> {c.after or 'not there'}")
        for name, t in self.tables.items():
            out.append(f"  {name}: {t.added:,} added, {t.removed:,} removed, {t.changed:,} changed, {t.unchanged:,} unchanged")
            out += [f"    {kind}: {', '.join(ids)}" for kind, ids in t.examples.items() if ids]
        return out


def diff(store: Store, before: str, after: str, *, rejected: bool = False, examples: int = 5) -> Diff:
    """Compare two versions' tables (REJECTED: their rejected rows) and keep the first EXAMPLES ids of each kind.

    Raises:
        DataError: no such version.
    """
    a, b = _find(store, before), _find(store, after)
    schema: list[ColumnChange] = []
    tables: dict[str, TableDiff] = {}
    for name in sorted({*a.tables, *b.tables}):
        left, right = _open(store, a, name, rejected), _open(store, b, name, rejected)
        schema += _columns(name, left.schema if left else pa.schema([]), right.schema if right else pa.schema([]))
        tables[name] = _count(left, right, examples)
    return Diff(a.id, b.id, schema, tables)


def changes(store: Store, before: str, after: str, table: str = "rows", *, rejected: bool = False) -> Iterator[Change]:
    """Every row of a table that differs, one at a time.

    Raises:
        DataError: no such version, or no such table in either.
    """
    a, b = _find(store, before), _find(store, after)
    if table not in a.tables and table not in b.tables:
        raise DataError(f"neither version has a table {table!r}", fix=f"tables: {', '.join(sorted({*a.tables, *b.tables}))}", table=table)
    left, right = _open(store, a, table, rejected), _open(store, b, table, rejected)
    for kind, ids in _pieces(left, right):
        if kind != "unchanged":
            yield from (Change(kind, table, i) for i in ids.to_pylist())


def _find(store: Store, ref: str) -> Version:
    with store.reading() as s:
        return versions.find(s, ref)


def _open(store: Store, version: Version, table: str, rejected: bool) -> lance.Table | None:
    return lance.open_table(lance.path_of(store.home, version.id, table, rejected=rejected)) if table in version.tables else None


def _columns(table: str, before: pa.Schema, after: pa.Schema) -> list[ColumnChange]:
    a, b = _described(before), _described(after)
    return [ColumnChange(table, c, a.get(c, ""), b.get(c, "")) for c in sorted({*a, *b}) if a.get(c) != b.get(c)]


def _described(schema: pa.Schema) -> Mapping[str, str]:
    """Content by type; a measure also by what computed it, which its name does not say."""
    said = {name: type_name(schema.field(name).type) for name in content_columns(schema)}
    for f in schema:
        if is_measure(f):
            made = {k.decode(): v.decode() for k, v in f.metadata.items()}
            said[f.name] = f"{type_name(f.type)} by {made['op']}@{made.get('version', '?')} {made.get('params', '')}".rstrip()
    return said


def _count(left: lance.Table | None, right: lance.Table | None, examples: int) -> TableDiff:
    found = TableDiff()
    for kind, ids in _pieces(left, right):
        setattr(found, kind, getattr(found, kind) + len(ids))
        if kind != "unchanged":
            shown = found.examples[kind]
            shown += ids.slice(0, max(examples - len(shown), 0)).to_pylist()
    return found


def _pieces(left: lance.Table | None, right: lance.Table | None) -> Iterator[tuple[Kind | Literal["unchanged"], pa.Array]]:
    rows = max((t.count() for t in (left, right) if t), default=0)
    buckets = rows // _BUCKET_ROWS + 1
    with tempfile.TemporaryDirectory(prefix="zhuoyu-diff-") as name:
        folder = Path(name)
        for side, table in (("a", left), ("b", right)):
            _sort_out(table, folder, side, buckets)
        for k in range(buckets):
            yield from _compared(_bucket(folder / f"a{k}"), _bucket(folder / f"b{k}"))


def _sort_out(table: lance.Table | None, folder: Path, side: str, buckets: int) -> None:
    with ExitStack() as stack:
        outs = []
        for k in range(buckets):
            file = stack.enter_context(pa.OSFile(str(folder / f"{side}{k}"), "wb"))
            outs.append(stack.enter_context(pa.ipc.new_stream(file, _PAIR)))
        for batch in table.scan(["_id", LEAF.name], batch_rows=65_536) if table else []:
            pairs = batch.cast(_PAIR)
            if buckets == 1:
                outs[0].write_batch(pairs)
                continue
            which = pa.array([zlib.crc32(i.encode()) % buckets for i in pairs.column(0).to_pylist()])
            for k in range(buckets):
                outs[k].write_batch(pairs.filter(pc.equal(which, k)))


def _bucket(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_stream(file).read_all().combine_chunks()


def _compared(a: pa.Table, b: pa.Table) -> Iterator[tuple[Kind | Literal["unchanged"], pa.Array]]:
    at = pc.index_in(b["_id"], value_set=a["_id"]).combine_chunks()
    both = at.is_valid()
    shared, mine = b.filter(both), a.take(at.drop_null())
    same = pc.equal(shared["_leaf"], mine["_leaf"])
    yield "added", _in_order(b["_id"].filter(pc.invert(both)))
    yield "removed", _in_order(a["_id"].filter(pc.invert(pc.is_in(a["_id"], value_set=b["_id"]))))
    yield "changed", _in_order(shared["_id"].filter(pc.invert(same)))
    yield "unchanged", shared["_id"].filter(same).combine_chunks()


def _in_order(ids: pa.ChunkedArray) -> pa.Array:
    whole = ids.combine_chunks()
    return whole.take(pc.sort_indices(whole))
