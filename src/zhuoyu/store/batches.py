"""Landed batches and their sources."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from zhuoyu.store.tables import Batch, Source


def add(s: Session, *, digest: str, source: str, manifest: str, facts: dict[str, Any]) -> Batch:
    """Record a batch and its source; one that is known already is left as it is."""
    source_id = hashlib.sha256(source.encode()).hexdigest()[:16]
    if s.get(Source, source_id) is None:
        s.add(Source(id=source_id, name=source, spec={}, license=facts.get("license"), basis=facts.get("basis")))
        s.flush()
    found = s.get(Batch, digest)
    if found is not None:
        return found
    batch = Batch(
        id=digest, source=source, manifest=manifest, rows=facts.get("rows"), files=facts["files"], bytes=facts["bytes"], facts=facts
    )
    s.add(batch)
    s.flush()
    return batch
