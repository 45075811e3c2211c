"""Open a workspace's metadata: SQLite in it by default, PostgreSQL by URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError, MissingExtra
from zhuoyu.settings import settings

HEAD_REVISION = "0001"
"""The newest migration; a test keeps it true. Equal stamps need no Alembic, which costs a quarter of a second to import."""
_FOLDERS = ("batches", "versions", "stages", "runs", "artifacts", "checkpoints", "keys", "cache")


class Store:
    """One workspace: its folder and its database.

    >>> import tempfile
    >>> Store.open(home=Path(tempfile.mkdtemp()), url="").home.is_dir()
    True
    """

    def __init__(self, home: Path, engine: Engine) -> None:
        self.home = home
        self.engine = engine

    @classmethod
    def open(cls, home: Path | None = None, url: str | None = None) -> Store:
        """Make the folders, connect, and bring the schema to its newest form. Two processes may do so at once.

        Raises:
            DataError: the folder cannot be made, or the database cannot be reached.
            MissingExtra: the URL is PostgreSQL's and its driver is not installed.
        """
        home = Path(home or settings().home).expanduser().absolute()
        try:
            for name in _FOLDERS:
                (home / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"the workspace {home} cannot be made: {error.strerror}", fix="set ZHUOYU_HOME to a folder that you may write"
            ) from error
        address = (settings().database_url if url is None else url) or f"sqlite:///{home / 'zhuoyu.db'}"
        engine = _engine(address)
        try:
            _migrate(engine)
        except OperationalError as error:
            raise DataError(
                f"the database cannot be reached: {error.orig}", fix="check ZHUOYU_DATABASE_URL and that the server runs"
            ) from error
        return cls(home, engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as s, s.begin():
            yield s

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


def _engine(address: str) -> Engine:
    if address.startswith(("postgresql://", "postgres://")):
        address = "postgresql+psycopg://" + address.split("://", 1)[1]
    try:
        engine = create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
    except ModuleNotFoundError as error:
        raise MissingExtra.of("psycopg", "postgres") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _configure(connection: Any, _record: Any) -> None:
    """WAL, a patient lock, real foreign keys; our own BEGIN, so that a reader never becomes a writer half-way."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _stamped(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    if _stamped(engine) == HEAD_REVISION:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("zhuoyu.store").joinpath("migrations")))
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(2025091)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def pid_alive(pid: int | None) -> bool:
    """True while a process of this number runs here (a zombie does not)."""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
