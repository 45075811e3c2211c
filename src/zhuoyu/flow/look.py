"""Assess what is at hand: a file or folder becomes a version of its own, a version is assessed as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from zhuoyu.errors import DataError
from zhuoyu.flow.start import Desk, start
from zhuoyu.flow.verdict import assess_version
from zhuoyu.recipe import Recipe, dumps
from zhuoyu.store import assessments, runs, versions
from zhuoyu.store.database import Store

Json = dict[str, Any]


def assess_path(desk: Desk, path: Path, plan: str = "first-look", text: str | None = None) -> Json:
    """The assessment of a file or folder, as JSON, with ``version`` and ``report``. TEXT: the column that holds the text."""
    name = re.sub(r"[^a-z0-9]+", "-", path.resolve().name.lower()).strip("-") or "data"
    source: Json = {"read": str(path.resolve()), "name": path.name, "origin": "collected", "license": "from_metadata"}
    asked: str | Json = plan
    if text:
        asked = {"preset": plan, "on": {"text": text}}
        source |= {"text": text} if text.isidentifier() else {}
    recipe = Recipe.model_validate({"dataset": name, "modality": "text", "source": [source], "steps": [], "assess": asked})
    spec = {"recipe": dumps(recipe), "name": f"assess {path.name}", "base": str(Path.cwd()), "limit": None, "look": True}
    record = start(desk, "assess", spec)
    return _stored(desk.store, record["assessment"]) | {
        "version": record["version"],
        "report": record["report"],
        "seconds_total": record["seconds"],
    }


def assess_sealed(store: Store, ref: str, plan: str | None = None) -> Json:
    """The assessment of a version: without a PLAN the newest there is, else one made here and now.

    Raises:
        DataError: there is no such version; where REF looks like a path it is said that there is no such file.
    """
    path = Path(ref)
    if len(path.parts) > 1 or path.suffix in {".parquet", ".jsonl", ".json", ".csv", ".tsv", ".txt"}:
        raise DataError(f"there is no file or folder {ref!r}", fix="give a path, or a version as NAME or NAME@3")
    with store.reading() as s:
        version = versions.find(s, ref)
        record = dict(runs.get(s, version.run_id).record or {}) if version.run_id else {}
        version_id, named = version.id, f"{version.dataset}@{version.number}"
    if plan is None:
        with store.reading() as s:
            found = assessments.latest(s, version_id)
            if found is not None:
                return dict(found.result) | {"version": named, "report": record.get("report")}
    made = assess_version(store, version_id, plan or "first-look", record, record.get("run", ""))
    return _stored(store, made["assessment"]) | {"version": named, "report": record.get("report")}


def _stored(store: Store, assessment: str) -> Json:
    with store.reading() as s:
        return dict(assessments.get(s, assessment).result)
