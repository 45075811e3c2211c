"""What every test stands on: a workspace of its own, on SQLite and on PostgreSQL, never the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import URL

import postgres as pg
from zhuoyu.settings import settings
from zhuoyu.store.database import Store

SOAK = Path(__file__).parent / "soak"
_skipped: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long matrices in tests/soak too")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: hours, not minutes; runs with --soak only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without --soak the long matrices are not part of the run: deselected, not skipped."""
    if config.getoption("--soak"):
        return
    long = [item for item in items if SOAK in item.path.parents or item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason in sorted(_skipped):
        terminalreporter.section("POSTGRESQL WAS NOT TESTED", sep="!", red=True)
        terminalreporter.line(reason)


@pytest.fixture(scope="session", autouse=True)
def _no_real_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every setting of the user is put aside: a test that forgets its own workspace gets an empty one."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("ZHUOYU_") and n != "ZHUOYU_TEST_POSTGRES"]:
            patch.delenv(name)
        patch.setenv("ZHUOYU_HOME", str(tmp_path_factory.mktemp("nobodys-home")))
        patch.setenv("ZHUOYU_PSEUDONYM_KEY", "the tests' own key, secret to nobody")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh ZHUOYU_HOME; SQLite, unless the test asks for ``database_url`` too."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ZHUOYU_HOME", str(folder))
    monkeypatch.delenv("ZHUOYU_DATABASE_URL", raising=False)
    settings.cache_clear()
    yield folder
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server, or a loud skip."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(pg.server())
        except pg.Missing as missing:
            _skipped.add(str(missing))
            pytest.skip(f"PostgreSQL: {missing}")
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database to copy: quicker than migrating once a test."""
    with pg.database(postgres_server) as url:
        Store.open(tmp_path_factory.mktemp("template"), url=_plain(url)).close()
        assert url.database is not None
        yield url.database


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with nothing in it, also in ZHUOYU_DATABASE_URL; empty for SQLite in ``home``."""
    if request.param == "sqlite":
        yield ""
        return
    with pg.database(request.getfixturevalue("postgres_server")) as url:
        monkeypatch.setenv("ZHUOYU_DATABASE_URL", _plain(url))
        settings.cache_clear()
        yield _plain(url)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty workspace on each kind of database; processes the test starts find the same one in their environment."""
    with ExitStack() as stack:
        if request.param == "postgres":
            template = request.getfixturevalue("postgres_template")
            url = stack.enter_context(pg.database(request.getfixturevalue("postgres_server"), template))
            monkeypatch.setenv("ZHUOYU_DATABASE_URL", _plain(url))
            settings.cache_clear()
        made = Store.open()
        stack.callback(made.close)
        yield made


@pytest.fixture
def sqlite_store(home: Path) -> Iterator[Store]:
    """An empty workspace on SQLite, for what has nothing to do with the kind of database."""
    made = Store.open(home, url="")
    yield made
    made.close()
