"""Stages: what is kept, rejected, counted, reused, expanded and joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engine.kit import SCHEMA, ListInput, MemoryLedger, kept, rejected, run, step
from zhuoyu.engine.expand import ExpandInput
from zhuoyu.engine.join import nanos
from zhuoyu.engine.selection import Selection
from zhuoyu.engine.table import Shard, TableRun
from zhuoyu.errors import DataError, OpError, SpecError
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.model import JoinStep
from zhuoyu.recipe.plan import PlannedStep, Stage

TEXTS = ("one two three four five six", None, "a b", "first part here\n\nsecond part there", "你好，世界。再见！")


def test_every_row_is_kept_or_rejected_with_its_reason(tmp_path: Path) -> None:
    out = run(tmp_path, ListInput(TEXTS), Stage([step(0, "text.length"), step(1, "keep text_words >= 3", because="short")]))
    assert [r["_id"] for r in kept(out)] == ["00000", "00003", "00004"]
    assert [(r["_id"], r["_step"], r["_reason"], r["_found"]) for r in rejected(out)] == [
        ("00001", 1, "unknown: text_words is null", "text_words >= 3"),
        ("00002", 1, "short", "text_words = 2"),
    ]


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        ({}, ["00000", "00003", "00004"]),
        ({"null_keeps": True}, ["00000", "00001", "00003", "00004"]),
        ({"when": Condition.parse("text_chars > 100")}, ["00000", "00001", "00002", "00003", "00004"]),
        ({"when": Condition.parse("text_chars < 5")}, ["00000", "00001", "00003", "00004"]),
    ],
)
def test_null_keep_and_when(tmp_path: Path, more: dict[str, Any], ids: list[str]) -> None:
    out = run(tmp_path, ListInput(TEXTS), Stage([step(0, "text.length"), step(1, "keep text_words >= 3", **more)]))
    assert [r["_id"] for r in kept(out)] == ids


def test_conditions_do_not_stop_measures_of_the_same_scan_but_lazy_does(tmp_path: Path) -> None:
    steps = [step(0, "text.length"), step(1, "keep text_words >= 3"), step(2, "text.shares")]
    whole = run(tmp_path / "a", ListInput(TEXTS), Stage(steps))
    lazy = run(tmp_path / "b", ListInput(TEXTS), Stage([*steps[:2], replace(steps[2], lazy=True)]))
    seen = [out.facts["profiles"]["2\ttext_alpha_share\tshare"]["n"] for out in (whole, lazy)]
    assert seen == [5, 3]


@pytest.mark.parametrize(("shard_rows", "batch_rows"), [(1_000, 1_000), (7, 1_000), (50, 3), (1, 1)])
def test_shards_and_batches_change_neither_rows_nor_leaves(tmp_path: Path, shard_rows: int, batch_rows: int) -> None:
    texts = tuple(f"{t} number {i}" if t else t for i, t in enumerate(TEXTS * 12))
    steps = [step(0, "text.length"), step(1, "keep text_words >= 3"), step(2, "text.normalize", drops=("text_words",))]
    stage = Stage([*steps, step(3, "text.length")])
    out = run(tmp_path / "x", ListInput(texts, shard_rows, batch_rows), stage)
    plain = run(tmp_path / "y", ListInput(texts), stage)
    assert kept(out) == kept(plain)
    assert rejected(out) == rejected(plain)


def test_a_transform_makes_measures_stale_in_what_stays(tmp_path: Path) -> None:
    out = run(tmp_path, ListInput(TEXTS), Stage([step(0, "text.length"), step(1, "text.normalize", drops=("text_words", "text_chars"))]))
    assert "text_words" not in out.kept_schema.names
    assert "text_words" in out.rejected_schema.names


def test_finished_shards_are_reused_and_a_lost_file_is_made_again(tmp_path: Path) -> None:
    ledger = MemoryLedger(tmp_path)
    source, stage = ListInput(TEXTS * 4, shard_rows=5), Stage([step(0, "text.length"), step(1, "keep text_words >= 3")])
    first = run(tmp_path, source, stage, ledger=ledger)
    again = run(tmp_path, source, stage, ledger=ledger)
    assert (first.reused, again.reused, ledger.commits) == (0, 4, 4)
    assert kept(first) == kept(again)
    expected = kept(again)
    first.kept[2].unlink()
    ledger.shards = {k: v for k, v in ledger.shards.items() if v.files["kept"] != first.kept[2].name}
    assert kept(run(tmp_path, source, stage, ledger=ledger)) == expected
    assert ledger.commits == 5


def test_lifted_rows_pass_the_condition_that_would_reject_them(tmp_path: Path) -> None:
    stage = Stage([step(0, "text.length"), step(1, "keep text_words >= 3"), step(2, "keep text_chars >= 4")])
    out = run(tmp_path, ListInput(("a b", "one two three", "abcdefgh")), stage, lifted={1: frozenset({"00000", "00002"})})
    assert [r["_id"] for r in kept(out)] == ["00001", "00002"]
    assert [(r["_id"], r["_step"]) for r in rejected(out)] == [("00000", 2)]


def test_children_name_their_parent_and_a_rejected_parent_has_none(tmp_path: Path) -> None:
    ledger = MemoryLedger(tmp_path)
    expand = step(2, "text.paragraphs")
    parents = run(tmp_path, ListInput(TEXTS), Stage([step(0, "text.length"), step(1, "keep text_words >= 4")]), ledger=ledger)
    child = TableRun(ledger, lambda _: None).run(ExpandInput.of(parents, expand.bound), [Stage([step(3, "text.length")])])
    rows = kept(child)
    assert sorted(r["text"] for r in rows) == sorted(
        ["one two three four five six", "first part here", "second part there", "你好，世界。再见！"]
    )
    assert {r["_parents"][0] for r in rows} == {"00000", "00003", "00004"}
    assert len({r["_id"] for r in rows}) == 4


def _joined(folder: Path, left: tuple[str, ...], right: tuple[str, ...], **said: Any) -> tuple[list, list]:
    ledger = MemoryLedger(folder)
    other = run(folder, ListInput(right, key="right"), Stage([step(0, "text.length")]), ledger=ledger)
    join = PlannedStep(5, "join", "join", "rows", join=JoinStep.model_validate({"with": "other", "on": "text", **said}))
    out = TableRun(ledger, lambda _: None, others={"other": other}).run(ListInput(left), [Stage([join])])
    return kept(out), rejected(out)


def test_join_rejects_rows_without_a_partner_and_left_keeps_them(tmp_path: Path) -> None:
    good, bad = _joined(tmp_path / "a", ("x", "y", "z"), ("x", "z"))
    assert [r["text"] for r in good] == ["x", "z"]
    assert [(r["text"], r["_reason"]) for r in bad] == [("y", "no match in other")]
    good, bad = _joined(tmp_path / "b", ("x", "y", "z"), ("x", "z"), how="left")
    assert len(good) == 3
    assert not bad


def test_join_with_repeated_keys_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="repeat a value"):
        _joined(tmp_path, ("x",), ("x", "x"))


def test_tolerance_is_a_duration() -> None:
    assert nanos("2min") == 120 * 10**9
    with pytest.raises(SpecError, match="duration"):
        nanos("soon")


def test_selection_keeps_the_first_reason() -> None:
    import numpy as np

    sel = Selection(pa.RecordBatch.from_pylist([{"_id": "a"}, {"_id": "b"}], schema=SCHEMA))
    sel.mark(np.array([0]), 1, "first", "x")
    sel.mark(np.array([0, 1]), 2, "second", ["y", "z"])
    gone = [r for piece, keep in sel.pieces() if not keep for r in piece.to_pylist()]
    assert [(r["_id"], r["_reason"], r["_found"]) for r in gone] == [("a", "first", "x"), ("b", "second", "z")]


@dataclass(frozen=True)
class Breaking:
    """A scan that breaks off after some rows."""

    rows: int
    error: Exception

    def read(self) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([{"_id": str(i), "text": "some text"} for i in range(self.rows)], schema=SCHEMA)
        raise self.error


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("error", [DataError("it changed", fix="land it anew"), ValueError("odd")])
def test_a_scan_that_breaks_off_fails_the_shard_whatever_the_engine_says(tmp_path: Path, at: int, error: Exception) -> None:
    scans: list[Any] = [ListInput(("one", "two")).shards()[0].scans[0] for _ in range(4)]
    scans[at] = Breaking(100, error)

    @dataclass(frozen=True)
    class Source:
        key: str = "breaking"
        schema: pa.Schema = SCHEMA

        def shards(self) -> list[Shard]:
            return [Shard("00000", scans, None, None)]

    ledger = MemoryLedger(tmp_path)
    with pytest.raises(DataError if isinstance(error, DataError) else OpError, match=error.args[0].split(";")[0]):
        TableRun(ledger, lambda _: None).run(Source(), [Stage([step(0, "text.length")])])
    assert ledger.commits == 0
    assert not list(tmp_path.rglob("*.arrow"))
