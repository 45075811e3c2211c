"""Landed batches as the engine's input: what one verb wrote, made readable for another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu import collect
from zhuoyu.engine.program import ERROR
from zhuoyu.engine.selection import align
from zhuoyu.engine.table import Shard
from zhuoyu.record import SYSTEM

_SCANS = 8


@dataclass(frozen=True)
class BatchScan:
    """Some tasks of a landed batch, read together."""

    tasks: tuple[Any, ...]
    schema: pa.Schema

    def read(self) -> Iterator[pa.RecordBatch]:
        """Batches of ``schema``; small files are coalesced."""
        for batch in collect.read_many(list(self.tasks)):
            yield align(batch, self.schema)


@dataclass
class BatchInput:
    """The batches of one table, concatenated."""

    batches: list[collect.Batch]
    shard_bytes: int
    columns: pa.Schema
    """The user's columns, of all batches together."""
    schema: pa.Schema = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.schema = pa.schema([*SYSTEM, *self.columns, ERROR])
        self.key = hashlib.sha256(" ".join(["batches", str(self.shard_bytes), *(b.digest for b in self.batches)]).encode()).hexdigest()

    def shards(self) -> list[Shard]:
        """One after another, batch by batch."""
        out: list[Shard] = []
        for batch in self.batches:
            for tasks in batch.tasks(self.shard_bytes):
                size = sum(t.bytes for t in tasks)
                out.append(Shard(f"{len(out):05d}", list(_cut(tasks, self.schema, size)), None, size))
        return out


def _cut(tasks: list[Any], schema: pa.Schema, size: int) -> Iterator[BatchScan]:
    """A shard in about eight scans, so that reading and row work overlap on two cores."""
    piece: list[Any] = []
    held = 0
    for task in tasks:
        piece.append(task)
        held += task.bytes
        if held >= max(size / _SCANS, 1_000_000):
            yield BatchScan(tuple(piece), schema)
            piece, held = [], 0
    if piece:
        yield BatchScan(tuple(piece), schema)


def open_batches(home: Path, manifests: list[str]) -> list[collect.Batch]:
    """Landed batches by their manifests (relative to the workspace)."""
    return [collect.open_batch(home / m, home / "batches") for m in manifests]
