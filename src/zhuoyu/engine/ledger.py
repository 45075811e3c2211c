"""What the engine asks of whoever keeps its books: it knows no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Facts = dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """One committed shard: files relative to the stage folder, and what was counted."""

    files: dict[str, str]
    facts: Facts


class Ledger(Protocol):
    """Where shards are committed. A shard that is not in it does not exist, whatever lies on disk."""

    folder: Path
    """Below it each stage has a folder named by its key."""

    def done(self, stage: str) -> dict[str, Piece]:
        """The committed shards of a stage."""
        ...

    def commit(self, stage: str, shard: str, piece: Piece) -> Piece:
        """Commit a shard; returns the one that counts, which another process may have committed first."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a stage is. ``steps``: index -> rows so far."""

    stage: int
    stages: int
    name: str
    rows: int
    rows_total: int | None
    bytes: int
    bytes_total: int | None
    rejected: int
    steps: dict[str, int] = field(default_factory=dict)


Watch = Callable[[Progress], None]
"""Called a few times a second; raising in it stops the run."""
