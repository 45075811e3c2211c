"""Opening a workspace: two at once, newer schemas, folders that refuse, URLs with passwords; who waits for whom."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import zhuoyu.store.migrations
from store.processes import heard, process, tell
from zhuoyu.errors import DataError, SpecError
from zhuoyu.settings import settings
from zhuoyu.store import database, events, runs
from zhuoyu.store.database import HEAD_REVISION, Store, insert_once
from zhuoyu.store.tables import Base, Dataset, Run


def test_head_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(zhuoyu.store.migrations.__file__ or "").parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD_REVISION]


def test_the_migrated_schema_is_what_the_tables_say(database_url: str) -> None:
    store = Store.open(url=database_url)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata) == []
    store.close()


def test_opening_again_needs_no_alembic(store: Store) -> None:
    code = "import sys; from zhuoyu.store.database import Store; Store.open().close(); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_processes_open_a_fresh_workspace_at_once(database_url: str) -> None:
    code = "say('ready'); wait(); store = Store.open()\nwith store.session() as s: run = runs.create(s, 'build', {}, 'x')\nsay(run)"
    with process(code) as a, process(code) as b, process(code) as c:
        assert [heard(p) for p in (a, b, c)] == ["ready"] * 3
        for p in (a, b, c):
            tell(p)
        made = {heard(p) for p in (a, b, c)}
    store = Store.open()
    with store.reading() as s:
        assert {r.id for r in runs.recent(s)} == made
        assert len(made) == 3
    store.close()


def test_a_newer_database_is_left_alone(store: Store) -> None:
    with store.session() as s:
        s.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match=r"schema 9999, made by a newer zhuoyu; .* upgrade zhuoyu"):
        Store.open()
    with store.reading() as s:
        assert s.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def _as_nobody(code: str, home: Path) -> str:
    """What CODE says when it runs as a user who owns nothing: root may write everywhere."""
    become = "import os; os.getuid() or os.setuid(65534)\n"
    before = "import sys\nfrom pathlib import Path\nfrom zhuoyu.errors import ZhuoyuError\nfrom zhuoyu.store.database import Store\n"
    before += "from zhuoyu.store import keys\nimport sqlalchemy.dialects.sqlite.pysqlite, alembic.command, alembic.config\n"
    tail = f"try:\n    {code}\nexcept ZhuoyuError as e: print(type(e).__name__, e)\n"
    command = [sys.executable, "-c", before + become + tail, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    return done.stdout + done.stderr


@pytest.fixture
def open_tmp(tmp_path: Path) -> Path:
    """A folder that other users can reach: pytest's own are closed to them."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path(folder.anchor):
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


@pytest.mark.parametrize("made_before", [False, True])
def test_a_folder_that_may_not_be_written_is_said(open_tmp: Path, made_before: bool) -> None:
    home = open_tmp / "closed"
    home.mkdir()
    if made_before:
        Store.open(home, url="").close()
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    said = _as_nobody("Store.open(Path(sys.argv[1]), url='').session().__enter__(); print('opened')", home)
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert said.startswith("DataError"), said
    assert str(home) in said
    assert "set ZHUOYU_HOME to a folder that you may write" in said


