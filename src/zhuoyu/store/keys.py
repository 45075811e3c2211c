"""The workspace's signing key (Ed25519); its fingerprint stands in every manifest."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@lru_cache(maxsize=4)
def _key(home: Path) -> Ed25519PrivateKey:
    path = home / "keys" / "ed25519.pem"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(made)
        try:
            os.link(part, path)
        except FileExistsError:
            made = b""
        part.unlink()
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(loaded, Ed25519PrivateKey)
    return loaded


def _public(home: Path) -> bytes:
    return _key(home).public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def fingerprint(home: Path) -> str:
    """16 hex digits of the public key's SHA-256."""
    return hashlib.sha256(_public(home)).hexdigest()[:16]


def sign(home: Path, data: bytes) -> str:
    """The signature of DATA, base64."""
    return base64.b64encode(_key(home).sign(data)).decode()


def verify(home: Path, data: bytes, signature: str) -> bool:
    """True when this workspace signed DATA."""
    try:
        _key(home).public_key().verify(base64.b64decode(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True
