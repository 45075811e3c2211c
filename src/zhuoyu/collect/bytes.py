"""Reading a file's bytes: never blocking, hashing on the way, and noticing when somebody writes to it meanwhile."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from zhuoyu.collect.manifest import Entry, Span
from zhuoyu.errors import DataError

BLOCK = 1 << 20
_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


class UnreadableError(Exception):
    """Why a file has no bytes to give; it becomes a row with this error."""


@contextmanager
def opened(path: str) -> Iterator[io.FileIO]:
    """A regular file opened for reading; a pipe, socket or device is refused before it could block or react.

    Raises:
        UnreadableError: it is not there, not a file, or may not be read.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # a Path per file doubles the time of 100,000 tiny files
        if not stat.S_ISREG(mode):
            raise UnreadableError("not a file: " + next((name for test, name in _KINDS if test(mode)), "of an unknown kind"))
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        dead = isinstance(error, FileNotFoundError) and os.path.islink(path)  # noqa: PTH114
        raise UnreadableError("unreadable: a link to a file that is not there" if dead else f"unreadable: {error.strerror}") from error
    with io.FileIO(fd, "rb", closefd=True) as f:
        yield f


class Mark(NamedTuple):
    """A quick fingerprint."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def mark(f: io.FileIO) -> Mark:
    """The fingerprint of an open file as it is now."""
    s = os.fstat(f.fileno())
    return Mark(s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino)


def changed(entry: Entry, how: str) -> DataError:
    """The error for a source that is no longer what was landed."""
    return DataError(
        f"{entry.uri} changed since it was landed ({how})",
        fix="run again to land it anew, or write land: copy",
        uri=entry.uri,
        path=entry.path,
        sha256=entry.sha256,
    )


@contextmanager
def landed(entry: Entry) -> Iterator[io.FileIO]:
    """The file of ENTRY; inside and after the block it must be the file that was landed.

    Raises:
        DataError: it is gone, or has another size, or was written to while it was open.
    """
    try:
        with opened(entry.path) as f:
            before = mark(f)
            if before.size != entry.size:
                raise changed(entry, f"{before.size:,} bytes, was {entry.size:,}")
            yield f
            if mark(f) != before:
                raise changed(entry, "written to while it was read")
    except UnreadableError as error:
        raise changed(entry, str(error)) from error
    except OSError as error:
        raise DataError(f"{entry.uri} cannot be read: {error.strerror}", fix="check the disk, then run again", uri=entry.uri) from error


def blocks(entry: Entry, span: Span | None) -> Iterator[bytes]:
    """The bytes of a file or of a span of it; after the last block they are proved to be those that were landed.

    Raises:
        DataError: they are not.
    """
    start, stop, expected = (span.start, span.stop, span.sha256) if span else (0, entry.size, entry.sha256)
    digest = hashlib.sha256()
    with landed(entry) as f:
        f.seek(start)
        left = stop - start
        while left:
            block = f.read(min(BLOCK, left))
            if not block:
                raise changed(entry, f"ends {left:,} bytes early")
            left -= len(block)
            digest.update(block)
            yield block
        if digest.hexdigest() != expected:
            raise changed(entry, "other bytes of the same length")


def whole(entry: Entry) -> bytes:
    """All bytes of a file, proved to be those that were landed."""
    with landed(entry) as f:
        raw = f.readall() or b""
    if len(raw) != entry.size or hashlib.sha256(raw).hexdigest() != entry.sha256:
        raise changed(entry, "other bytes")
    return raw


def same(entry: Entry, f: io.FileIO) -> None:
    """For readers that jump about in a file: its fingerprint is the landed one, or else its SHA-256 is.

    Raises:
        DataError: it is another file.
    """
    now = mark(f)
    if tuple(now) != entry.fingerprint() and _sha256(entry.path, now) != entry.sha256:
        raise changed(entry, "other bytes")


@lru_cache(maxsize=4096)
def _sha256(path: str, _now: Mark) -> str:
    with open(path, "rb") as f:  # noqa: PTH123
        return hashlib.file_digest(f, "sha256").hexdigest()
