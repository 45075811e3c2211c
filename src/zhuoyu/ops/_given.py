"""Files that an operator's parameter names: read once, and part of what the operator is."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from zhuoyu.errors import SpecError


@cache
def _read(path: str, size: int, changed: int) -> bytes:  # noqa: ARG001  # a changed file is another entry
    return Path(path).read_bytes()


def read(path: str, what: str) -> bytes:
    """The bytes of a file, read again only when its size or time has changed.

    Raises:
        SpecError: there is no such file.
    """
    try:
        stat = Path(path).stat()
        return _read(path, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise SpecError(f"expected {what} at {path!r}, found none: {error.strerror}", fix="correct the path", path=path) from error


def digest(path: str, what: str) -> str:
    """SHA-256 of a file, for an operator's parameters: the same path with other content is other work."""
    return hashlib.sha256(read(path, what)).hexdigest()
