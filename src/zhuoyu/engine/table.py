"""Run the stages of one table, shard by shard; finished shards are found in the ledger and not run again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.engine.files import Rows, Writer, batches, row_counts, scans, unique
from zhuoyu.engine.join import Right, nanos
from zhuoyu.engine.ledger import Facts, Ledger, Piece, Watch
from zhuoyu.engine.marks import Scan
from zhuoyu.engine.profile import merge, profile
from zhuoyu.engine.program import ERROR, Program, signature_fields
from zhuoyu.engine.progress import Comparing, Pace, Place
from zhuoyu.engine.runner import carry
from zhuoyu.errors import DataError
from zhuoyu.op import Relate, as_input
from zhuoyu.recipe.plan import PlannedStep, Stage
from zhuoyu.record import LEAF, SYSTEM, is_measure


@dataclass(frozen=True)
class Shard:
    """A part of a table's input that is committed as one."""

    name: str
    scans: list[Scan]
    rows: int | None
    bytes: int | None


class Input(Protocol):
    """What a table starts from."""

    @property
    def key(self) -> str:
        """Digest of everything it will yield."""
        ...

    @property
    def schema(self) -> pa.Schema:
        """The columns its scans yield."""
        ...

    def shards(self) -> list[Shard]:
        """The shards, in an order that does not change."""
        ...


@dataclass
class TableResult:
    """What a table's stages left: files of kept rows, files of rejected rows, and what was counted."""

    kept: list[Path]
    rejected: list[Path]
    kept_schema: pa.Schema
    rejected_schema: pa.Schema
    facts: Facts
    stages: list[str] = field(default_factory=list)
    reused: int = 0


