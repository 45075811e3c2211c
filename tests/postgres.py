"""A PostgreSQL server for the tests: one that is named, one that runs, or one started here for the session."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

RUNNING = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres?connect_timeout=5"


class Missing(Exception):  # noqa: N818  what is the case
    """There is no server, and why."""


@contextmanager
def server() -> Iterator[URL]:
    """The URL of a server where databases may be made.

    ``ZHUOYU_TEST_POSTGRES`` names one; ``start`` there starts one even where one runs.
    """
    named = os.environ.get("ZHUOYU_TEST_POSTGRES", "")
    if named and named != "start":
        yield make_url(named.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
        return
    if not named and _answers(RUNNING):
        yield make_url(RUNNING).difference_update_query(["connect_timeout"])
        return
    with _started() as url:
        yield url


def _answers(address: str) -> bool:
    engine = create_engine(address)
    try:
        with engine.connect():
            return True
    except DBAPIError:
        return False
    finally:
        engine.dispose()


@contextmanager
def _started() -> Iterator[URL]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parent.parent.name))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        raise Missing("no server answers at 127.0.0.1:5432 as role postgres, and no initdb is installed (apt-get install postgresql)")
    ctl = str(Path(initdb).with_name("pg_ctl"))
    user = _not_root()
    folder = Path(tempfile.mkdtemp(prefix="zy-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        _call([str(initdb), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], folder, user)
        # a socket in the folder only: no port to fight for
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=100"
        _call([ctl, "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", options, "start"], folder, user)
        try:
            yield URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
        finally:
            _call([ctl, "-D", str(folder / "data"), "-m", "immediate", "-w", "stop"], folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _not_root() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise Missing("PostgreSQL does not run as root, and there is no user postgres or nobody to run it")


def _call(command: list[str], folder: Path, user: str | None) -> None:
    done = subprocess.run(command, cwd=folder, user=user, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Missing(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-300:]}")


@contextmanager
def database(url: URL, template: str | None = None) -> Iterator[URL]:
    """A throw-away database on the server at URL."""
    name = f"zy_test_{uuid.uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as c:
            c.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"'))
        yield url.set(database=name)
    finally:
        with engine.connect() as c:
            c.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        engine.dispose()
