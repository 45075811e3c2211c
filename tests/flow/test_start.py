"""What a start loads and what it leaves for later, and a run's process that gets no run."""

from __future__ import annotations

import os
import shutil
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


def test_a_page_is_compiled_once_and_again_when_its_maker_changes(tmp_path: Path) -> None:
    code = """
import jinja2, sys
from pathlib import Path
from zhuoyu.assess.report import render as _
page = sys.modules["zhuoyu.assess.report.render"]
if len(sys.argv) > 1:
    Path(sys.argv[1]).write_bytes(Path(page.__file__).read_bytes() + b"# another")
    page.__file__ = sys.argv[1]
compiled, compile = [], jinja2.Environment.compile
jinja2.Environment.compile = lambda *args, **kw: compiled.append(1) or compile(*args, **kw)
print(len(page.render({"dataset": "docs"})), len(compiled))
"""
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def call(*args: str) -> list[str]:
        return subprocess.run([sys.executable, "-c", code, *args], env=env, capture_output=True, text=True, check=True).stdout.split()

    size, compiled = call()
    assert (int(size) > 10_000, compiled) == (True, "1")
    assert call() == [size, "0"]
    assert call(str(tmp_path / "render.py")) == [size, "1"]
    kept = list((tmp_path / "cache" / "zhuoyu" / "pages").glob("*/*"))
    assert len(kept) == 2
    for one in kept:
        one.write_bytes(one.read_bytes()[:100])
    assert call() == [size, "1"], "a damaged file is not used"
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert call() == [size, "1"], "without a folder it is compiled every time"


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


def test_modules_in_the_folder_one_stands_in_do_not_reach_the_run(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    (tmp_path / "text.jsonl").write_text('{"text": "a few words to read"}\n')
    source = "{read: text.jsonl, basis: {kind: own, evidence: test}}"
    (tmp_path / "dataset.yaml").write_text(f"dataset: one\nmodality: text\nsource:\n  - {source}\nsteps:\n  - keep: text_words >= 2\n")
    zhuoyu = [str(Path(sys.executable).with_name("zhuoyu")), "run", "dataset.yaml", "--json"]
    done = subprocess.run(
        zhuoyu, cwd=tmp_path, env={**os.environ, "ZHUOYU_HOME": str(tmp_path / "home")}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