class TableRun:
    """The stages of one table under one ledger."""

    def __init__(
        self,
        ledger: Ledger,
        watch: Watch,
        lifted: dict[int, frozenset[str]] | None = None,
        others: dict[str, TableResult] | None = None,
        first: int = 0,
        of: int = 0,
    ) -> None:
        self.ledger = ledger
        self.watch = watch
        self.lifted = lifted or {}
        self.others = others or {}
        self._first, self._of = first, of

    def run(self, source: Input, stages: list[Stage]) -> TableResult:
        """Every stage in turn."""
        result = TableResult([], [], pa.schema([]), pa.schema([]), {})
        rejected: dict[str, pa.Field] = {}
        for number, stage in enumerate(stages):
            program = self._program(source.schema, stage, last=number == len(stages) - 1)
            key = stage_key(source.key, program)
            self._place = Place(self._first + number, self._of, ", ".join(s.text for s in (*stage.steps, *stage.relates)) or "finish")
            done = self._shards(key, program, source.shards(), result)
            files = {name: self.ledger.folder / key / piece.files["kept"] for name, piece in done.items()}
            result.rejected += [self.ledger.folder / key / p.files["rejected"] for p in done.values() if "rejected" in p.files]
            rejected |= {f.name: f for f in program.rejected if f.name not in rejected}
            result.stages.append(key)
            if program.last:
                result.kept, result.kept_schema = list(files.values()), program.kept
            else:
                source = self._related(key, program, files, stage.relates, result)
        result.rejected_schema = pa.schema(rejected.values())
        return result

    def _program(self, schema: pa.Schema, stage: Stage, *, last: bool) -> Program:
        here = {s.index for s in stage.steps}
        lifted = tuple((i, ids) for i, ids in sorted(self.lifted.items()) if i in here)
        rights = tuple((s.index, self._right(s)) for s in stage.steps if s.kind == "join")
        return Program(schema, tuple(stage.steps), tuple(stage.relates), last, lifted, rights)

    def _right(self, step: PlannedStep) -> Right:
        """The finished table that a step joins with."""
        join = step.join
        assert join is not None
        other = self.others[join.with_]
        aside = {*SYSTEM.names, LEAF.name, *join.on}
        take = pa.schema([f for f in other.kept_schema if f.name not in aside and not is_measure(f)])
        tolerance = nanos(join.tolerance) if join.tolerance else None
        return Right(other.stages[-1], tuple(map(str, other.kept)), tuple(join.on), take, join.how, tolerance, join.with_)

    def _shards(self, key: str, program: Program, shards: list[Shard], result: TableResult) -> dict[str, Piece]:
        done = self.ledger.done(key)
        missing = [s for s in shards if s.name not in done or not self._there(key, done[s.name])]
        result.reused += len(shards) - len(missing)
        pace = Pace(self._place, program, shards, self.watch)
        for shard in shards:
            if shard not in missing:
                pace.finished(shard, done[shard.name].facts)
        pace.begin()
        for shard in missing:
            sink = _Sink(self.ledger.folder / key, shard.name, program)
            try:
                for batch, counted in carry(program, shard.scans):
                    sink.take(batch, counted)
                    pace.at(shard, sink.rows, sink.facts)
                done[shard.name] = self._commit(key, shard.name, sink.close())
            except BaseException:
                sink.abandon()
                raise
            pace.finished(shard, done[shard.name].facts)
        pace.end()
        done = {s.name: done[s.name] for s in shards}
        for piece in done.values():
            result.facts = merge_facts(result.facts, piece.facts)
        return done

    def _commit(self, key: str, shard: str, piece: Piece) -> Piece:
        """Commit; where another process was first, its shard counts and ours is removed."""
        counts = self.ledger.commit(key, shard, piece)
        for name in set(piece.files.values()) - set(counts.files.values()):
            (self.ledger.folder / key / name).unlink(missing_ok=True)
        return counts

    def _there(self, key: str, piece: Piece) -> bool:
        return all((self.ledger.folder / key / f).is_file() for f in piece.files.values())

    def _related(self, key: str, program: Program, files: dict[str, Path], relates: list[PlannedStep], result: TableResult) -> StageInput:
        """The next stage's input: the kept shards with what the Relates say beside them."""
        sides: dict[str, list[Path]] = {name: [] for name in files}
        fields = [f for f in program.kept if not f.name.startswith("_sign_")]
        said = key
        for step in relates:
            side_key = hashlib.sha256(f"{key} relate {step.index} {step.bound.digest() if step.bound else ''}".encode()).hexdigest()
            done = self.ledger.done(side_key)
            if set(done) != set(files) or not all(self._there(side_key, p) for p in done.values()):
                done = self._relate(side_key, step, files)
            for name in files:
                sides[name].append(self.ledger.folder / side_key / done[name].files["side"])
                result.facts = merge_facts(result.facts, done[name].facts)
            names = {f.name for f in (step.bound.fields() if step.bound else [])}
            fields = [f for f in fields if f.name not in names] + (step.bound.fields() if step.bound else [])
            result.stages.append(side_key)
            said = f"{said} {side_key}"
        return StageInput(
            hashlib.sha256(said.encode()).hexdigest(), pa.schema([*fields, ERROR]), files, {n: tuple(s) for n, s in sides.items()}
        )

    def _relate(self, key: str, step: PlannedStep, files: dict[str, Path]) -> dict[str, Piece]:
        assert step.bound is not None
        assert isinstance(step.bound.op, Relate)
        bound, op = step.bound, step.bound.op
        begun = time.perf_counter()
        op.open()
        rows = Rows(list(files.values()))
        total = sum(rows.counts)
        comparing = Comparing(replace(self._place, name=step.text), total, self.watch)
        comparing.say(edge=True)
        signs = signature_fields(step)
        extra = [n for n in (*op.needs(), op.per) if n]
        table = rows.table(["_id", *dict.fromkeys(extra), *(f.name for f in signs)])
        table = table.rename_columns(["_id", *dict.fromkeys(extra), *(c.suffix for c in op.signs)])

        def fetch(positions: pa.Array) -> list[pa.Array]:
            comparing.fetching()
            out = [as_input(rows.take(positions, n), i.kind) for n, i in zip(bound.inputs, op.reads, strict=True)]
            comparing.fetched(len(positions))
            return out

        outs = op.relate(table, fetch)
        facts = {"steps": {str(step.index): {"seconds": time.perf_counter() - begun, "in": total, "changed": 0, "errors": 0}}}
        facts["profiles"] = {
            f"{step.index}\t{f.name}\t{c.unit.name}": profile(_whole(o), c.unit.name)
            for f, c, o in zip(bound.fields(), op.writes, outs, strict=True)
        }
        done = self._sides(key, step, dict(zip(files, rows.counts, strict=True)), outs, facts)
        comparing.say(edge=True)
        return done

    def _sides(self, key: str, step: PlannedStep, counts: dict[str, int], outs: list[pa.Array], facts: Facts) -> dict[str, Piece]:
        assert step.bound is not None
        schema = pa.schema(step.bound.fields())
        done, at = {}, 0
        for name, count in counts.items():
            writer = Writer(self.ledger.folder / key / f"{name}.{unique()}.side.arrow", schema)
            columns = [_whole(o).slice(at, count).cast(f.type) for o, f in zip(outs, schema, strict=True)]
            writer.write(pa.RecordBatch.from_arrays(columns, schema=schema))
            writer.close()
            done[name] = self._commit(key, name, Piece({"side": writer.path.name}, facts))
            at, facts = at + count, {}
        return done


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


