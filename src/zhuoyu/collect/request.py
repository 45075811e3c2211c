"""What collect is asked to land, and what it says it landed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa

from zhuoyu.errors import SpecError

ReadAs = Literal["auto", "file", "bytes", "lines", "jsonl", "csv", "parquet"]
FROM_METADATA = "from_metadata"


@dataclass(frozen=True)
class Request:
    """One source of a recipe. Relative paths resolve against ``base``; ``max_row_bytes`` is in bytes of the source.

    ``limit`` takes the first rows in uri order; ``basis`` and ``origin`` are carried for the record, never read.

    Raises:
        SpecError: nothing to read, a limit below one, or no room for a row.

    >>> Request(read=["corpus/*.jsonl"], name="corpus").read_as
    'auto'
    """

    read: list[str]
    name: str
    license: str | None = None
    basis: object = None
    key: tuple[str, ...] = ()
    origin: str = "collected"
    land: Literal["auto", "copy", "reference"] = "auto"
    read_as: ReadAs = "auto"
    include: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    missing: Literal["error", "skip"] = "error"
    limit: int | None = None
    base: Path = Path()
    max_row_bytes: int = 64_000_000
    text: str = "text"

    def __post_init__(self) -> None:
        if not self.read or not all(self.read):
            raise SpecError(f"expected something to read in source {self.name!r}, found nothing", fix="write read: PATH")
        if self.limit is not None and self.limit < 1:
            raise SpecError(f"expected a limit of at least 1, found {self.limit}", fix="leave it out to read everything")
        if self.max_row_bytes < 1:
            raise SpecError(f"expected max_row_bytes above 0, found {self.max_row_bytes}", fix="raise it")


@dataclass(frozen=True)
class Landed:
    """A landed batch: what it is called, where its manifest lies, and what was found.

    ``rows`` is None where only reading tells (CSV). ``licenses`` counts files by SPDX expression or ``unknown``;
    ``skipped`` counts what was passed over, by reason; files that cannot be read are not skipped, they are rows with an
    error. ``schema`` holds the user's columns.
    """

    digest: str
    manifest: Path
    rows: int | None
    files: int
    bytes: int
    schema: pa.Schema
    licenses: dict[str, int]
    skipped: dict[str, int]
    id_from: Literal["key", "locator", "content"]
