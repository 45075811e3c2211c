"""What a start loads and what it leaves for later, and a run's process that gets no run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from flow import walk
from zhuoyu import ops
from zhuoyu.assess.report import words
from zhuoyu.flow.child import Child

HEAVY = ("alembic", "daft", "duckdb", "jinja2", "lance", "numba", "numpy", "pyarrow", "pydantic", "sqlalchemy", "sqlglot")
STARTS = {
    "the command line before it knows its verb": ("import zhuoyu.cli.main, zhuoyu.cli.commands", HEAVY),
    "what a verb starts a run's process with": ("import zhuoyu.cli.desk, zhuoyu.flow.child", HEAVY),
    "the run's process before the collector is off": ("import zhuoyu.flow.worker", HEAVY),
    "a workspace on SQLite that is there": (
        "from zhuoyu.store import datasets, database; store = database.Store.open()\nwith store.session() as s: datasets.ensure(s, 'one')",
        ("alembic", "sqlalchemy.dialects.postgresql", "pyarrow", "numba"),
    ),
    "the report until a page is made": ("from zhuoyu.assess import report", ("jinja2", "lance", "numba", "sqlglot")),
}


def _python(code: str, home: Path) -> str:
    env = {**os.environ, "ZHUOYU_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("what", STARTS)
def test_a_start_does_not_wait_for_what_it_does_not_need(what: str, tmp_path: Path) -> None:
    code, never = STARTS[what]
    _python("from zhuoyu.store.database import Store; Store.open()", tmp_path)
    loaded = _python(f"{code}\nimport sys; print(*sorted(sys.modules))", tmp_path).split()
    assert not set(loaded) & set(never)


def test_settling_leaves_a_collector_that_never_looks_at_what_was_loaded(tmp_path: Path) -> None:
    code = "import gc; gc.disable(); from zhuoyu.flow import loading; loading.settle(); print(gc.isenabled(), gc.get_freeze_count())"
    enabled, frozen = _python(code, tmp_path).split()
    assert enabled == "True"
    assert int(frozen) > 10_000


def test_a_page_is_compiled_ahead_and_once(tmp_path: Path) -> None:
    code = """
from zhuoyu.assess.report import prepare, render
from zhuoyu.assess.report import render as page
prepare()
import jinja2
jinja2.Environment.compile = None
print(render({"dataset": "docs"})[:15])
"""
    assert _python(code, tmp_path).strip().lower().startswith("<!doctype html>")


def test_words_are_the_same_by_either_loader_of_yaml() -> None:
    said = Path(words.__file__).with_name("words.yaml").read_text("utf-8")
    assert words.words() == yaml.safe_load(said)


def test_installed_operators_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(**group: str) -> list[object]:
        asked.append(group)
        return []

    monkeypatch.setattr(ops, "entry_points", counted)
    for cached in (ops._third_party, ops.names, ops.load, ops.load_all):
        cached.cache_clear()
    try:
        assert len(ops.load_all()) > 10
    finally:
        for cached in (ops._third_party, ops.names, ops.load, ops.load_all):
            cached.cache_clear()
    assert asked == [{"group": "zhuoyu.ops"}]


def test_a_process_that_gets_no_run_is_ended_while_it_still_loads() -> None:
    begun = time.monotonic()
    with Child() as child:
        pid = child._process.pid
    assert not Path(f"/proc/{pid}").exists()
    with Child() as other:
        code, said = other.work("", None)  # an empty line: it loads everything, finds nothing to do, and ends
    whole = time.monotonic() - begun
    assert (code, said) == (0, {})
    begun = time.monotonic()
    with Child():
        pass
    assert time.monotonic() - begun < whole / 2


@pytest.mark.parametrize(
    "verb",
    [("reproduce", "nothing@1"), ("restore", "nothing@1", "--where", "_step = 1", "--because", "test"), ("assess", "nothing@1")],
    ids=lambda verb: verb[0],
)
def test_a_verb_that_ends_before_its_run_leaves_no_process(verb: tuple[str, ...], tmp_path: Path) -> None:
    place = walk.Walk(tmp_path, {**os.environ, "ZHUOYU_HOME": str(tmp_path / "home"), "ZHUOYU_LANGUAGE": "en"})
    assert "nothing@1" in place.call(*verb, code=3)
    assert not walk.workers(place.home)
