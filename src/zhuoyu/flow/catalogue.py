"""What there is: versions and runs, as plain values."""

from __future__ import annotations

from typing import Any

from zhuoyu.flow.record import main_table
from zhuoyu.flow.verdict import masked
from zhuoyu.store import door, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Version

Json = dict[str, Any]


def versions_of(store: Store, dataset: str | None = None) -> list[Json]:
    """Sealed versions, newest first, with the verdict of their run."""
    with store.reading() as s:
        return [_one(s, v) for v in versions.all_versions(s, dataset) if v.state != "open"]


def _one(s: Any, v: Version) -> Json:
    record = (runs.get(s, v.run_id).record or {}) if v.run_id else {}
    return {
        "version": f"{v.dataset}@{v.number}",
        "id": v.id,
        "state": v.state,
        "kept": v.counts.get("kept", 0),
        "rejected": v.counts.get("rejected", 0),
        "digest": v.digest,
        "verdict": record.get("verdict"),
        "report": record.get("report"),
        "run": v.run_id,
        "parents": v.parents,
        "sealed_at": v.sealed_at.isoformat() if v.sealed_at else "",
    }


def described(store: Store, ref: str, *, rows: int = 5, rejected: bool = False) -> Json:
    """One version with its tables and some rows, read through the door; rejected rows' texts are masked."""
    with store.reading() as s:
        v = versions.find(s, ref)
        out = _one(s, v) | {"tables": v.tables, "measures": v.measures}
        table = main_table((runs.get(s, v.run_id).record or {}) if v.run_id else {}, v.tables)
    shown = []
    for batch in door.read(store, door.local_principal(), out["id"], table, rejected=rejected, limit=rows):
        for row in batch.to_pylist():
            row.pop("_leaf", None)
            if rejected:
                row = {k: masked([v])[0] if isinstance(v, str) and not k.startswith("_") else v for k, v in row.items()}
            shown.append({k: _short(v) for k, v in row.items() if v is not None})
    return out | {"rows": shown[:rows]}


def _short(value: Any) -> Any:
    return value[:200] + "…" if isinstance(value, str) and len(value) > 200 else value


def recent_runs(store: Store, limit: int) -> list[Json]:
    """Runs, newest first."""
    with store.reading() as s:
        return [
            {
                "run": r.id,
                "kind": r.kind,
                "state": r.state,
                "version": (r.record or {}).get("version"),
                "started": str(r.started_at or r.created_at or ""),
                "error": r.error,
            }
            for r in runs.recent(s, limit)
        ]


def card_facts(store: Store, ref: str) -> Json:
    """What a dataset card says: the run record and the newest assessment of a version."""
    from zhuoyu.store import assessments

    with store.reading() as s:
        v = versions.find(s, ref)
        record = dict(runs.get(s, v.run_id).record or {}) if v.run_id else {}
        found = assessments.latest(s, v.id)
        return {"record": record, "assessment": dict(found.result) if found else None}
