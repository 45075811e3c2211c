"""The workspace's signing key (Ed25519); its fingerprint stands in every manifest."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zhuoyu.errors import DataError


@lru_cache(maxsize=4)
def _key(home: Path) -> Ed25519PrivateKey:
    path = home / "keys" / "ed25519.pem"
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise DataError(f"the signing key {path} cannot be used: {error.strerror}", fix="check the rights of its folder") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _damaged(path) from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise _damaged(path)
    return loaded


def _damaged(path: Path) -> DataError:
    return DataError(f"expected an Ed25519 private key in {path}, found something else", fix="bring the file back from a backup")


def _make(path: Path) -> None:
    """A new key, whole on disk before it has its name; of several processes the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    made = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle, part = tempfile.mkstemp(dir=path.parent, prefix="new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(made)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        Path(part).unlink()


def _public(home: Path) -> bytes:
    return _key(home).public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def fingerprint(home: Path) -> str:
    """16 hex digits of the public key's SHA-256.

    Raises:
        DataError: the key cannot be made or read; so do ``sign`` and ``verify``.
    """
    return hashlib.sha256(_public(home)).hexdigest()[:16]


def sign(home: Path, data: bytes) -> str:
    """The signature of DATA, base64."""
    return base64.b64encode(_key(home).sign(data)).decode()


def verify(home: Path, data: bytes, signature: str) -> bool:
    """True when this workspace signed DATA."""
    try:
        _key(home).public_key().verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True
