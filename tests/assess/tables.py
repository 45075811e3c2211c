"""Hand-made versions for the assessment's tests: real Arrow tables with the columns a build ends with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from zhuoyu.record import REJECTION, SYSTEM

MEASURES = pa.schema(
    [
        ("text_chars", pa.int64()),
        ("text_words", pa.int64()),
        ("text_mean_word_length", pa.float64()),
        ("text_language", pa.string()),
        ("text_ends_terminal", pa.bool_()),
        ("text_dup_line_share", pa.float64()),
        ("text_dup_line_count_share", pa.float64()),
        ("text_bullet_line_share", pa.float64()),
        ("text_ellipsis_line_share", pa.float64()),
        ("text_exact_duplicate_of", pa.string()),
        ("text_duplicate_of", pa.string()),
        ("text_pii_count", pa.int64()),
        ("text_pii_suspect", pa.int64()),
    ]
)
KEPT = pa.schema([*SYSTEM, pa.field("text", pa.large_string()), *MEASURES])
REJECTED = pa.schema([*KEPT, *REJECTION])

RUN = {
    "digest": "d1",
    "steps": [
        {"index": 0, "text": "keep: text_words >= 50", "kind": "keep"},
        {"index": 1, "text": "relate.exact_duplicates", "kind": "relate"},
        {"index": 2, "text": "keep: text_exact_duplicate_of is null", "kind": "keep"},
    ],
    "batches": [{"source": "docs", "digest": "b1", "rows": 10}],
}
FACTS: dict[str, Any] = {
    "run": RUN,
    "sources": {"docs": {}, "web": {}},
    "verification": {"status": "ok", "rows": 4},
    "recipe": {},
    "card": {},
}


def row(id: str, **over: Any) -> dict[str, Any]:
    """A row that passes everything, but for what OVER says."""
    good = {
        "_id": id,
        "_origin": {"source": "docs", "uri": f"file:{id}", "locator": "0"},
        "_batch": "b1",
        "_license": "Apache-2.0",
        "_cells": [],
        "text": f"Jade that is not cut never becomes a vessel, says line {id}.",
        "text_chars": 300,
        "text_words": 60,
        "text_mean_word_length": 4.5,
        "text_language": "en",
        "text_ends_terminal": True,
        "text_dup_line_share": 0.0,
        "text_dup_line_count_share": 0.0,
        "text_bullet_line_share": 0.0,
        "text_ellipsis_line_share": 0.0,
        "text_pii_count": 0,
        "text_pii_suspect": 0,
    }
    return {**good, **over}


@dataclass
class Tables:
    """A version in memory, read in batches of ``batch`` rows."""

    kept: list[dict[str, Any]]
    rejected: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=lambda: dict(FACTS))
    batch: int = 7
    without: tuple[str, ...] = ()
    hidden: int = 0
    asked: list[tuple[bool, tuple[str, ...]]] = field(default_factory=list)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([f for f in KEPT if f.name not in self.without])

    @property
    def counts(self) -> dict[str, int]:
        return {"kept": len(self.kept), "rejected": len(self.rejected)}

    def batches(self, columns: Sequence[str], rejected: bool) -> Iterator[pa.RecordBatch]:
        self.asked.append((rejected, tuple(columns)))
        rows = self.rejected if rejected else self.kept[self.hidden :]
        table = pa.Table.from_pylist(rows, schema=REJECTED if rejected else KEPT).select(list(columns))
        yield from table.to_batches(max_chunksize=self.batch)
