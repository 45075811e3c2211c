"""Landed batches and their sources."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zhuoyu.errors import DataError
from zhuoyu.store import sources
from zhuoyu.store.database import insert_once
from zhuoyu.store.tables import Batch


def add(s: Session, *, digest: str, source: str, manifest: str, facts: dict[str, Any]) -> Batch:
    """Record a batch and its source; a batch that is known already is left as it is.

    MANIFEST: path relative to HOME. FACTS: ``files``, ``bytes``, and where known ``rows``, ``license``, ``basis``.

    Raises:
        DataError: the source is suspended.
    """
    sources.ensure(s, source, license=facts.get("license"), basis=facts.get("basis"))
    counts = {name: facts.get(name) for name in ("rows", "files", "bytes")}
    insert_once(s, Batch, id=digest, source=source, manifest=manifest, facts=facts, **counts)
    return get(s, digest)


def get(s: Session, digest: str) -> Batch:
    """The batch of this digest.

    Raises:
        DataError: there is none.
    """
    found = s.get(Batch, digest)
    if found is None:
        raise DataError(f"batch {digest[:12]} is not in this workspace", fix="run the recipe that lands it")
    return found
