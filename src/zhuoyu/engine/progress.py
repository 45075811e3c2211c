"""How far a stage, or a Relate after it, is: rates and the time left, from what its batches counted anyway."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zhuoyu.engine.ledger import Facts, Progress, StepProgress, Watch
from zhuoyu.engine.program import Program
from zhuoyu.engine.selection import READER

_TEXT = 160
"""Characters of a step's text that a message carries: a condition may list thousands of values."""
_SETTLED = 1.0
"""Seconds of work before a time left is said."""

_NEARLY = 0.99
"""From here on no time left is said: an estimate of bytes that ends too early would say 0 for ever."""

_NOTHING = (0.0, 0.0, 0.0, 0.0)


class Part(Protocol):
    """What is asked of a shard."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def rows(self) -> int | None:
        """Its rows, where they are known before it is read."""
        ...

    @property
    def bytes(self) -> int | None:
        """Bytes it reads."""
        ...


@dataclass(frozen=True)
class Place:
    """Which of a run's stages this is, and what it is called."""

    stage: int
    stages: int
    name: str


class Pace:
    """A stage on its way: what finished shards counted, and the shard at work.

    Bytes inside a shard are estimated: by its rows where they are known, else by what the batches weigh in memory, set
    right by the shards that are finished.
    """

    def __init__(self, place: Place, program: Program, shards: Collection[Part], watch: Watch) -> None:
        self._place, self._watch = place, watch
        self._texts = [(s.index, s.text[:_TEXT], "seconds") for s in program.steps]
        self._texts += [(s.index, f"signatures of {s.text[:_TEXT]}", "signing") for s in program.relates]
        self._rows_total = None if any(s.rows is None for s in shards) else sum(s.rows or 0 for s in shards)
        self._bytes_total = None if any(s.bytes is None for s in shards) else sum(s.bytes or 0 for s in shards)
        self._rows = self._bytes = self._sized = self._weighed = 0
        self._counted: dict[str, list[float]] = {}
        self._begun = time.monotonic()
        self._from: tuple[float, float, int] | None = None

    def finished(self, shard: Part, facts: Facts) -> None:
        """A shard is done, now or by an earlier run."""
        self._rows += facts["rows"]
        self._bytes += shard.bytes or 0
        if facts.get("bytes"):
            self._sized, self._weighed = self._sized + (shard.bytes or 0), self._weighed + facts["bytes"]
        self._counted = _together(self._counted, _counts(facts))

    def begin(self) -> None:
        """Say that work begins; what is finished by now counts for no rate."""
        self._begun = time.monotonic()
        self._start = (self._begun, self._share(self._rows, self._bytes), self._bytes)
        self._say(self._rows, self._bytes, self._counted, self._start, edge=True)

    def at(self, shard: Part, rows: int, facts: Facts) -> None:
        """Say how far it is: ROWS of SHARD are done, and FACTS counted.

        Its pace is measured from the first batch on: what opening operators and compiling kernels takes, it takes once.
        """
        size = self._bytes + self._within(shard, rows, facts)
        rows += self._rows
        self._from = self._from or (time.monotonic(), self._share(rows, size), size)
        self._say(rows, size, _together(self._counted, _counts(facts)), self._from)

    def end(self) -> None:
        """Say how it ended."""
        self._say(self._rows, self._bytes, self._counted, self._start, edge=True)

    def _within(self, shard: Part, rows: int, facts: Facts) -> int:
        size = shard.bytes or 0
        if shard.rows:
            return size * rows // shard.rows
        weight = self._sized / self._weighed if self._sized else 1.0
        return min(int(facts.get("bytes", 0) * weight), size)

    def _share(self, rows: int, size: int) -> float:
        """The part of the stage that is done, 0 to 1; 0 also when nothing tells. Bytes go first: rows may be long or short."""
        done, total = (size, self._bytes_total) if self._bytes_total else (rows, self._rows_total)
        return min(done / total, 1.0) if total else 0.0

    def _say(
        self, rows: int, size: int, counted: Mapping[str, Sequence[float]], since: tuple[float, float, int], *, edge: bool = False
    ) -> None:
        now, share = time.monotonic(), self._share(rows, size)
        spent, moved, read = now - since[0], share - since[1], size - since[2]
        known = spent > 0 and moved > 0
        self._watch(
            Progress(
                "stage",
                self._place.stage,
                self._place.stages,
                self._place.name[:_TEXT],
                rows,
                self._rows_total,
                size,
                self._bytes_total,
                share=share,
                unread=int(counted.get(str(READER), _NOTHING)[1]),
                seconds=now - self._begun,
                speed=read / spent if known and read else None,
                left=spent * (1 - share) / moved if known and spent > _SETTLED and share < _NEARLY else None,
                steps=self._steps(rows, counted),
                edge=edge,
            )
        )

    def _steps(self, rows: int, counted: Mapping[str, Sequence[float]]) -> tuple[StepProgress, ...]:
        out = []
        standing = rows - int(counted.get(str(READER), _NOTHING)[1])
        for index, text, clock in self._texts:
            came, lost, seconds, signing = counted.get(str(index), _NOTHING)
            came = standing if clock == "signing" else came
            out.append(StepProgress(index, text, int(came), int(lost), signing if clock == "signing" else seconds))
            standing = int(came - lost)
        return tuple(out)


def _counts(facts: Facts) -> dict[str, list[float]]:
    """Of each step: rows that came, rows it rejected, seconds of computing, seconds of signing."""
    out = {k: [v["in"], 0.0, v["seconds"], v.get("signing", 0.0)] for k, v in facts.get("steps", {}).items()}
    for key, count in facts.get("reasons", {}).items():
        out.setdefault(key.partition("\t")[0], list(_NOTHING))[1] += count
    return out


def _together(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {k: [x + y for x, y in zip(a.get(k, _NOTHING), b.get(k, _NOTHING), strict=True)] for k in {**a, **b}}


class Comparing:
    """A Relate on its way: it says nothing itself, but the rows it fetches go through our hands.

    It may fetch fewer rows than there are, so what is left is a bound.
    """

    def __init__(self, place: Place, total: int, watch: Watch) -> None:
        self._place, self._total, self._watch = place, total, watch
        self._rows = 0
        self._begun = time.monotonic()
        self._first: float | None = None

    def fetching(self) -> None:
        """The clock of the comparison runs from the first fetch: what comes before is no part of its pace."""
        if self._first is None:
            self._first = time.monotonic()

    def fetched(self, rows: int) -> None:
        """ROWS more were fetched."""
        self._rows = min(self._rows + rows, self._total)
        self.say()

    def say(self, *, edge: bool = False) -> None:
        """Say how far it is."""
        now = time.monotonic()
        spent = now - self._first if self._first is not None else 0.0
        left = spent * (self._total - self._rows) / self._rows if self._rows and spent > _SETTLED else None
        self._watch(
            Progress(
                "relate",
                self._place.stage,
                self._place.stages,
                self._place.name[:_TEXT],
                self._rows,
                self._total,
                share=self._rows / self._total if self._total else 0.0,
                seconds=now - self._begun,
                left=left,
                edge=edge,
            )
        )
