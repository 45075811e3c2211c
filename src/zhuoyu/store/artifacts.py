"""Artifacts: bytes by digest below ``HOME/artifacts``."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from pathlib import Path

from zhuoyu.errors import DataError
from zhuoyu.store.database import Store, insert_once
from zhuoyu.store.tables import Artifact

_DIGEST = re.compile(r"[0-9a-f]{64}")


def _path(home: Path, digest: str) -> Path:
    return home / "artifacts" / digest[:2] / digest


def add(store: Store, kind: str, name: str, body: bytes, *, license: str | None = None, run_id: str | None = None) -> str:
    """Keep BODY; its digest. The same bytes are kept once, and put right where they were changed on disk.

    Raises:
        DataError: the disk refuses.
    """
    digest = hashlib.sha256(body).hexdigest()
    path = _path(store.home, digest)
    try:
        if not path.exists() or path.read_bytes() != body:
            _write(path, body)
    except OSError as error:
        raise DataError(f"artifact {name!r} cannot be kept: {error.strerror}", fix="free some space below ZHUOYU_HOME") from error
    with store.session() as s:
        insert_once(s, Artifact, digest=digest, kind=kind, name=name, size=len(body), license=license, run_id=run_id)
    return digest


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with part.open("wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(store: Store, digest: str) -> bytes:
    """The bytes of an artifact.

    Raises:
        DataError: it is not here, cannot be read, or its bytes are no longer those of its digest.
    """
    path = _path(store.home, digest)
    if not _DIGEST.fullmatch(digest) or not path.exists():
        raise DataError(f"artifact {digest[:12]} is not in this workspace", fix="run what made it again")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise DataError(f"artifact {digest[:12]} cannot be read: {error.strerror}", fix="check the rights below ZHUOYU_HOME") from error
    if hashlib.sha256(body).hexdigest() != digest:
        raise DataError(f"artifact {digest[:12]} was changed on disk", fix="remove it and run what made it again")
    return body
