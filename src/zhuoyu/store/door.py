"""The one way to read rows: above the principal's clearance no column and no row leaves, and every read leaves an event."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from zhuoyu.errors import DataError, Denied, SpecError, did_you_mean
from zhuoyu.record import LEAF, REJECTION, content_columns, is_measure
from zhuoyu.store import events, lance, versions

if TYPE_CHECKING:
    from zhuoyu.store.database import Store

SEES_REJECTED = frozenset({"admin", "owner", "engineer", "security"})
"""Roles that may read rejected rows."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Grades, ascending. A null grade is the first; a grade the scheme does not know stands above the last.

    >>> GENERAL.rank(None), GENERAL.rank("general-2"), GENERAL.rank("core"), GENERAL.rank("no such grade")
    (0, 1, 5, 6)
    """

    grades: tuple[str, ...]

    def rank(self, grade: str | None) -> int:
        """Where a grade stands."""
        if not grade:
            return 0
        return self.grades.index(grade) if grade in self.grades else len(self.grades)

    def clearance(self, grade: str) -> int:
        """What a clearance opens: the last grade of the scheme opens also what the scheme does not know.

        Raises:
            SpecError: the scheme has no such grade.
        """
        if grade not in self.grades:
            raise SpecError(f"unknown clearance {grade!r}", fix=did_you_mean(grade, self.grades), clearance=grade)
        at = self.grades.index(grade)
        return at + 1 if at + 1 == len(self.grades) else at


GENERAL = Scheme(("general-1", "general-2", "general-3", "general-4", "important", "core"))
"""一般 (four levels) 重要 核心: the scheme of a workspace that has not brought its own."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who reads: a name for the event log, roles, and the highest grade that may be seen."""

    name: str
    roles: frozenset[str] = frozenset()
    clearance: str = "general-1"


