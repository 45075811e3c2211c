"""Landed batches and their sources."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from zhuoyu.store.database import insert_once
from zhuoyu.store.tables import Batch, Source


def add(s: Session, *, digest: str, source: str, manifest: str, facts: dict[str, Any]) -> Batch:
    """Record a batch and its source; one that is known already is left as it is."""
    source_id = hashlib.sha256(source.encode()).hexdigest()[:16]
    insert_once(s, Source, id=source_id, name=source, spec={}, license=facts.get("license"), basis=facts.get("basis"))
    counts = {name: facts.get(name) for name in ("rows", "files", "bytes")}
    insert_once(s, Batch, id=digest, source=source, manifest=manifest, facts=facts, **counts)
    return s.get_one(Batch, digest)