def test_a_file_in_the_place_of_the_workspace_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file.* cannot be made"):
        Store.open(tmp_path / "file" / "home", url="")


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "zhuoyu.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(DataError, match="not a database"):
        Store.open(tmp_path, url="")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://ada:s3cret@127.0.0.1:1/x", DataError),
        ("postgres://ada:s3cret@127.0.0.1:1/x", DataError),
        ("postgresql+psycopg2://ada:s3cret@127.0.0.1:1/x", DataError),
        ("postgresql://ada:s3cret@127.0.0.1:1/x?nonsense=1", DataError),
        ("postgresql://ada:pass/s3cret@127.0.0.1:1/x", (SpecError, DataError)),
        ("postgresql://ada:s3cret@host:port/x", SpecError),
        ("mysql://ada:s3cret@127.0.0.1/x", SpecError),
        ("host=127.0.0.1 password=s3cret", SpecError),
        ("sqlite://", SpecError),
        ("sqlite:///:memory:", SpecError),
    ],
)
def test_a_bad_url_is_said_without_its_password(tmp_path: Path, url: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        Store.open(tmp_path, url=url)
    said: BaseException | None = caught.value
    while said is not None:
        assert "s3cret" not in str(said)
        said = said.__cause__


def test_every_form_of_a_postgresql_url_opens(store: Store, home: Path) -> None:
    url = settings().database_url
    if not url:
        pytest.skip("PostgreSQL only")
    rest = url.split("://", 1)[1]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
        other = Store.open(home, url=f"{scheme}://{rest}")
        with other.reading() as s:
            assert runs.recent(s) == []
        other.close()


def test_a_relative_sqlite_path_lies_in_the_workspace(tmp_path: Path) -> None:
    Store.open(tmp_path, url="sqlite:///other.db").close()
    assert (tmp_path / "other.db").exists()
    assert not Path("other.db").exists()


def test_readers_wait_for_no_writer_and_see_one_moment(store: Store) -> None:
    with store.session() as w:
        runs.create(w, "build", {}, "a")
        began = time.monotonic()
        with store.reading() as r:
            assert runs.recent(r) == []
        assert time.monotonic() - began < 2
    with store.reading() as r:
        assert len(runs.recent(r)) == 1
        began = time.monotonic()
        with store.session() as w:
            runs.create(w, "build", {}, "b")
        assert time.monotonic() - began < 2
        assert len(runs.recent(r)) == 1
    with store.reading() as r:
        assert len(runs.recent(r)) == 2


def test_a_reader_cannot_write_and_the_connection_writes_again_after(store: Store) -> None:
    with pytest.raises(DataError), store.reading() as r:
        runs.create(r, "build", {}, "a")
    with store.session() as s:
        runs.create(s, "build", {}, "a")
    with store.reading() as s:
        assert len(runs.recent(s)) == 1


def test_threads_share_a_store(store: Store) -> None:
    def work(n: int) -> None:
        for i in range(5):
            with store.session() as s:
                runs.create(s, "build", {}, f"{n}-{i}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with store.reading() as s:
        assert len(runs.recent(s, 100)) == 40


def test_a_session_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyError), store.session() as s:  # noqa: PT012
        runs.create(s, "build", {}, "a")
        events.append(s, "ada", "x", "run", "1")
        raise KeyError
    with store.reading() as s:
        assert runs.recent(s) == []


def test_a_locked_database_is_said_not_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.2)
    store = Store.open()
    other = sqlite3.connect(home / "zhuoyu.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DataError, match="the database refused: database is locked"), store.session() as s:
        runs.recent(s)
    other.close()
    store.close()


def test_json_is_the_same_on_every_database(store: Store) -> None:
    odd = {"nan": float("nan"), "deep": [float("inf"), {"x": -0.5}], "nul": "a\0b", "half": "\udcff", "zh": "数据", "big": 2**60}
    with store.session() as s:
        run = runs.create(s, "build", odd, "a")
    with store.reading() as s:
        assert runs.get(s, run).spec == odd | {"nan": None, "deep": [None, {"x": -0.5}]}


def test_insert_once_waits_for_the_first_writer(store: Store) -> None:
    answers: list[bool] = []

    def second() -> None:
        with store.session() as s:
            answers.append(insert_once(s, Dataset, name="docs"))

    with store.session() as s:
        assert insert_once(s, Dataset, name="docs")
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
    thread.join()
    assert answers == [False]
    with store.reading() as s:
        assert [d.state for d in s.scalars(select(Dataset))] == ["active"]


def test_times_are_utc_on_every_database(store: Store) -> None:
    with store.session() as s:
        run = runs.create(s, "build", {}, "a")
    with store.reading() as s:
        made = s.get_one(Run, run).created_at
    assert made.utcoffset() is not None
    assert abs(made.timestamp() - time.time()) < 60