def local_principal() -> Principal:
    """The operating system's user as owner of the local workspace: role admin, sees every grade."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "local"
    return Principal(name, frozenset({"admin"}), GENERAL.grades[-1])


@dataclass
class Door:
    """An opened read: a schema, and the rows once, batch by batch."""

    schema: pa.Schema
    hidden: tuple[str, ...]
    """Columns above the clearance; they are nowhere in the stream."""
    rows_at_most: int
    """Rows of the table, or the limit: what the event says."""
    _batches: Iterator[pa.RecordBatch] = field(repr=False)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._batches

    def table(self) -> pa.Table:
        """Everything that is left of the stream, in memory."""
        return pa.Table.from_batches(self._batches, self.schema)


def grades(schema: pa.Schema, scheme: Scheme = GENERAL) -> dict[str, int]:
    """The rank of every column.

    A measure has at least its inputs' rank (an input that is not there: above all). ``_leaf`` and the values that rejected
    a row speak of the whole content and have its highest rank.

    >>> text = pa.field("text", pa.string(), metadata={"grade": "important"})
    >>> words = pa.field("text_words", pa.int64(), metadata={"op": "text.length", "inputs": "text"})
    >>> grades(pa.schema([("_id", pa.string()), text, words]))
    {'_id': 0, 'text': 4, 'text_words': 4}
    """
    known: dict[str, int] = {}

    def rank(name: str, seen: frozenset[str]) -> int:
        if name not in schema.names or name in seen:
            return len(scheme.grades)
        if name not in known:
            f = schema.field(name)
            metadata = f.metadata or {}
            own = scheme.rank(metadata.get(b"grade", b"").decode())
            inputs = [i for i in metadata.get(b"inputs", b"").decode().split(",") if i] if is_measure(f) else []
            known[name] = max([own, *(rank(i, seen | {name}) for i in inputs)])
        return known[name]

    ranks = {name: rank(name, frozenset()) for name in schema.names}
    spoken = {LEAF.name: max((ranks[n] for n in content_columns(schema)), default=0)}
    spoken |= dict.fromkeys(REJECTION.names[1:], max(ranks.values(), default=0))
    return {name: spoken.get(name, r) for name, r in ranks.items()}


def read(
    store: Store,
    principal: Principal,
    version_ref: str,
    table: str = "rows",
    *,
    rejected: bool = False,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    ids: Sequence[str] | None = None,
    limit: int | None = None,
    batch_rows: int = lance.BATCH_ROWS,
    scheme: Scheme = GENERAL,
) -> Door:
    """Open a version's table for a principal and write down that it was read.

    Columns above the clearance are left out, rows above it too. WHERE is a condition as in a recipe; IDS names rows;
    LIMIT bounds them.

    Raises:
        Denied: no role, rejected rows without a role for them, a condition on a hidden column, or no column left.
        SpecError: an unknown column, or a condition that does not parse.
        DataError: no such version or table, or a damaged file.
    """
    _admit(principal, rejected)
    version_id, stored = _opened(store, version_ref, table, rejected)
    cleared = scheme.clearance(principal.clearance)
    ranks = grades(stored.schema, scheme)
    names, hidden = _allowed(principal, stored.schema, columns, ranks, cleared)
    condition = _conjoined(_graded(stored.schema, cleared, scheme), _condition(principal, where, stored.schema, ranks, cleared))
    most = min(x for x in (stored.count(), limit, None if ids is None else len(ids)) if x is not None)
    details = {"table": table, "rejected": rejected, "columns": _digest(names), "where": _digest(where), "rows_at_most": most}
    with store.session() as s:
        events.append(s, principal.name, "read", "version", version_id, details)
    schema = pa.schema([stored.schema.field(n) for n in names], metadata=stored.schema.metadata)
    batches = _scanned(stored, names, condition, ids, batch_rows)
    return Door(schema, hidden, most, _limited(batches, limit))


def _opened(store: Store, version_ref: str, table: str, rejected: bool) -> tuple[str, lance.Table]:
    with store.reading() as s:
        version = versions.find(s, version_ref)
        version_id, known = version.id, sorted(version.tables)
    if table not in known:
        raise DataError(f"version {version_ref} has no table {table!r}", fix=did_you_mean(table, known), table=table)
    return version_id, lance.open_table(lance.path_of(store.home, version_id, table, rejected=rejected))


def _admit(principal: Principal, rejected: bool) -> None:
    if not principal.roles:
        raise Denied(f"{principal.name} has no role here", fix="ask the project's owner for one", principal=principal.name)
    if rejected and not principal.roles & SEES_REJECTED:
        allowed = ", ".join(sorted(SEES_REJECTED))
        raise Denied(f"{principal.name} may not read rejected rows", fix=f"that needs one of the roles {allowed}", principal=principal.name)


def _allowed(
    principal: Principal, schema: pa.Schema, columns: Sequence[str] | None, ranks: Mapping[str, int], cleared: int
) -> tuple[list[str], tuple[str, ...]]:
    asked = list(schema.names if columns is None else columns)
    for name in asked:
        if name not in ranks:
            raise SpecError(f"unknown column {name!r}", fix=did_you_mean(name, [n for n, r in ranks.items() if r <= cleared]), column=name)
    names = [n for n in asked if ranks[n] <= cleared]
    if not names:
        raise Denied(
            f"every column asked for is above the clearance {principal.clearance}", fix="ask security for a higher one", columns=asked
        )
    return names, tuple(n for n in asked if ranks[n] > cleared)


def _graded(schema: pa.Schema, cleared: int, scheme: Scheme) -> str | None:
    if "_grade" not in schema.names or cleared >= len(scheme.grades):
        return None
    below = ", ".join(f"'{g}'" for g in ("", *scheme.grades[: cleared + 1]))
    return f"(_grade IS NULL OR _grade IN ({below}))"


def _condition(principal: Principal, where: str | None, schema: pa.Schema, ranks: Mapping[str, int], cleared: int) -> str | None:
    if not where:
        return None
    from zhuoyu.recipe.conditions import Condition

    condition = Condition.parse(where)
    above = sorted(c for c in condition.columns if ranks.get(c.split(".")[0], 0) > cleared)
    if above:
        fix = "ask security for a higher one, or leave the column out of the condition"
        raise Denied(f"the condition reads {', '.join(above)}, above the clearance {principal.clearance}", fix=fix, columns=above)
    seen = pa.schema([f for f in schema if ranks[f.name] <= cleared])
    condition.check(seen)
    return f"({condition.to_lance(seen)})"


def _conjoined(*conditions: str | None) -> str | None:
    return " AND ".join(c for c in conditions if c) or None


def _scanned(
    stored: lance.Table, names: list[str], condition: str | None, ids: Sequence[str] | None, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    if ids is None:
        return stored.scan(names, condition, batch_rows)
    return (
        batch
        for start in range(0, len(ids), 10_000)
        for batch in stored.scan(names, _conjoined(condition, lance.among(ids[start : start + 10_000])), batch_rows)
    )


def _limited(batches: Iterable[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    left = limit
    for batch in batches:
        if left is None:
            yield batch
            continue
        if left > 0:
            yield batch.slice(0, left)
        left -= batch.num_rows
        if left <= 0:
            return


def _digest(said: Any) -> str:
    """The log names what was read by digest only: a condition may quote a person."""
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
