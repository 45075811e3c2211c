"""Landing real files and reading them back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu import collect
from zhuoyu.record import SYSTEM


class Bench:
    """A folder for sources, a folder for batches, and the way from one to the other."""

    def __init__(self, folder: Path) -> None:
        self.src, self.batches = folder / "src", folder / "batches"
        self.src.mkdir()

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.src / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, *read: str, progress: Callable[[int, int], None] | None = None, **said: Any) -> collect.Landed:
        request = collect.Request(read=list(read) or [str(self.src)], **{"name": "s", "base": self.src, **said})
        return collect.land(request, self.batches, progress)

    def batch(self, landed: collect.Landed) -> collect.Batch:
        return collect.open_batch(landed.manifest, self.batches)

    def rows(self, landed: collect.Landed, shard_bytes: int = 1 << 40) -> pa.Table:
        """All rows, through tasks that have travelled."""
        batch = self.batch(landed)
        groups = [pickle.loads(pickle.dumps(g)) for g in batch.tasks(shard_bytes)]
        return pa.Table.from_batches([b for g in groups for b in collect.read_many(g)], self.schema(batch))

    def schema(self, batch: collect.Batch) -> pa.Schema:
        return pa.schema([*SYSTEM, *batch.schema, pa.field("_error", pa.string())])

    def read(self, *read: str, **said: Any) -> list[dict[str, Any]]:
        return self.rows(self.land(*read, **said)).to_pylist()
