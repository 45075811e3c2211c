"""What a stage and a Relate say of themselves while they work: it adds up, ends where the facts do, and its time left is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engine.kit import SCHEMA, ListInput, MemoryLedger, run, step
from zhuoyu.engine import progress
from zhuoyu.engine.ledger import Progress
from zhuoyu.engine.program import Program
from zhuoyu.engine.progress import Pace, Place
from zhuoyu.engine.table import Shard, TableRun
from zhuoyu.recipe.plan import Stage

TEXT = "a walk by the river in the early light of a morning that nobody had asked for and everybody liked"
WORDS = TEXT.split()
TEXTS = tuple(" ".join(WORDS[: i % 19]) if i % 11 else None for i in range(300))
STEPS = [
    step(0, "text.length"),
    step(1, "keep text_words >= 3"),
    step(2, "text.normalize", drops=("text_words", "text_chars")),
    step(3, "text.shares"),
    step(4, "keep text_alpha_share > 0.85"),
]


@dataclass
class Heard:
    said: list[Progress] = field(default_factory=list)

    def __call__(self, p: Progress) -> None:
        self.said.append(p)

    def of(self, kind: str, stage: int = 0) -> list[Progress]:
        return [p for p in self.said if (p.kind, p.stage) == (kind, stage)]


def adds_up(p: Progress) -> None:
    """Every step gets what the one before it kept; the first one what the reader could read."""
    assert p.steps[0].rows == p.rows - p.unread
    for before, after in pairwise(p.steps):
        assert after.rows == before.rows - before.rejected


@pytest.mark.parametrize(("shard_rows", "batch_rows"), [(1_000, 1_000), (70, 20), (7, 3)])
def test_every_message_adds_up_and_the_last_one_is_what_was_counted(tmp_path: Path, shard_rows: int, batch_rows: int) -> None:
    heard = Heard()
    result = TableRun(MemoryLedger(tmp_path), heard, of=1).run(ListInput(TEXTS, shard_rows, batch_rows), [Stage(STEPS)])
    said = heard.of("stage")
    assert len(said) >= 2 + len(TEXTS) // shard_rows
    for p in said:
        adds_up(p)
    assert all(a.rows <= b.rows and a.share <= b.share for a, b in pairwise(said))
    assert (said[0].edge, said[0].rows, said[-1].edge, said[-1].share) == (True, 0, True, 1)
    lost: dict[int, int] = {}
    for key, count in result.facts["reasons"].items():
        lost[int(key.partition("\t")[0])] = lost.get(int(key.partition("\t")[0]), 0) + count
    assert {s.index: s.rejected for s in said[-1].steps if s.rejected} == lost
    assert {str(s.index): (s.rows, s.seconds) for s in said[-1].steps} == {
        k: (v["in"], pytest.approx(v["seconds"])) for k, v in result.facts["steps"].items()
    }
    assert sum(lost.values()) > 50


def test_rows_that_the_reader_could_not_read_are_said(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Scan:
        def read(self) -> Iterator[pa.RecordBatch]:
            rows = [{"_id": str(i), "text": "some text here", "_error": "bad bytes: x" if i % 10 == 0 else None} for i in range(70)]
            yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)

    @dataclass(frozen=True)
    class Source:
        key: str = "unread"
        schema: pa.Schema = SCHEMA

        def shards(self) -> list[Shard]:
            return [Shard("00000", [Scan()], None, 1_000)]

    heard = Heard()
    TableRun(MemoryLedger(tmp_path), heard).run(Source(), [Stage(STEPS)])
    adds_up(heard.said[-1])
    assert (heard.said[-1].rows, heard.said[-1].unread) == (70, 7)


def test_a_run_that_goes_on_counts_what_was_done_before_but_no_rate_of_it(tmp_path: Path) -> None:
    ledger, source, first, again = MemoryLedger(tmp_path), ListInput(TEXTS, 50, 20), Heard(), Heard()
    TableRun(ledger, first).run(source, [Stage(STEPS)])
    ledger.shards = dict(list(ledger.shards.items())[:4])
    TableRun(ledger, again).run(source, [Stage(STEPS)])
    start, end = again.said[0], again.said[-1]
    assert (start.rows, start.share, start.speed, start.left) == (200, pytest.approx(2 / 3), None, None)
    assert [(s.rows, s.rejected) for s in end.steps] == [(s.rows, s.rejected) for s in first.said[-1].steps]
    TableRun(ledger, again).run(source, [Stage(STEPS)])
    assert [(p.share, p.rows) for p in again.said[-2:]] == [(1, 300), (1, 300)]


NEAR = tuple(f"{TEXT} copy {i % 40} of {' '.join(reversed(WORDS))}" for i in range(200)) + tuple(
    f"text {i} alone with {i * i} words of {i + 1} kinds" for i in range(50)
)


def near() -> Stage:
    return Stage([step(0, "text.length")], [step(1, "relate.near_duplicates", params={"threshold": 0.8})])


def test_a_relate_says_what_it_fetched_and_its_signatures_have_their_time(tmp_path: Path) -> None:
    heard = Heard()
    result = TableRun(MemoryLedger(tmp_path), heard, of=2).run(ListInput(NEAR, 60, 25), [near(), Stage([step(2, "text.length")])])
    said = heard.of("relate")
    assert [p.edge for p in said if p.edge] == [True, True]
    assert (said[0].rows, said[0].rows_total, said[0].name) == (0, len(NEAR), "relate.near_duplicates")
    assert all(a.rows <= b.rows <= len(NEAR) for a, b in pairwise(said))
    # 200 copies are 40 texts and all near each other; the 50 others need no comparison
    assert 40 <= said[-1].rows <= 90
    signing = heard.of("stage")[-1].steps[-1]
    assert (signing.text, signing.rows, signing.seconds > 0) == ("signatures of relate.near_duplicates", len(NEAR), True)
    assert result.facts["steps"]["1"]["in"] == len(NEAR)
    assert result.facts["steps"]["1"]["signing"] == pytest.approx(signing.seconds)


def test_a_watch_that_raises_stops_a_relate_in_its_next_fetch(tmp_path: Path) -> None:
    class Enough(BaseException):
        pass

    def watch(p: Progress) -> None:
        if p.kind == "relate" and p.rows:
            raise Enough

    ledger = MemoryLedger(tmp_path)
    with pytest.raises(Enough):
        TableRun(ledger, watch).run(ListInput(NEAR), [near(), Stage()])
    assert ledger.commits == 1


def test_a_relate_that_fetches_nothing_begins_and_ends(tmp_path: Path) -> None:
    heard = Heard()
    stages = [Stage([], [step(0, "relate.exact_duplicates")]), Stage()]
    TableRun(MemoryLedger(tmp_path), heard).run(ListInput(TEXTS), stages)
    assert [(p.rows, p.rows_total, p.edge) for p in heard.of("relate")] == [(0, 300, True), (0, 300, True)]


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


@pytest.mark.parametrize("weight", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("known", [True, False])
def test_bytes_and_time_left_are_right_at_a_steady_pace(monkeypatch: pytest.MonkeyPatch, weight: float, known: bool) -> None:
    """Four shards of 1,000 rows and 100 kB, 100 rows and a second a batch; in memory a row weighs WEIGHT times its file bytes."""
    clock, heard = Clock(monkeypatch), Heard()
    shards = [Shard(str(i), [], 1_000 if known else None, 100_000) for i in range(4)]
    pace = Pace(Place(0, 1, "x"), Program(SCHEMA, tuple(STEPS)), shards, heard)
    clock.now += 60  # compiling: no part of the pace
    pace.begin()
    truth: list[tuple[float, float]] = []
    for n, shard in enumerate(shards):
        for batch in range(1, 11):
            clock.now += 1
            pace.at(shard, 100 * batch, facts(round(100 * batch * 100 * weight)))
            truth.append((n * 10 + batch, 40 - n * 10 - batch))
        pace.finished(shard, facts(round(100_000 * weight)) | {"rows": 1_000})
    pace.end()
    said = heard.of("stage")[1:-1]
    sure = zip(said, truth, strict=True) if known or weight == 1 else list(zip(said, truth, strict=True))[10:]
    for p, (done, left) in sure:
        assert p.share == pytest.approx(done / 40, abs=0.001)
        assert p.bytes == pytest.approx(10_000 * done, rel=0.01)
        if p.left is not None and (known or weight == 1):
            assert p.left == pytest.approx(left, abs=0.1)
    assert sum(p.left is not None for p in said) >= 30
    assert all(0 <= p.share <= 1 and p.bytes <= 400_000 for p in heard.said)
    assert (heard.said[-1].bytes, heard.said[-1].speed) == (400_000, 10_000)


def facts(weighed: int) -> dict[str, Any]:
    return {"bytes": weighed, "steps": {}, "reasons": {}}


def test_a_shard_that_turns_out_heavier_says_no_time_left_rather_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, heard = Clock(monkeypatch), Heard()
    shard = Shard("0", [], None, 100_000)
    pace = Pace(Place(0, 1, "x"), Program(SCHEMA, tuple(STEPS)), [shard], heard)
    pace.begin()
    for batch in range(1, 41):  # gzip: four times as much in memory as on disk
        clock.now += 1
        pace.at(shard, 100 * batch, facts(10_000 * batch))
    assert {p.left for p in heard.said[10:]} == {None}
    assert heard.said[-1].bytes == 100_000


def test_what_a_step_says_is_bounded(tmp_path: Path) -> None:
    heard = Heard()
    long = step(0, f"keep text in ({', '.join(repr(str(i)) for i in range(2_000))})")
    TableRun(MemoryLedger(tmp_path), heard).run(ListInput(("1", "x")), [Stage([long])])
    assert max(len(s.text) for p in heard.said for s in p.steps) < 200
    assert max(len(p.name) for p in heard.said) < 200


def test_counting_changes_no_key(tmp_path: Path) -> None:
    """The names of finished stages hold the computation and its input only: a run reuses what one before it counted otherwise."""
    ledger = MemoryLedger(tmp_path)
    first = run(tmp_path, ListInput(TEXTS), Stage(STEPS), ledger=ledger)
    for piece in ledger.shards.values():
        del piece.facts["bytes"]
    again = run(tmp_path, ListInput(TEXTS), Stage(STEPS), ledger=ledger)
    assert (again.reused, again.stages) == (1, first.stages)
