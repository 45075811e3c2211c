"""Assess a sealed version through the door, and write its report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu import assess
from zhuoyu.assess import report
from zhuoyu.build.verify import verify
from zhuoyu.flow.record import main_table
from zhuoyu.ops import load
from zhuoyu.settings import system_language
from zhuoyu.store import assessments, door, events, keys, versions
from zhuoyu.store.database import Store

Json = dict[str, Any]


class DoorData:
    """A version's rows for an assessment or a report: read through the one door, by the workspace's owner."""

    def __init__(self, store: Store, version_id: str, facts: Json) -> None:
        self._store = store
        self._version = version_id
        self._who = door.local_principal()
        self.facts = facts
        with store.reading() as s:
            version = versions.find(s, version_id)
            self._table = main_table(facts, version.tables)
            held = version.tables[self._table]
            self.counts = {"kept": held["rows"], "rejected": held["rejected"]}
        self.schema = self._read(None, rejected=False, limit=0).schema
        self.rejected_schema = self._read(None, rejected=True, limit=0).schema

    def _read(self, columns: Sequence[str] | None, *, rejected: bool, limit: int | None = None) -> door.Door:
        return door.read(self._store, self._who, self._version, self._table, rejected=rejected, columns=columns, limit=limit)

    def batches(self, columns: Sequence[str], rejected: bool = False) -> Iterator[pa.RecordBatch]:
        """Batches with COLUMNS; those the table has not are left out."""
        have = self.rejected_schema if rejected else self.schema
        yield from self._read([c for c in columns if c in have.names], rejected=rejected)


def assess_version(
    store: Store, version_id: str, plan: Any, record: Json, run_id: str, begin: Callable[[str], None] = lambda _: None
) -> Json:
    """Verify a sealed version, compute its plan's indicators, store the assessment; what a run record says of it.

    BEGIN is told the name of each of the two as it begins.
    """
    begin("verify")
    checked = verify(store, version_id)
    begin("assess")
    facts = {**record, "verification": checked.to_json()}
    result = assess.assess(assess.Plan.load(plan), DoorData(store, version_id, facts)).to_json()
    signature = keys.sign(store.home, json.dumps(result, sort_keys=True).encode())
    with store.session() as s:
        one = assessments.add(
            s,
            version_id=version_id,
            plan_digest=result["plan"]["digest"],
            verdict=result["verdict"]["status"],
            result=result,
            run_id=run_id,
            signature=signature,
        )
        who = door.local_principal().name
        events.append(
            s, who, "assess", "version", version_id, {"assessment": one.id, "plan": result["plan"]["digest"], "verdict": one.verdict}
        )
        return {"assessment": one.id, "verdict": result["verdict"]["status"]}


def write_report(store: Store, record: Json, to: Path | None = None) -> Path:
    """The version's report: one HTML file beside its tables, whole or not there."""
    folder = store.home / "versions" / record["version_id"]
    result = None
    if record.get("assessment"):
        with store.reading() as s:
            result = dict(assessments.get(s, record["assessment"]).result)
    data = DoorData(store, record["version_id"], record)
    facts = report.gather(data, record, result, mask=masked)
    facts |= {"language": system_language(), "fingerprint": keys.fingerprint(store.home)}
    path = to or folder / "report.html"
    part = path.with_name(path.name + ".part")
    part.write_text(report.render(facts), encoding="utf-8")
    part.replace(path)
    return path


def masked(texts: list[str]) -> list[str]:
    """TEXTS with personal data masked: how rejected rows, which may not have met the recipe's masking, are quoted."""
    op = load("text.mask_pii")()
    return [t or "" for t in op.on({"text": texts})]  # type: ignore[attr-defined]  # a Transform