@dataclass(frozen=True)
class StageInput:
    """The kept shards of the stage before."""

    key: str
    schema: pa.Schema
    files: dict[str, Path]
    sides: dict[str, tuple[Path, ...]]

    def shards(self) -> list[Shard]:
        """The same shards as before, in the same order."""
        out = []
        for name, path in self.files.items():
            rows = sum(row_counts(path))
            out.append(Shard(name, list(scans(path, self.sides[name], self.schema)), rows, path.stat().st_size))
        return out


class _Sink:
    """Where a shard's rows go: kept to one file, rejected to another, counts into facts."""

    def __init__(self, folder: Path, name: str, program: Program) -> None:
        self.program = program
        self.name = name
        self.kept = Writer(folder / f"{name}.{unique()}.arrow", program.kept)
        self.gone: Writer | None = None
        self.folder = folder
        self.rows = 0
        self.facts: Facts = {"rows": 0, "steps": {}, "profiles": {}, "reasons": {}}

    def take(self, batch: pa.RecordBatch, counted: list[str]) -> None:
        """One batch of ``program.out`` and what was counted on its way."""
        for said in counted:
            self.facts = merge_facts(self.facts, json.loads(said))
        step = batch.column(batch.schema.get_field_index("_step"))
        kept = batch.filter(step.is_null())
        if kept.num_rows:
            self.kept.write(kept.select(self.program.kept.names).cast(self.program.kept))
        if kept.num_rows < batch.num_rows:
            gone = batch.filter(step.is_valid()).select(self.program.rejected.names)
            self._reasons(gone)
            if self.gone is None:
                self.gone = Writer(self.folder / f"{self.name}.{unique()}.rejected.arrow", self.program.rejected)
            self.gone.write(gone.cast(self.program.rejected))
        self.rows += batch.num_rows

    def _reasons(self, gone: pa.RecordBatch) -> None:
        keys = pc.binary_join_element_wise(pc.cast(gone.column("_step"), pa.string()), gone.column("_reason"), "\t")
        counts = {e["values"]: e["counts"] for e in pc.value_counts(keys).to_pylist()}
        self.facts = merge_facts(self.facts, {"reasons": counts})

    def close(self) -> Piece:
        """Name the files."""
        self.facts["rows"] = self.rows
        self.kept.close()
        files = {"kept": self.kept.path.name}
        if self.gone is not None:
            self.gone.close()
            files["rejected"] = self.gone.path.name
        return Piece(files, self.facts)

    def abandon(self) -> None:
        """Remove the unfinished files."""
        self.kept.abandon()
        if self.gone is not None:
            self.gone.abandon()


def stage_key(source: str, program: Program) -> str:
    """The name of what a program makes of a source: equal keys, equal rows."""
    return hashlib.sha256(f"{source} {program.digest}".encode()).hexdigest()


def merge_facts(a: Facts, b: Facts) -> Facts:
    """Counts of two shards or batches together."""
    out: Facts = {n: a.get(n, 0) + b.get(n, 0) for n in ("rows", "bytes")}
    steps: dict[str, dict[str, Any]] = {k: dict(v) for k, v in a.get("steps", {}).items()}
    for k, v in b.get("steps", {}).items():
        have = steps.get(k, {})
        steps[k] = {n: have.get(n, 0) + v.get(n, 0) for n in {**have, **v}}
    profiles = dict(a.get("profiles", {}))
    for k, v in b.get("profiles", {}).items():
        profiles[k] = merge(profiles[k], v) if k in profiles else v
    reasons = dict(a.get("reasons", {}))
    for k, v in b.get("reasons", {}).items():
        reasons[k] = reasons.get(k, 0) + v
    return out | {"steps": steps, "profiles": profiles, "reasons": reasons}


def check_errors(facts: Facts, share: float) -> None:
    """Fail a run in which an operator raised on too many rows.

    Raises:
        DataError: more than SHARE of the rows of a step failed in its operator.
    """
    for index, step in facts.get("steps", {}).items():
        if step["errors"] > share * max(step["in"], 1):
            raise DataError(
                f"step {index} failed on {step['errors']:,} of {step['in']:,} rows, above max_error_rate {share:.1%}",
                fix="look at the rejected rows' reasons, or raise max_error_rate in the recipe",
                step=int(index),
            )


def stream(paths: list[Path], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of stage files in SCHEMA; missing columns are null."""
    from zhuoyu.engine.selection import align

    for path in paths:
        for batch in batches(path):
            if batch.num_rows:
                yield align(batch, schema)
