"""What a run record says: each step's rows and seconds, each measure's distribution, each batch's licences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zhuoyu import collect
from zhuoyu.engine.files import row_counts
from zhuoyu.engine.profile import shown
from zhuoyu.engine.selection import READER
from zhuoyu.engine.table import TableResult
from zhuoyu.recipe import Plan, SourceSpec
from zhuoyu.recipe.model import DEFAULT_TABLE

Json = dict[str, Any]


def step_facts(plan: Plan, table: str, result: TableResult) -> list[Json]:
    """For every step of a table: rows in = kept + rejected; what one step keeps the next one gets."""
    reasons: dict[int, dict[str, int]] = {}
    for key, count in result.facts.get("reasons", {}).items():
        step, _, reason = key.partition("\t")
        reasons.setdefault(int(step), {})[reason] = count
    stats = result.facts.get("steps", {})
    rows = _read(result)
    out = [_fact(READER, "read", "read", table, None, rows, reasons.get(READER, {}), {})]
    rows = out[0]["kept"]
    for step in plan.tables[table]:
        one = _fact(
            step.index, step.text, step.kind, table, step.because, rows, reasons.get(step.index, {}), stats.get(str(step.index), {})
        )
        rows = one["kept"]
        out.append(one)
    return out


def main_table(record: Json, tables: Iterable[str]) -> str:
    """The table that an assessment, a report and a look at a version mean: ``rows``, or else that of the first source."""
    names = list(tables)
    first = next((str(one["into"]) for one in record.get("landed") or [] if one["into"] in names), "")
    return DEFAULT_TABLE if DEFAULT_TABLE in names or not names else first or names[0]


def _read(result: TableResult) -> int:
    """All rows the reader yielded: those kept at the end and those any step rejected."""
    return sum(sum(row_counts(path)) for path in (*result.kept, *result.rejected))


def _fact(index: int, text: str, kind: str, table: str, because: str | None, rows: int, reasons: dict[str, int], stat: Json) -> Json:
    lost = sum(reasons.values())
    return {
        "index": index,
        "text": text,
        "kind": kind,
        "table": table,
        "because": because,
        "rows_in": rows,
        "kept": rows - lost,
        "rejected": lost,
        "changed": stat.get("changed", 0),
        "errors": stat.get("errors", 0),
        "seconds": round(stat.get("seconds", 0.0), 4),
        "reasons": dict(sorted(reasons.items(), key=lambda kv: (-kv[1], kv[0]))),
    }


def profile_facts(table: str, result: TableResult) -> list[Json]:
    """The distribution of each measure over all rows that came to it, when it was computed."""
    out = []
    for key, value in result.facts.get("profiles", {}).items():
        step, column, unit = key.split("\t")
        out.append({"step": int(step), "table": table, "column": column, "unit": unit, **shown(value, unit)})
    return out


def batch_facts(landed: collect.Landed, source: SourceSpec) -> Json:
    """What is known of a landed batch."""
    return {
        "source": source.name or (source.read if isinstance(source.read, str) else source.read[0]),
        "rows": landed.rows,
        "files": landed.files,
        "bytes": landed.bytes,
        "licenses": dict(landed.licenses),
        "skipped": dict(landed.skipped),
        "id_from": landed.id_from,
        "license": source.license,
        "basis": source.basis if isinstance(source.basis, dict | type(None)) else source.basis.model_dump(),
        "origin": source.origin,
    }
