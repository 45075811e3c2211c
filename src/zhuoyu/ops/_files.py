"""Files that an operator's parameters name: a part of the operator by their content, wherever they lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from zhuoyu.errors import DataError, SpecError
from zhuoyu.op import FOLDER

_JSON = (".jsonl", ".ndjson", ".json")


class GivenFile(BaseModel):
    """A file that a parameter names: a path in a recipe, or a mapping.

    The digest is that of the bytes. It stands in the operator's parameters in the place of the path, so that a stage is run again
    when the file has other content, and not when it lies elsewhere. A recipe may say it, to be held to it. A relative path begins
    at the recipe's folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(exclude=True)
    digest: str = ""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        said: dict[str, Any] = {"path": given} if isinstance(given, str | Path) else dict(given)
        path = said["path"] = str(FOLDER.get().absolute() / Path(said.get("path", "")).expanduser())
        found = hashlib.sha256(_bytes(path)).hexdigest()
        if said.setdefault("digest", found) != found:
            raise ValueError(f"{path} has digest {found[:12]}…, expected {said['digest'][:12]}…")
        return said

    def content(self) -> bytes:
        """The bytes.

        Raises:
            DataError: the file changed since it was named.
        """
        content = _bytes(self.path)
        if hashlib.sha256(content).hexdigest() != self.digest:
            raise DataError(f"{self.path} changed since the run was planned", fix="run again; what reads it is then computed anew")
        return content


class TextFile(GivenFile):
    """A file of texts: JSON (lines or a list) or Parquet with text in ``field``, or one text a line."""

    field: tuple[str, ...] = ("text",)
    name: str = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        said: dict[str, Any] = {"path": given} if isinstance(given, str | Path) else dict(given)
        if isinstance(said.get("field"), str):
            said["field"] = (said["field"],)
        said["name"] = said.get("name") or Path(said.get("path", "")).name.split(".")[0]
        return said

    def texts(self) -> list[str]:
        """Every text that is not empty, in the file's order.

        Raises:
            DataError: the file changed since it was named, or is not what its ending says.
            SpecError: it has no such field.
        """
        content = self.content()
        try:
            return [text.encode("utf-8", "replace").decode() for text in self._read(content) if text]
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, pa.ArrowInvalid) as error:
            raise DataError(f"{self.path} cannot be read: {error}", fix="expected JSON, Parquet, or UTF-8 lines of text") from None

    def _read(self, content: bytes) -> Iterator[str]:
        suffixes = [s for s in Path(self.path).suffixes if s not in (".gz", ".zst", ".bz2")]
        ending = suffixes[-1].lower() if suffixes else ""
        if ending == ".parquet":
            import pyarrow.parquet as pq

            table = pq.ParquetFile(pa.BufferReader(content))
            self._check(table.schema_arrow.names)
            for batch in table.iter_batches(columns=list(self.field)):
                yield from (str(v) for row in batch.to_pylist() for v in row.values() if v is not None)
            return
        with pa.input_stream(pa.py_buffer(content), compression=_compression(self.path)) as stream:
            text = stream.read().decode("utf-8-sig")
        if ending not in _JSON:
            yield from map(str.strip, text.split("\n"))
            return
        rows = json.loads(text) if text.lstrip().startswith("[") else (json.loads(line) for line in text.split("\n") if line.strip())
        for row in rows:
            self._check(row if isinstance(row, dict) else ())
            yield from (row[f] for f in self.field if isinstance(row[f], str))

    def _check(self, there: Any) -> None:
        missing = [f for f in self.field if f not in there]
        if missing:
            known = ", ".join(there) or "none"
            raise SpecError(f"{self.path} has no field {missing[0]!r}", fix=f"say `field:`, one of: {known}", path=self.path)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path!r} cannot be read: {error.strerror}") from None


def _compression(path: str) -> str | None:
    return {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}.get(Path(path).suffix.lower())
