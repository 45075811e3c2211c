"""Recipes and files that are odd but right, and mistakes that must be one sentence, through the command line."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flow.walk import Walk, make

LONG = "alpha beta gamma delta words, a second sentence here.\n\nNext paragraph with more words in it, again."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("odd")
    rows = [{"key": k, "text": t} for k, t in [("a", LONG), ("b", LONG + "!"), ("c", "unmatched text of some words")]]
    (folder / "left.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (folder / "right.jsonl").write_text('{"key": "a", "Score Of": 1}\n{"key": "b", "Score Of": 2}\n', encoding="utf-8")
    (folder / "one.csv").write_text("ts,v\n2024-01-01T00:00:00,1\n2024-01-01T00:10:00,2\n2024-01-02T00:00:00,3\n", encoding="utf-8")
    (folder / "two.csv").write_text("ts,w\n2024-01-01T00:00:03,10\n2024-01-01T00:10:50,20\n", encoding="utf-8")
    (folder / "body.csv").write_text("id,body\n" + "".join(f"{i},some words of the body {i}\n" for i in range(9)), encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if k != "ZHUOYU_DATABASE_URL"}
    return Walk(folder, {**env, "ZHUOYU_HOME": str(folder / "home"), "ZHUOYU_LANGUAGE": "en"})


def recipe(place: Walk, name: str, source: str, steps: str = "[]", more: str = "") -> str:
    (place.folder / f"{name}.yaml").write_text(f"dataset: {name}\nsource: {source}\nsteps: {steps}\n{more}", encoding="utf-8")
    return f"{name}.yaml"


def test_decimals_and_odd_names_reach_a_version_that_verifies(place: Walk) -> None:
    n = 30
    table = pa.table(
        {
            "text": [f"this is document {i} of some words" for i in range(n)],
            "My Col": range(n),
            "标签": [f"标{i}" for i in range(n)],
            "dec": [decimal.Decimal(f"{i}.25") for i in range(n)],
            "decs": [[decimal.Decimal(f"{i}.25")] for i in range(n)],
            "st": [{"a": i, "at": dt.datetime(2024, 1, 1)} for i in range(n)],
            "none": pa.nulls(n),
        }
    )
    pq.write_table(table, place.folder / "types.parquet")
    steps = """[{keep: '"My Col" >= 3 and "标签" is not null'}, {keep: dec > 4}, {keep: st.a > 9}]"""
    file = recipe(place, "types", "[{read: types.parquet}]", steps)
    said = place.json("run", file)
    assert said["rows"] == {"read": n, "kept": 20, "rejected": 10}
    assert place.json("verify", "types")["status"] == "ok"


def test_a_version_without_a_table_called_rows_has_a_report_and_a_join_obeys_its_tolerance(place: Walk) -> None:
    source = "[{read: one.csv, into: one}, {read: two.csv, into: two}]"
    steps = "[{{join: {{with: two, on: ts, tolerance: {}}}, table: one}}]"
    near = place.json("run", recipe(place, "near", source, steps.format("10s")))
    assert Path(near["report"]).is_file()
    assert near["rows"] == {"read": 5, "kept": 3, "rejected": 2}
    assert {r["w"] for r in place.json("show", "near")["rows"]} == {10}
    far = place.json("run", recipe(place, "near", source, steps.format("1min")))
    assert far["rows"] == {"read": 5, "kept": 4, "rejected": 1}, "a finished stage of another tolerance was taken"


def test_plan_of_a_join_says_its_steps(place: Walk) -> None:
    file = recipe(place, "joined", "[{read: left.jsonl}, {read: right.jsonl, into: scores}]", "[{join: {with: scores, on: key}}]")
    assert any("join" in line for line in place.json("plan", file)["lines"])


def test_when_limits_an_expand(place: Walk) -> None:
    steps = "[{text.paragraphs: {into: para, when: key = 'a'}}, {keep: text_words >= 1, table: para}]"
    place.json("run", recipe(place, "parts", "[{read: left.jsonl}]", steps))
    tables = place.json("show", "parts")["tables"]
    assert (tables["rows"]["rows"], tables["para"]["rows"]) == (3, 2)


def test_the_schema_is_frozen_at_the_first_seal(place: Walk) -> None:
    data = place.folder / "grow.jsonl"
    data.write_text('{"text": "one", "n": 1}\n', encoding="utf-8")
    file = recipe(place, "grow", "[{read: grow.jsonl}]")
    place.json("run", file)
    data.write_text('{"text": "one", "n": 1, "extra": 2}\n', encoding="utf-8")
    assert "extra" in place.json("run", file, code=3)["message"]
    assert place.json("run", recipe(place, "grow", "[{read: grow.jsonl}]", more="schema: extend\n"))["version"] == "grow@2"
    data.write_text('{"text": "one", "n": "x", "extra": 2}\n', encoding="utf-8")
    assert "'n' was int64" in place.json("run", "grow.yaml", code=3)["message"]
    assert len(place.json("versions", "grow")["versions"]) == 2


def test_assess_of_a_file_without_a_text_column_says_what_to_do(place: Walk) -> None:
    wrong = place.json("assess", "body.csv", code=2)
    assert "--text" in wrong["message"]
    assert "body" in wrong["message"]
    (place.folder / "mine.yaml").write_text("preset: first-look\nname: mine\nindicators: {LG-02: null}\n", encoding="utf-8")
    found = place.json("assess", "body.csv", "--text", "body", "--plan", "mine.yaml")
    assert found["verdict"]["status"] in ("passed", "not_passed")
    assert "LG-02" not in {i["id"] for i in found["indicators"]}


@pytest.mark.parametrize(
    ("args", "env", "code"),
    [
        (["versions"], {"ZHUOYU_ENGINE": "spark"}, 2),
        (["versions"], {"ZHUOYU_LANGUAGE": "de"}, 2),
        (["run"], {}, 2),
        (["run", "x.yaml", "--limit", "0"], {}, 2),
        (["nonsense"], {}, 2),
        (["assess", "not/there.csv"], {}, 3),
    ],
)
def test_mistakes_are_one_json_object_and_never_a_traceback(place: Walk, args: list[str], env: dict[str, str], code: int) -> None:
    said = json.loads(place.call(*args, "--json", code=code, **env))
    assert said["message"]


def test_a_parameter_that_a_measure_has_not_is_a_sentence(place: Walk) -> None:
    place.json("run", recipe(place, "plain", "[{read: left.jsonl}]"))
    assert "zz" in place.json("measure", "plain", "text.length", "-p", "zz=1", "--as", "other", code=2)["message"]


def test_an_edited_event_log_and_an_interrupt_before_the_run_leave_their_exit_codes(place: Walk) -> None:
    place.json("run", recipe(place, "logged", "[{read: left.jsonl}]"))
    with sqlite3.connect(place.home / "zhuoyu.db") as db:
        db.execute("UPDATE event SET actor = 'somebody else'")
    db.close()
    assert place.json("audit", "verify", code=3)["ok"] is False
    child = place.popen("run", "logged.yaml", "--fresh")
    time.sleep(0.4)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode in (130, -signal.SIGINT)


def test_a_version_without_kept_rows_never_passes(tmp_path: Path) -> None:
    place = make(tmp_path, packages=("json",), reviews=3)
    text = (place.folder / "dataset.yaml").read_text().replace("text_words >= 5", "text_words >= 50000000") + "assess: pretrain-text\n"
    (place.folder / "none.yaml").write_text(text.replace("dataset: stdlib-text", "dataset: none"))
    said = place.json("run", "none.yaml")
    assert said["rows"]["kept"] == 0
    assert said["verdict"] != "passed"
