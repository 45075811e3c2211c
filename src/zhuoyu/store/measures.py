"""Measures added to a sealed version: its content and digest stay, each new column has a digest of its own."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError
from zhuoyu.store import events
from zhuoyu.store.tables import Version


def record(s: Session, version_id: str, table: str, digests: dict[str, str], actor: str) -> None:
    """Record the digests of new measure columns, with an event.

    Raises:
        DataError: the version is not sealed.
    """
    version = s.scalars(select(Version).where(Version.id == version_id).with_for_update().execution_options(populate_existing=True)).one()
    if version.state != "sealed":
        raise DataError(f"version {version_id} is {version.state}, not sealed", fix="choose a sealed version: zhuoyu versions")
    version.measures = {**version.measures, table: {**version.measures.get(table, {}), **digests}}
    events.append(s, actor, "measure", "version", version_id, {"table": table, "columns": dict(digests)})
