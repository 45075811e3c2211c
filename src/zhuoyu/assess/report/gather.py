"""Everything the report says, as plain JSON: two passes over the rejected rows, one over the kept ones, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import yaml

from zhuoyu.assess.report.excerpts import Mask, differences, said, short_uri, shortened, windows
from zhuoyu.assess.report.passes import Clusters, Examples, Masked, Measures, Sources
from zhuoyu.assess.static import Data
from zhuoyu.record import content_columns, is_measure

Json = dict[str, Any]

NBSP = "\u00a0"
MOST_COLUMNS = 4
"""Content columns quoted of a row that has no text column."""


def gather(data: Data, record: Json, assessment: Json | None, mask: Mask) -> Json:
    """The facts of one version's report, from its rows, its run RECORD and its ASSESSMENT (None: there is none).

    MASK takes texts and gives them back without personal data: every quoted piece of a row goes through it, since a row may
    have been rejected before the recipe masked anything. Memory: a batch, and a bounded number of excerpts.
    """
    table = _table(record)
    steps = [s for s in record.get("steps") or [] if s.get("table", table) == table]
    recipe = _recipe(record)
    facts = {
        "format": 1,
        "version": record.get("version"),
        "dataset": record.get("dataset") or recipe.get("dataset"),
        "modality": recipe.get("modality") or ("text" if "text" in data.schema.names else None),
        "record": {k: v for k, v in record.items() if k in _PASSED},
        "batches": record.get("batches") or [],
        "assessment": _said(assessment),
    }
    return facts | _Gathering(data, steps, record, table, mask).facts()


_PASSED = (
    "run", "digest", "seconds", "peak_bytes", "engine", "environment", "recipe", "recipe_digest", "seed", "because", "limit",
    "reproduced", "sealed", "release",
)  # fmt: skip


def _said(assessment: Json | None) -> Json | None:
    """The assessment without what the page does not show: the plan's wording and the ids of failing rows."""
    if assessment is None:
        return None
    plan = {k: v for k, v in (assessment.get("plan") or {}).items() if k != "said"}
    indicators = [{k: v for k, v in i.items() if k not in ("failed_row_ids", "detail")} for i in assessment.get("indicators") or []]
    return {**assessment, "plan": plan, "indicators": indicators}


def _table(record: Json) -> str:
    names = [str(s["table"]) for s in record.get("steps") or [] if s.get("table")]
    return "rows" if "rows" in names or not names else names[0]


def _recipe(record: Json) -> Mapping[str, Any]:
    try:
        said = yaml.safe_load(record.get("recipe") or "")
    except yaml.YAMLError:
        return {}
    return said if isinstance(said, Mapping) else {}


