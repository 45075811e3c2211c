"""A child table's input: what an Expand makes of its parent's kept rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.engine.files import StageScan, batches, scans
from zhuoyu.engine.program import ERROR
from zhuoyu.engine.table import Shard, TableResult
from zhuoyu.errors import OpError, SpecError
from zhuoyu.op import Bound, Expand, inputs_of
from zhuoyu.recipe.conditions import Condition
from zhuoyu.record import SYSTEM, child_id

_INHERITED = ("_origin", "_batch", "_time", "_license", "_grade", "_synthetic")


def child_schema(bound: Bound) -> pa.Schema:
    """A child's columns as they enter its first stage."""
    return pa.schema([*SYSTEM, *(pa.field(c.suffix, c.type) for c in bound.op.writes), ERROR])


@dataclass(frozen=True)
class ExpandScan:
    """Some kept parents, read as their children."""

    parents: StageScan
    bound: Bound
    when: Condition | None = None
    """Parents of which it is not true have no children."""

    def read(self) -> Iterator[pa.RecordBatch]:
        """Batches of children; a parent's children are numbered from 0 in the operator's order."""
        self.bound.op.open()
        for batch in self.parents.read():
            yield children(batch if self.when is None else batch.filter(pc.fill_null(self.when.evaluate(batch), False)), self.bound)


def children(batch: pa.RecordBatch, bound: Bound) -> pa.RecordBatch:
    """The children of a batch of parents."""
    op = bound.op
    assert isinstance(op, Expand)
    try:
        made = op.run(*inputs_of(batch, bound.inputs, op.reads))
    except Exception as error:
        raise OpError(
            f"{op.name()} failed: {type(error).__name__}: {error}", fix="an Expand must yield no children rather than raise"
        ) from error
    parent = made.parent.cast(pa.int64())
    ids = batch.column("_id").take(parent)
    ordinal, last, names = 0, None, []
    for one in ids.to_pylist():
        ordinal = ordinal + 1 if one == last else 0
        last = one
        names.append(child_id(one, op.name(), ordinal))
    columns = {
        "_id": pa.array(names, pa.string()),
        "_parents": pc.cast(pa.array([[i] for i in ids.to_pylist()], pa.list_(pa.string())), SYSTEM.field("_parents").type),
    }
    columns |= {n: batch.column(n).take(parent) for n in _INHERITED}
    columns |= {c.suffix: a.cast(c.type) for c, a in zip(op.writes, made.columns, strict=True)}
    schema = child_schema(bound)
    arrays = [columns[f.name] if f.name in columns else pa.nulls(len(names), f.type) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


@dataclass(frozen=True)
class ExpandInput:
    """A child table's input."""

    parent: TableResult
    bound: Bound
    key: str
    schema: pa.Schema
    when: Condition | None = None

    @classmethod
    def of(cls, parent: TableResult, bound: Bound, when: Condition | None = None) -> ExpandInput:
        """The input that BOUND makes of the rows of a finished table where WHEN is true.

        Raises:
            SpecError: WHEN asks for a measure that a later step made stale.
        """
        gone = [c for c in (when.columns if when else ()) if c.split(".")[0] not in parent.kept_schema.names]
        if gone:
            raise SpecError(
                f"{bound.op.name()} works on rows as they are at the end, where {gone[0]!r} no longer holds",
                fix="move the step with `when:` behind the last step that changes what it reads",
            )
        said = " ".join([*parent.stages, bound.digest(), *([when.text] if when else [])])
        return cls(parent, bound, hashlib.sha256(said.encode()).hexdigest(), child_schema(bound), when)

    def shards(self) -> list[Shard]:
        """One shard a kept file of the parent."""
        return [
            Shard(f"{n:05d}", [ExpandScan(s, self.bound, self.when) for s in self._scans(path)], None, path.stat().st_size)
            for n, path in enumerate(self.parent.kept)
        ]

    def _scans(self, path: Path) -> list[StageScan]:
        first = next(batches(path), None)
        return scans(path, (), first.schema) if first is not None else []
