"""The dataset card, in English and Chinese, made from facts: the sealed version, its run record, its assessment, its rows.

What nobody stated is said to be unknown; nothing is invented.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.record import is_measure

Facts = dict[str, Any]
LANGUAGES = ("en", "zh")


@dataclass
class Tally:
    """What is counted of the rows while they pass."""

    rows: int = 0
    licenses: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    """Changed spans by how: masked, imputed, corrected, generated."""
    synthetic: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one batch; a column that is not in it counts as unknown."""
        self.rows += batch.num_rows
        self._values(self.licenses, batch, "_license", "unknown")
        self._values(self.grades, batch, "_grade", "general-1")
        names = batch.schema.names
        if "_origin" in names:
            self._count(self.sources, pc.struct_field(batch.column("_origin"), "source"), "unknown")
        if "_cells" in names:
            cells = batch.column("_cells").flatten()
            self._count(self.cells, pc.struct_field(cells, "how"), "unknown")
        if "_synthetic" in names:
            self.synthetic += len(batch) - batch.column("_synthetic").null_count

    def _values(self, into: Counter[str], batch: pa.RecordBatch, name: str, null: str) -> None:
        if name in batch.schema.names:
            self._count(into, batch.column(name), null)

    def _count(self, into: Counter[str], array: pa.Array, null: str) -> None:
        for pair in pc.value_counts(array).to_pylist():
            into[pair["values"] or null] += pair["counts"]


def facts_of(
    version: Any, tally: Tally, schemas: Mapping[str, pa.Schema], record: Mapping[str, Any] | None, assessment: Mapping[str, Any] | None
) -> Facts:
    """Everything a card or a Croissant description says, as plain values.

    VERSION: id, dataset, number, digest, tables, counts, sealed_at. RECORD: its run record. ASSESSMENT: its result.
    """
    record = record or {}
    sealed = getattr(version, "sealed_at", None)
    return {
        "version": version.id,
        "dataset": version.dataset,
        "number": version.number,
        "digest": version.digest,
        "sealed": sealed.isoformat() if sealed is not None and hasattr(sealed, "isoformat") else str(sealed or ""),
        "creator": record.get("creator", "unknown"),
        "description": f"{version.dataset}, version {version.number}: {tally.rows:,} rows, digest {version.digest}",
        "rows": tally.rows,
        "tables": {name: dict(said) for name, said in dict(version.tables).items()},
        "licenses": dict(tally.licenses.most_common()),
        "sources": dict(tally.sources.most_common()),
        "grades": dict(tally.grades.most_common()),
        "cells": dict(tally.cells),
        "synthetic": tally.synthetic,
        "columns": {name: _columns(schema) for name, schema in schemas.items()},
        "record": dict(record),
        "assessment": dict(assessment) if assessment is not None else None,
        **_told(tally, record, assessed=assessment is not None),
    }


def _told(tally: Tally, record: Mapping[str, Any], *, assessed: bool) -> dict[str, str]:
    """The sentences that a Croissant description takes over; empty where nothing is known."""
    unknown = tally.licenses.get("unknown", 0)
    masked = tally.cells.get("masked", 0)
    steps = [f"{s['text']}: {s['rows_in']:,} in, {s['kept']:,} kept, {s['rejected']:,} rejected" for s in record.get("steps", [])]
    sources = [f"{name} ({n:,} rows)" for name, n in tally.sources.most_common()]
    limits = [f"{unknown:,} of {tally.rows:,} rows have no stated licence"] if unknown else []
    if not assessed:
        limits.append("this version has not been assessed")
    return {
        "collection": f"collected from {'; '.join(sources)}" if sources else "",
        "steps": "; ".join(steps),
        "masking": f"{masked:,} spans masked" if masked else "",
        "personal": f"personal data was looked for and masked in {masked:,} spans" if masked else "",
        "limitations": "; ".join(limits),
        "uses": record.get("uses", ""),
        "maintenance": record.get("maintenance", ""),
        "biases": record.get("biases", ""),
    }


def _columns(schema: pa.Schema) -> list[dict[str, str]]:
    out = []
    for f in schema:
        said = {k.decode(): v.decode() for k, v in (f.metadata or {}).items()}
        kind = "measure" if is_measure(f) else "system" if f.name.startswith("_") else "content"
        by = f"{said['op']}@{said.get('version', '?')}" if is_measure(f) else ""
        out.append(
            {"name": f.name, "type": str(f.type), "kind": kind, "unit": said.get("unit", ""), "meaning": said.get("meaning", ""), "by": by}
        )
    return out


def card(facts: Facts, language: str = "en") -> str:
    """The card as Markdown with a YAML head, in one language."""
    from jinja2 import Environment, StrictUndefined

    text = json.loads(files("zhuoyu.release").joinpath("card.json").read_text("utf-8"))
    words = {key: said[language] for key, said in text.items()}
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - Markdown
    environment.filters |= {
        "cell": _cell,
        "number": lambda n: f"{n:,}",
        "yaml": lambda v: json.dumps(v, ensure_ascii=False),
        "said": lambda v: _said(v, language),
    }
    template = environment.from_string(files("zhuoyu.release").joinpath("card.md.j2").read_text("utf-8"))
    return template.render(facts=facts, words=words, size=_size(facts["rows"]), language=language)


def _said(value: Any, language: str) -> str:
    """A number, a text, or a text in two languages."""
    if isinstance(value, Mapping):
        value = value.get(language) or value.get("en") or ""
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else _cell(value)


def _cell(value: Any) -> str:
    """Text that stays inside one table cell."""
    return " ".join(str(value).replace("|", "\\|").replace("`", "'").replace("<", "&lt;").split())


def _size(rows: int) -> str:
    steps = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
    return next((name for limit, name in steps if rows < limit), "n>10M")
