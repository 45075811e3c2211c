"""What the engine asks of whoever keeps its books: it knows no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

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
class StepProgress:
    """One step of a stage so far: rows that came, rows it rejected, seconds of computing (all threads together)."""

    index: int
    text: str
    rows: int
    rejected: int
    seconds: float


@dataclass(frozen=True)
class Progress:
    """How far a stage is, or a Relate behind it (whose rows are those it fetched to compare, of as many at most).

    Rows and bytes are the input's; ``share`` is the part done, 0 to 1; ``unread`` rows the reader could not read.
    """

    kind: Literal["stage", "relate"]
    stage: int
    stages: int
    name: str
    rows: int
    rows_total: int | None
    bytes: int = 0
    bytes_total: int | None = None
    share: float = 0.0
    unread: int = 0
    seconds: float = 0.0
    """Since this process took it up."""
    speed: float | None = None
    """Bytes a second; None: not known."""
    left: float | None = None
    """Seconds, by the pace so far; None: not known yet."""
    steps: tuple[StepProgress, ...] = ()
    edge: bool = False
    """The first or the last word about it: not to be left out."""


Watch = Callable[[Progress], None]
"""Called after each batch and each fetch; raising in it stops the run."""
