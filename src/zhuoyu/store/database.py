"""Open a workspace's metadata: SQLite in it by default, PostgreSQL by URL."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InternalError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from zhuoyu.errors import DataError, MissingExtra, SpecError
from zhuoyu.settings import settings

HEAD_REVISION = "0002"
"""The newest migration; a test keeps it true. Equal stamps need no Alembic, which costs a quarter of a second to import."""
_FOLDERS = ("batches", "versions", "stages", "runs", "artifacts", "checkpoints", "keys", "cache")
_FILE = "sqlite:///zhuoyu.db"
_PATIENCE: float = 30
_WRITABLE = "set ZHUOYU_HOME to a folder that you may write"


class Store:
    """One workspace: its folder and its database. Threads may share it; a forked process must open its own.

    >>> import tempfile
    >>> Store.open(home=Path(tempfile.mkdtemp()), url="").home.is_dir()
    True
    """

    def __init__(self, home: Path, engine: Engine) -> None:
        self.home = home
        self.engine = engine
        self._readers = _readers(engine)

    @classmethod
    def open(cls, home: Path | None = None, url: str | None = None) -> Store:
        """Make the folders, connect, and bring the schema to its newest form. Two processes may do so at once.

        URL is SQLite's or PostgreSQL's; empty: ``zhuoyu.db`` in the workspace, where a relative SQLite path lies too.

        Raises:
            DataError: the folder or the database cannot be written or reached, or a newer zhuoyu made it.
            SpecError: the URL is not one of a SQLite file or of PostgreSQL.
            MissingExtra: the URL is PostgreSQL's and its driver is not installed.
        """
        home = Path(home or settings().home).expanduser().absolute()
        try:
            for name in _FOLDERS:
                (home / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"the workspace {home} cannot be made: {error.strerror}", fix=_WRITABLE) from error
        engine = _engine(_address(home, (settings().database_url if url is None else url) or _FILE))
        try:
            _migrate(engine)
        except DBAPIError as error:
            engine.dispose()
            raise _unusable(engine, error) from error
        except BaseException:
            engine.dispose()
            raise
        return cls(home, engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on an error. On SQLite it is the only writer.

        Raises:
            DataError: the database refused: locked too long, full, read-only or gone.
        """
        with _translated(), Session(self.engine, expire_on_commit=False) as s, s.begin():
            yield s

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, on one snapshot: it waits for no writer and no writer waits for it.

        Raises:
            DataError: the database refused, also an attempt to write.
        """
        with _translated(), Session(self._readers, expire_on_commit=False, info={"read_only": True}) as s, s.begin():
            yield s

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


def insert_once(s: Session, table: type[DeclarativeBase], /, **values: Any) -> bool:
    """Insert a row unless its primary key is there; True when this call made it. A rival's open transaction is waited for."""
    # only the dialect in use: PostgreSQL's loads four drivers' modules
    insert = import_module(f"sqlalchemy.dialects.{s.get_bind().dialect.name}").insert
    made = insert(table).values(**values).on_conflict_do_nothing().returning(*inspect(table).primary_key)
    return s.execute(made).first() is not None


def to_json(value: Any) -> str:
    """JSON for every database: it has no NaN and no infinity, so they become null.

    >>> to_json({"mean": float("nan"), "n": 0})
    '{"mean": null, "n": 0}'
    """
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (OperationalError, InternalError, DatabaseError):
            raise
        fix = "look for other zhuoyu processes (a stopped one keeps its locks) and at the disk's free space, then run it again"
        raise DataError(f"the database refused: {_said(error)}", fix=fix) from error


def _said(error: DBAPIError) -> str:
    """What the database said, on one line; never the statement, its values or the URL."""
    return " ".join(str(error.orig).split())


def _unusable(engine: Engine, error: DBAPIError) -> DataError:
    if engine.dialect.name == "sqlite":
        return DataError(f"the database {engine.url.database} cannot be used: {_said(error)}", fix=_WRITABLE)
    said = _said(error).replace(str(engine.url.password), "***") if engine.url.password else _said(error)
    return DataError(f"the database cannot be used: {said}", fix="check ZHUOYU_DATABASE_URL, that the server runs, and the user's rights")


def _address(home: Path, address: str) -> URL:
    """The URL in SQLAlchemy's form. What is wrong with it is said without it: it may hold a password."""
    forms = "write postgresql://USER:PASSWORD@HOST/DATABASE (signs like @ and / in the password as %40 and %2F) or sqlite:///FILE"
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise SpecError("ZHUOYU_DATABASE_URL is not a database URL", fix=forms) from None
    kind = url.drivername.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise SpecError(f"ZHUOYU_DATABASE_URL names {kind}, expected PostgreSQL or SQLite", fix=forms)
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        raise SpecError("ZHUOYU_DATABASE_URL names a SQLite database in memory, expected a file that other processes see", fix=forms)
    return url.set(drivername="sqlite", database=str(home / str(url.database)))


def _engine(url: URL) -> Engine:
    lite = url.drivername == "sqlite"
    try:
        engine = create_engine(url, pool_pre_ping=not lite, hide_parameters=True, json_serializer=to_json)
    except ModuleNotFoundError as error:
        raise MissingExtra.of("psycopg", "postgres") from error
    event.listen(engine, "connect", _configure if lite else _limit_waiting)
    if lite:
        event.listen(engine, "begin", _begin)
    return engine


def _readers(engine: Engine) -> Engine:
    """The same connections for reading: one snapshot each transaction, and writing refused."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(zhuoyu_reads=True)


def _begin(connection: Connection) -> None:
    """Our own BEGIN: a writer takes the lock at once, so that no reader becomes a writer half-way; a reader takes none."""
    reads = connection.get_execution_options().get("zhuoyu_reads", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _configure(connection: Any, _record: Any) -> None:
    """WAL, a patient lock, real foreign keys, our own BEGIN."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    _to_wal(cursor)
    cursor.close()


def _to_wal(cursor: Any) -> None:
    """Two processes that turn a fresh file to WAL at once get *locked* without the usual waiting: wait here."""
    until = time.monotonic() + _PATIENCE
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _limit_waiting(connection: Any, _record: Any) -> None:
    """A process stopped inside a transaction would hold its locks for ever: the server ends such a transaction first."""
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_PATIENCE}s'")
    connection.execute(f"SET lock_timeout = '{2 * _PATIENCE}s'")
    connection.autocommit = False


def _stamped(engine: Engine) -> str | None:
    with _readers(engine).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    stamped = _stamped(engine)
    if stamped == HEAD_REVISION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("zhuoyu.store").joinpath("migrations")).replace("%", "%%"))
    if stamped not in {None, *(r.revision for r in ScriptDirectory.from_config(config).walk_revisions())}:
        raise DataError(
            f"the database has schema {stamped}, made by a newer zhuoyu; this one knows up to {HEAD_REVISION}",
            fix="upgrade zhuoyu, or choose another workspace by ZHUOYU_HOME",
            found=stamped,
            expected=HEAD_REVISION,
        )
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
