"""An engine without a database: a ledger in memory and an input in memory. Both are what the engine's Protocols ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu.engine.ledger import Piece
from zhuoyu.engine.program import ERROR
from zhuoyu.engine.table import Shard, TableResult, TableRun, stream
from zhuoyu.op import Bound
from zhuoyu.ops import load
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.plan import PlannedStep, Stage
from zhuoyu.record import SYSTEM

SCHEMA = pa.schema([*SYSTEM, pa.field("text", pa.large_string()), ERROR])


@dataclass
class MemoryLedger:
    folder: Path
    shards: dict[tuple[str, str], Piece] = field(default_factory=dict)
    commits: int = 0

    def done(self, stage: str) -> dict[str, Piece]:
        return {shard: piece for (key, shard), piece in self.shards.items() if key == stage}

    def commit(self, stage: str, shard: str, piece: Piece) -> Piece:
        self.commits += 1
        return self.shards.setdefault((stage, shard), piece)


@dataclass(frozen=True)
class ListScan:
    rows: tuple[dict[str, Any], ...]
    size: int

    def read(self) -> Iterator[pa.RecordBatch]:
        for at in range(0, len(self.rows), self.size):
            yield pa.RecordBatch.from_pylist(list(self.rows[at : at + self.size]), schema=SCHEMA)


@dataclass(frozen=True)
class ListInput:
    texts: tuple[str | None, ...]
    shard_rows: int = 1_000_000
    batch_rows: int = 1_000
    key: str = "list"
    schema: pa.Schema = SCHEMA

    def shards(self) -> list[Shard]:
        rows = [
            {"_id": f"{i:05d}", "_origin": {"source": "list", "uri": "list", "locator": str(i)}, "text": t}
            for i, t in enumerate(self.texts)
        ]
        cut = [rows[i : i + self.shard_rows] for i in range(0, len(rows), self.shard_rows)]
        return [Shard(f"{n:05d}", [ListScan(tuple(r), self.batch_rows)], len(r), None) for n, r in enumerate(cut)]


def step(index: int, what: str, **more: Any) -> PlannedStep:
    """A step by hand: ``keep …`` or an operator's name."""
    if what.startswith("keep "):
        return PlannedStep(index, "keep", what, "rows", condition=Condition.parse(what[5:]), **more)
    params = more.pop("params", {})
    bound = Bound(load(what)(**params))
    return PlannedStep(index, bound.op.kind(), what, "rows", bound=bound, **more)  # type: ignore[arg-type]


def run(folder: Path, source: ListInput, *stages: Stage, ledger: MemoryLedger | None = None, **more: Any) -> TableResult:
    return TableRun(ledger or MemoryLedger(folder), lambda _: None, **more).run(source, list(stages))


def kept(result: TableResult) -> list[dict[str, Any]]:
    return sorted((r for b in stream(result.kept, result.kept_schema) for r in b.to_pylist()), key=lambda r: r["_id"])


def rejected(result: TableResult) -> list[dict[str, Any]]:
    return sorted((r for b in stream(result.rejected, result.rejected_schema) for r in b.to_pylist()), key=lambda r: r["_id"])
