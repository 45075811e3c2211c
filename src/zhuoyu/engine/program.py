"""What one stage does to a batch: the fused row function. It is a value that travels to workers.

A program holds the row steps between two barriers in recipe order, then the signatures of the Relates that follow, or, in
a table's last stage, the leaves. It reads one Arrow batch and yields one of the same rows in ``Program.out``.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.engine.join import Right
from zhuoyu.engine.profile import merge, profile
from zhuoyu.engine.selection import READER, Selection, align
from zhuoyu.errors import OpError, ZhuoyuError
from zhuoyu.op import CELLS, Bound, Measure, Relate, Transform, inputs_of
from zhuoyu.recipe.plan import PlannedStep
from zhuoyu.record import LEAF, REJECTION, SYSTEM, content_columns, leaves

STATS = pa.field("_stats", pa.string())
ERROR = pa.field("_error", pa.string())
"""Why the reader could not read a row; also how a scan says that it ended, or why it broke off (``MARK``)."""
MARK = "\0"
FORMAT = 1
"""Raise it when stage files or what is done to rows change: finished stages of older formats are then not reused."""


@dataclass(frozen=True)
class Program:
    """The steps of one stage on a table whose batches arrive as ``source`` (system, user, earlier measures, ``_error``)."""

    source: pa.Schema
    steps: tuple[PlannedStep, ...]
    relates: tuple[PlannedStep, ...] = ()
    last: bool = False
    lifted: tuple[tuple[int, frozenset[str]], ...] = ()
    """(step, ids): rows that this step's condition may not reject; how ``restore`` works."""
    rights: tuple[tuple[int, Right], ...] = ()
    """(step, the table it joins with)."""
    kept: pa.Schema = field(init=False)
    """What rows that stand have at the end: no stale measures, signatures of the Relates that follow, leaves if last."""
    rejected: pa.Schema = field(init=False)
    """What rows that left have: every column this stage knew, why they left, their leaf."""
    out: pa.Schema = field(init=False)
    """Both together and ``_stats``: what travels to the sink."""
    digest: str = field(init=False)
    """Equal for programs that do the same to the same rows."""

    def __post_init__(self) -> None:
        now = {f.name: f for f in self.source if f.name != ERROR.name}
        seen = dict(now)
        rights = dict(self.rights)
        for step in self.steps:
            for name in step.drops:
                now.pop(name, None)
            for f in (*_writes(step), *(rights[step.index].take if step.kind == "join" else ())):
                now[f.name] = seen[f.name] = f
        signs = [f for r in self.relates for f in signature_fields(r)]
        rejected = [*seen.values(), *REJECTION, LEAF]
        object.__setattr__(self, "kept", pa.schema([*now.values(), *signs, *([LEAF] if self.last else [])]))
        object.__setattr__(self, "rejected", pa.schema(rejected))
        object.__setattr__(self, "out", pa.schema([*rejected, *signs, STATS]))
        steps = [_said(s) for s in (*self.steps, *self.relates)]
        lifted = [(i, sorted(ids)) for i, ids in self.lifted]
        said = [
            FORMAT,
            self.source.to_string(show_schema_metadata=False),
            steps,
            self.last,
            lifted,
            [(i, r.key, r.on, r.how, r.tolerance) for i, r in self.rights],
        ]
        object.__setattr__(self, "digest", hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest())

    def open(self) -> None:
        """Open every operator; once per worker."""
        for step in (*self.steps, *self.relates):
            if step.bound:
                step.bound.op.open()

    def run(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows, in another order, as ``out``."""
        work = _Work(self, batch)
        return work.done()


def _writes(step: PlannedStep) -> list[pa.Field]:
    return step.bound.fields() if step.bound and step.kind in ("measure", "relate") else []


def _said(step: PlannedStep) -> list[Any]:
    bound = step.bound.digest() if step.bound else ""
    conditions = [c.text if c else "" for c in (step.condition, step.when)]
    return [step.index, step.kind, bound, *conditions, step.null_keeps, step.lazy, step.because or "", list(step.drops)]


def signature_fields(step: PlannedStep) -> list[pa.Field]:
    """The signature columns of one Relate step, under names no user can have."""
    relate = step.bound.op if step.bound else None
    return (
        [pa.field(f"_sign_{step.index}_{c.suffix}", c.type, metadata={"op": relate.name()}) for c in relate.signs]
        if isinstance(relate, Relate)
        else []
    )


class _Work:
    """One batch on its way through a program."""

    def __init__(self, program: Program, batch: pa.RecordBatch) -> None:
        self.program = program
        self.stats: dict[str, dict[str, Any]] = defaultdict(lambda: {"seconds": 0.0, "in": 0, "changed": 0, "errors": 0})
        self.profiles: dict[str, dict[str, Any]] = {}
        self.bytes = sum(batch.column(f.name).nbytes for f in program.source if f.name not in SYSTEM.names)
        self.sel = Selection(batch)
        self._reject_unread()
        for step in program.steps:
            self._step(step)
        for step in program.relates:
            begun = time.perf_counter()
            self.sel.shrink()
            self._compute(step, signature_fields(step), lambda b, s=step: s.bound.op.signature(*_inputs(b, s.bound)))
            self.stats[str(step.index)]["signing"] = time.perf_counter() - begun

    def _reject_unread(self) -> None:
        at = self.sel.batch.schema.get_field_index(ERROR.name)
        if at < 0:
            return
        errors = self.sel.batch.column(at)
        self.sel.drop((ERROR.name,))
        for row in np.flatnonzero(errors.is_valid().to_numpy(zero_copy_only=False)):
            said = errors[int(row)].as_py()
            reason, _, detail = (said, "", "") if said.startswith(MARK) else said.partition(": ")
            self.sel.mark(np.array([row]), READER, reason, detail or said)
        self.sel.shrink()

    def _step(self, step: PlannedStep) -> None:
        begun = time.perf_counter()
        if step.lazy or step.kind == "transform":
            self.sel.shrink()
        stat = self.stats[str(step.index)]
        stat["in"] += int(self.sel.standing.sum())
        if step.kind == "keep":
            self._keep(step)
        elif step.kind == "measure":
            self._measure(step)
        elif step.kind == "join":
            self._join(step)
        else:
            self._transform(step)
        stat["seconds"] += time.perf_counter() - begun

    def _applies(self, step: PlannedStep) -> np.ndarray | None:
        if step.when is None:
            return None
        return np.asarray(pc.fill_null(step.when.evaluate(self.sel.batch), False).to_numpy(zero_copy_only=False))

    def _keep(self, step: PlannedStep) -> None:
        assert step.condition is not None
        ok = step.condition.evaluate(self.sel.batch)
        unknown = ok.is_null().to_numpy(zero_copy_only=False)
        false = ~pc.fill_null(ok, True).to_numpy(zero_copy_only=False)
        if step.null_keeps:
            unknown = np.zeros(len(ok), dtype=bool)
        bad = (false | unknown) & self.sel.standing
        applies = self._applies(step)
        if applies is not None:
            bad &= applies
        for index, ids in self.program.lifted:
            if index == step.index:
                bad &= ~pc.is_in(self.sel.batch.column("_id"), value_set=pa.array(sorted(ids), pa.string())).to_numpy(zero_copy_only=False)
        self._mark_false(step, np.flatnonzero(bad & false))
        self._mark_unknown(step, np.flatnonzero(bad & unknown))

    def _mark_false(self, step: PlannedStep, rows: np.ndarray) -> None:
        assert step.condition is not None
        if len(rows):
            found = step.condition.founds(self.sel.batch, rows.tolist())
            self.sel.mark(rows, step.index, step.because or step.condition.text, found)

    def _mark_unknown(self, step: PlannedStep, rows: np.ndarray) -> None:
        assert step.condition is not None
        names = step.condition.unknowns(self.sel.batch, rows.tolist()) if len(rows) else []
        for name in dict.fromkeys(names):
            said = f"unknown: {name} is null" if name in step.condition.columns else f"unknown: {name}"
            self.sel.mark(rows[[n == name for n in names]], step.index, said, step.condition.text)

    def _join(self, step: PlannedStep) -> None:
        right = dict(self.program.rights)[step.index]
        at, gaps = right.match(self.sel.batch)
        applies = self._applies(step)
        if applies is not None:
            at = pc.if_else(pa.array(applies), at, None)
        for f, values in zip(right.take, right.columns(at), strict=True):
            self.sel.set(f, values)
        if right.how == "inner":
            alone = at.is_null().to_numpy(zero_copy_only=False)
            alone &= np.ones(len(alone), dtype=bool) if applies is None else applies
            for row in np.flatnonzero(alone):
                keys = ", ".join(f"{n} = {self.sel.batch.column(n)[int(row)].as_py()!r}" for n in right.on)
                self.sel.mark(np.array([row]), step.index, step.because or f"no match in {right.name}", gaps[row] or keys)

    def _measure(self, step: PlannedStep) -> None:
        bound = step.bound
        assert bound is not None
        assert isinstance(bound.op, Measure)
        op = bound.op
        self._compute(step, bound.fields(), lambda b: op.run(*_inputs(b, bound)))

    def _compute(self, step: PlannedStep, fields: list[pa.Field], run: Any) -> None:
        outs = self._on_rows(step, run)
        for f, values in zip(fields, outs, strict=True):
            self.sel.set(f, values if values.type == f.type else values.cast(f.type))
        if step.kind == "measure":
            self._profile(step, {f.name: v for f, v in zip(fields, outs, strict=True)})

    def _profile(self, step: PlannedStep, columns: dict[str, pa.Array]) -> None:
        assert step.bound is not None
        for column, (name, values) in zip(step.bound.op.writes, columns.items(), strict=True):
            key = f"{step.index}\t{name}\t{column.unit.name}"
            one = profile(values, column.unit.name)
            self.profiles[key] = merge(self.profiles[key], one) if key in self.profiles else one

    def _on_rows(self, step: PlannedStep, run: Any) -> list[pa.Array]:
        """RUN on the rows that WHEN allows; elsewhere null. Rows it raises on are marked and null."""
        applies = self._applies(step)
        rows = np.arange(self.sel.batch.num_rows) if applies is None else np.flatnonzero(applies)
        batch = self.sel.batch if applies is None else self.sel.batch.take(pa.array(rows))
        good, outs = self._guarded(step, batch, rows, run)
        if len(good) == self.sel.batch.num_rows:
            return outs
        back = np.full(self.sel.batch.num_rows, -1, dtype=np.int64)
        back[good] = np.arange(len(good))
        index = pa.array(back, mask=back < 0)
        return [o.take(index) for o in outs]

    def _guarded(self, step: PlannedStep, batch: pa.RecordBatch, rows: np.ndarray, run: Any) -> tuple[np.ndarray, list[pa.Array]]:
        try:
            return rows, [_one(o) for o in run(batch)]
        except ZhuoyuError:
            raise
        except Exception as error:
            if batch.num_rows <= 1:
                self.stats[str(step.index)]["errors"] += batch.num_rows
                name = step.bound.op.name() if step.bound else "step"
                if not batch.num_rows:
                    raise OpError(
                        f"{name} fails on an empty batch: {error}", fix="see the laws of an operator in the documentation"
                    ) from error
                self.sel.mark(rows, step.index, f"{name} failed", f"{type(error).__name__}: {error}"[:500])
                return rows[:0], [_one(o) for o in run(batch.slice(0, 0))]
        half = batch.num_rows // 2
        left, right = (self._guarded(step, batch.slice(a, n), rows[a : a + n], run) for a, n in ((0, half), (half, batch.num_rows - half)))
        return np.concatenate([left[0], right[0]]), [_one(pa.chunked_array([a, b])) for a, b in zip(left[1], right[1], strict=True)]

    def _transform(self, step: PlannedStep) -> None:
        bound = step.bound
        assert bound is not None
        assert isinstance(bound.op, Transform)
        op = bound.op
        name = bound.inputs[0]
        before = self.sel.batch.column(name)

        def run(b: pa.RecordBatch) -> list[pa.Array]:
            out = op.run(*_inputs(b, bound))
            return [out.content, pa.nulls(b.num_rows, CELLS) if out.cells is None else out.cells]

        content, cells = self._on_rows(step, run)
        after = pc.cast(content, before.type)
        applied = self._applies(step)
        if applied is not None:
            after = pc.if_else(pa.array(applied), after, before)
        after = pc.if_else(pa.array(self.sel.standing), after, before)
        self.stats[str(step.index)]["changed"] += pc.sum(pc.not_equal(before, after)).as_py() or 0
        self.sel.set(self.sel.batch.schema.field(name), after)
        if cells.null_count < len(cells):
            at = self.sel.batch.schema.get_field_index("_cells")
            self.sel.set(SYSTEM.field("_cells"), _joined(self.sel.batch.column(at), cells, name, f"{op.name()}@{op.version}"))
        self.sel.drop(step.drops)

    def done(self) -> pa.RecordBatch:
        """Everything together, with leaves where they are due, and what was counted in the first row."""
        program = self.program
        plain = pa.schema([f for f in program.out if f.name not in (LEAF.name, STATS.name)])
        pieces = []
        for piece, kept in self.sel.pieces():
            content = content_columns(piece.schema)
            leaf = leaves(piece, content) if program.last or not kept else pa.nulls(piece.num_rows, LEAF.type)
            pieces.append(align(piece, plain).append_column(LEAF, leaf))
        whole = pa.Table.from_batches(pieces).combine_chunks()
        stats = json.dumps({"bytes": self.bytes, "steps": self.stats, "profiles": self.profiles})
        first = pa.array([stats if i == 0 else None for i in range(whole.num_rows)], pa.string())
        table = whole.append_column(STATS, first).select(program.out.names).cast(program.out)
        batches = table.to_batches()
        return batches[0] if batches else align(pa.RecordBatch.from_pylist([], schema=plain), program.out)


def _inputs(batch: pa.RecordBatch, bound: Bound) -> list[pa.Array]:
    return inputs_of(batch, bound.inputs, bound.op.reads)


def _one(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _joined(old: pa.Array, new: pa.Array, column: str, by: str) -> pa.Array:
    """The cells of a row before and after one Transform: offsets of older cells on the same column no longer hold."""
    out: list[list[dict[str, Any]] | None] = []
    for a, b in zip(old.to_pylist(), new.to_pylist(), strict=True):
        if not b:
            out.append(a)
            continue
        stale = [{**c, "start": None, "end": None} if c["column"] == column else c for c in a or ()]
        out.append(stale + [{**c, "column": column, "by": by} for c in b])
    return pa.array(out, CELLS)