class _Gathering:
    """One gathering: what is looked for in the passes, and what was found."""

    def __init__(self, data: Data, steps: list[Json], record: Json, table: str, mask: Mask) -> None:
        self.data, self.steps, self.mask = data, steps, mask
        self.batches = record.get("batches") or []
        self.quoted = _quoted(data.schema)
        self.names = _cluster_columns(data.schema, getattr(data, "rejected_schema", None))
        self.sources, self.examples, self.clusters = Sources(), Examples(), Clusters(self.names)
        self.masked = Masked(mask)
        self.measures = Measures([p for p in record.get("profiles") or [] if p.get("table", table) == table], data.schema, steps)
        self.texts: dict[str, str] = {}
        self.uris: dict[str, str] = {}

    def facts(self) -> Json:
        self._scan_rejected()
        stays = self.clusters.wanted_kept()
        self._scan_kept(set(stays))
        self._read_rejected({*self.examples.wanted(), *self.clusters.wanted_cut()})
        rows = {"kept": self.sources.kept, "rejected": self.sources.rejected, "read": self.sources.kept + self.sources.rejected}
        return {
            "rows": rows,
            "sources": self.sources.facts(self.batches),
            "cuts": self._cuts(),
            "measures": self.measures.numbers(),
            "categories": self.measures.categories(),
            "duplicates": self._duplicates(),
            "masked": self.masked.facts(self._safe_uris),
        }

    def _scan_rejected(self) -> None:
        columns = ["_id", "_origin", "_license", "_step", "_reason", "_found", *self.names.values()]
        for batch in self.data.batches(columns, True):
            self.sources.take(batch, rejected=True)
            self.examples.take(batch)
            self.clusters.take(batch, rejected=True)

    def _scan_kept(self, wanted: set[str]) -> None:
        have = self.data.schema.names
        asked = ["_id", "_origin", "_license", "_cells", *self.measures.columns, *self.names.values(), *self.quoted]
        asked += [
            c for c in content_columns(self.data.schema) if c not in asked and not c.startswith("_") and _is_text(self.data.schema, c)
        ]
        columns = list(dict.fromkeys(c for c in asked if c in have))
        for batch in self.data.batches(columns, False):
            self.sources.take(batch, rejected=False)
            self.measures.take(batch)
            self.clusters.take(batch, rejected=False)
            self.masked.take(batch)
            self._quote(batch, wanted)

    def _read_rejected(self, wanted: set[str]) -> None:
        if wanted:
            for batch in self.data.batches(["_id", "_origin", *self.quoted], True):
                self._quote(batch, wanted)

    def _quote(self, batch: pa.RecordBatch, wanted: set[str]) -> None:
        """Keep the masked beginning of the WANTED rows in BATCH."""
        if not wanted:
            return
        ids = batch.column("_id").to_pylist()
        at = [i for i, one in enumerate(ids) if one in wanted]
        if not at:
            return
        columns = [c for c in self.quoted if c in batch.schema.names]
        rows = batch.select([*columns, "_origin"]).take(pa.array(at)).to_pylist()
        for i, text in zip(at, windows([said(r, columns) for r in rows], self.mask), strict=True):
            self.texts[ids[i]] = text
        for i, uri in zip(at, self._safe_uris([_uri(r) for r in rows]), strict=True):
            self.uris[ids[i]] = uri

    def _safe_uris(self, uris: list[str]) -> list[str]:
        """A path can hold a name or an address too."""
        return self.mask([short_uri(u) for u in uris]) if uris else []

    def _cuts(self) -> list[Json]:
        """The reader, and every step that took rows away, each with examples of every reason."""
        out = []
        for step in self.steps:
            if step.get("kind") != "read" and not step.get("rejected"):
                continue
            kept = {k: step.get(k) for k in ("index", "text", "kind", "because", "rows_in", "kept", "rejected")}
            out.append(kept | {"examples": self._examples(int(step.get("index", -1)), step.get("reasons") or {})})
        return out

    def _examples(self, index: int, reasons: Mapping[str, int]) -> list[Json]:
        groups = []
        for reason, count, rows in self.examples.of(index):
            texts = [self.texts.get(i, "") for i, _ in rows]
            founds = self.mask([found or "" for _, found in rows])
            quoted = [
                {"id": i, "uri": self.uris.get(i, ""), "found": shortened(f, 160), "excerpt": shortened(t)}
                for (i, _), t, f in zip(rows, texts, founds, strict=True)
            ]
            name = shortened(self.mask([reason])[0], 200)
            groups.append({"reason": name, "count": int(reasons.get(reason, count)), "rows": quoted})
        return groups

    def _duplicates(self) -> Json | None:
        if not self.names:
            return None
        shown = []
        for group in self.clusters.shown(self.texts):
            stays = self.texts[group["stays"]]
            cut = []
            first = None
            for one, jaccard in group["cut"]:
                left, right = differences(stays, self.texts.get(one, ""))
                first = first or left
                cut.append({"id": one, "uri": self.uris.get(one, ""), "jaccard": jaccard, "parts": right})
            head = {"id": group["stays"], "uri": self.uris.get(group["stays"], ""), "parts": first or [(shortened(stays), False)]}
            shown.append({"cluster": group["cluster"], "size": group["size"], "stays": head, "cut": cut})
        return self.clusters.facts() | {"shown": shown}


def _uri(row: Mapping[str, Any]) -> str:
    origin = row.get("_origin") or {}
    locator = origin.get("locator")
    return str(origin.get("uri") or "") + (f" · {str(locator).replace(' ', NBSP)}" if locator and locator != "0" else "")


def _is_text(schema: pa.Schema, name: str) -> bool:
    kind = schema.field(name).type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _quoted(schema: pa.Schema) -> list[str]:
    """Which columns are quoted: ``text``, else the one text column, else the first few."""
    own = [c for c in content_columns(schema) if not c.startswith("_")]
    if "text" in own:
        return ["text"]
    texts = [c for c in own if _is_text(schema, c)]
    return texts if len(texts) == 1 else own[:MOST_COLUMNS]


def _cluster_columns(*schemas: pa.Schema | None) -> dict[str, str]:
    """The columns of the near-duplicate relation, by what they say; empty when the recipe has none."""
    for schema in schemas:
        for field in schema or ():
            if field.name.endswith("_duplicate_of") and is_measure(field) and field.metadata[b"op"] == b"relate.near_duplicates":
                stem = field.name.removesuffix("_duplicate_of")
                return {"of": field.name, "jaccard": f"{stem}_duplicate_jaccard", "cluster": f"{stem}_cluster"}
    return {}
