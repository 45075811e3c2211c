"""Artifacts: bytes by digest below ``HOME/artifacts``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from zhuoyu.errors import DataError
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Artifact


def _path(home: Path, digest: str) -> Path:
    return home / "artifacts" / digest[:2] / digest


def add(store: Store, kind: str, name: str, body: bytes, *, license: str | None = None, run_id: str | None = None) -> str:
    """Keep BODY; its digest. The same bytes are kept once."""
    digest = hashlib.sha256(body).hexdigest()
    path = _path(store.home, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{digest}.{os.getpid()}")
        part.write_bytes(body)
        part.replace(path)
    with store.session() as s:
        if s.get(Artifact, digest) is None:
            s.add(Artifact(digest=digest, kind=kind, name=name, size=len(body), license=license, run_id=run_id))
    return digest


def read(store: Store, digest: str) -> bytes:
    """The bytes of an artifact.

    Raises:
        DataError: it is not here, or its bytes are no longer those of its digest.
    """
    path = _path(store.home, digest)
    if not path.exists():
        raise DataError(f"artifact {digest[:12]} is not in this workspace", fix="run what made it again")
    body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != digest:
        raise DataError(f"artifact {digest[:12]} was changed on disk", fix="remove it and run what made it again")
    return body
