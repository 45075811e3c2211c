"""Collect, build, assess, report: the sequence behind ``zhuoyu run``, ``demo``, ``assess``, ``restore`` and ``reproduce``."""

from __future__ import annotations

import gc
import hashlib
import json
import platform
import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from zhuoyu import __version__, assess, collect, ops
from zhuoyu.build.ledger import SqlLedger, prune
from zhuoyu.build.seal import Written, seal, write_tables
from zhuoyu.engine.expand import ExpandInput
from zhuoyu.engine.ledger import Progress
from zhuoyu.engine.table import TableResult, TableRun, check_errors
from zhuoyu.errors import DataError, SpecError
from zhuoyu.flow.frozen import check_schema
from zhuoyu.flow.inputs import BatchInput, open_batches
from zhuoyu.flow.record import batch_facts, profile_facts, step_facts
from zhuoyu.flow.verdict import assess_version, write_report
from zhuoyu.op import FOLDER
from zhuoyu.recipe import Plan, PlannedStep, Recipe, SourceSpec, Stage, check, loads, resolve, tables_of
from zhuoyu.settings import settings
from zhuoyu.store import artifacts, batches, events, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Version

Watch = Callable[..., None]
Json = dict[str, Any]


def build_dataset(store: Store, lease: runs.Lease, spec: Json, watch: Watch) -> Json:
    """Everything one run does; its record.

    SPEC: ``recipe`` (YAML), ``base`` (folder of relative paths), ``name`` (for messages), and optionally ``limit``,
    ``batches`` (use these instead of collecting), ``lifted`` (artifact digest of rows to lift over conditions), ``fresh``
    (reuse nothing), ``parent`` (version), ``because``.
    """
    begun = time.monotonic()
    recipe = loads(spec["recipe"], spec["name"])
    FOLDER.set(Path(spec["base"]))
    check(recipe, ops)
    _settled()
    landed = spec.get("batches") or _collect(store, recipe, spec, watch)
    plan, inputs = planned(store, recipe, landed, Path(spec["base"]))
    if not spec.get("look") and not spec.get("batches"):
        check_schema(store, recipe.dataset, plan, extend=recipe.schema_ == "extend")
    work = _work_digest(recipe, plan, inputs, spec)
    if not spec.get("fresh"):
        known = _same_version(store, recipe.dataset, work)
        if known is not None:
            return _again(store, lease, recipe, known, watch, begun)
    lifted = _lifted(store, spec.get("lifted"))
    ledger = SqlLedger(store, lease, fresh=bool(spec.get("fresh")))
    results = _tables(ledger, plan, inputs, lifted, watch)
    for result in results.values():
        check_errors(result.facts, recipe.max_error_rate or settings().max_error_rate)
    record = _record(lease, spec, recipe, plan, landed, results) | {"work": work}
    record |= _sealed(store, lease, recipe, spec, record, results, watch)
    return _judged(store, lease, recipe, record, watch, begun)


def _settled() -> None:
    """Collect garbage from the first row on, but never among what is here already.

    Loading makes half a million objects that all stay, and to look for garbage among them again and again is a sixth of a short
    run: a run's process starts without the collector.
    """
    gc.freeze()
    gc.enable()


def _sealed(
    store: Store, lease: runs.Lease, recipe: Recipe, spec: Json, record: Json, results: dict[str, TableResult], watch: Watch
) -> Json:
    """Write and seal the version; what the record says of it. It is noted before: a run killed right after the seal is known by it."""
    watch({"name": "write the version"}, always=True)
    with store.session() as s:
        version = versions.open_version(s, lease, recipe.dataset, parents=[spec["parent"]] if spec.get("parent") else [])
        version_id = version.id
    written = write_tables(store.home / "versions" / version_id, results)
    twin = _twin(store, recipe.dataset, written)
    if twin is not None:
        shutil.rmtree(store.home / "versions" / version_id)
        version_id = twin.id
    out: Json = {"digest": written.digest, "rows": _rows(written.counts)}
    with store.session() as s:
        runs.note(s, lease, record | out)
    sealed = twin or seal(store, lease, version_id, written)
    out |= {"dataset": recipe.dataset, "version": f"{recipe.dataset}@{sealed.number}", "version_id": version_id, "sealed": moment(sealed)}
    if spec.get("expect"):
        out["reproduced"] = spec["expect"] == written.digest
    with store.session() as s:
        runs.note(s, lease, record | out)
    events.checkpoint(store)
    return out


def _judged(store: Store, lease: runs.Lease, recipe: Recipe, record: Json, watch: Watch, begun: float) -> Json:
    """Assess the sealed version and write its report."""
    asked = plan_of(recipe.assess, Path(record["base"]))
    if asked is not None:
        record |= assess_version(store, record["version_id"], asked, record, lease.run_id, lambda n: watch({"name": n}, always=True))
    record["seconds"] = round(time.monotonic() - begun, 3)
    record["peak_bytes"] = peak_bytes()
    watch({"name": "write the report"}, always=True)
    record["report"] = str(write_report(store, record))
    with store.session() as s:
        runs.note(s, lease, record)
    versions.sweep(store)
    shutil.rmtree(store.home / "runs" / lease.run_id / "stages", ignore_errors=True)
    prune(store, settings().stage_cache_bytes, set(record["stages"]))
    return record


def _twin(store: Store, dataset: str, written: Written) -> Version | None:
    """A sealed version of the same content and measures: it is the version this run made, and no second one is sealed."""
    with store.session() as s:
        for version in versions.all_versions(s, dataset):
            if version.state == "sealed" and version.digest == written.digest and version.measures == written.measures:
                return version
    return None


def moment(version: Version) -> str:
    """When a version was sealed, ISO in UTC."""
    return version.sealed_at.isoformat() if version.sealed_at else ""


def _rows(counts: Json) -> Json:
    return {"read": counts["kept"] + counts["rejected"], "kept": counts["kept"], "rejected": counts["rejected"]}


def peak_bytes() -> int:
    """The largest this process has been."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024)


def request_of(source: SourceSpec, base: Path, limit: int | None) -> collect.Request:
    """What collect needs of a recipe's source."""
    read = [source.read] if isinstance(source.read, str) else list(source.read)
    return collect.Request(
        read=read,
        name=source.name or read[0],
        license=source.license,
        basis=source.basis,
        key=tuple(source.key or ()),
        origin=source.origin,
        land=source.land,
        read_as=source.read_as,
        include=list(source.include or ()),
        exclude=list(source.exclude or ()),
        missing=source.missing,
        limit=limit,
        base=base,
        max_row_bytes=settings().max_row_bytes,
        text=source.text or "text",
    )


def _collect(store: Store, recipe: Recipe, spec: Json, watch: Watch) -> list[Json]:
    """Land every source; what was landed, in the recipe's order."""
    out = []
    for source in recipe.source:
        request = request_of(source, Path(spec["base"]), spec.get("limit"))

        def seen(done: int, total: int, name: str = request.name) -> None:
            watch({"name": f"collect {name}", "files": done, "files_total": total or None}, always=done == total)

        watch({"name": f"collect {request.name}"}, always=True)
        landed = collect.land(request, store.home / "batches", seen)
        if not landed.files and source.missing == "skip":
            continue
        facts = batch_facts(landed, source)
        with store.session() as s:
            batches.add(s, digest=landed.digest, source=request.name, manifest=str(landed.manifest.relative_to(store.home)), facts=facts)
        out.append(
            {
                "digest": landed.digest,
                "manifest": str(landed.manifest.relative_to(store.home)),
                "source": source.name,
                "into": source.into or "rows",
                "facts": facts,
            }
        )
    if not out:
        raise DataError("none of the sources has anything to read", fix="check the paths under source: in the recipe")
    return out


def planned(store: Store, recipe: Recipe, landed: list[Json], base: Path) -> tuple[Plan, dict[str, BatchInput]]:
    """The plan of a recipe over landed batches, and each source table's input."""
    opened = open_batches(store.home, [one["manifest"] for one in landed])
    schemas = tables_of(recipe, {one["source"]: batch.schema for one, batch in zip(landed, opened, strict=True)})
    inputs = {}
    for table, schema in schemas.items():
        mine = [batch for one, batch in zip(landed, opened, strict=True) if one["into"] == table]
        inputs[table] = BatchInput(mine, settings().shard_bytes, graded(schema, recipe))
    asked = plan_of(recipe.assess, base)
    wanted = asked.columns() if asked is not None else ()
    return resolve(recipe, schemas, ops, extra_columns=tuple(wanted)), inputs


def plan_of(said: str | Json | None, base: Path) -> assess.Plan | None:
    """The assessment plan that a recipe names or says; a plan file's path is taken from BASE, the recipe's folder."""

    def placed(name: str) -> str:
        return str(base / name) if name.endswith((".yaml", ".yml")) else name

    if isinstance(said, dict):
        return assess.Plan.load(said | {"preset": placed(str(said["preset"]))} if said.get("preset") else said)
    return None if said is None else assess.Plan.load(placed(said))


def graded(schema: pa.Schema, recipe: Recipe) -> pa.Schema:
    """The user's columns with the grade, personal and category that the recipe gives them, as the door reads them."""
    fields = []
    for f in schema:
        said = recipe.columns.get(f.name)
        meta = {k: v for k, v in said.model_dump(exclude_none=True).items() if isinstance(v, str)} if said else {}
        fields.append(f.with_metadata({**(f.metadata or {}), **meta}) if meta else f)
    return pa.schema(fields)


def ordered(plan: Plan) -> list[str]:
    """Tables so that what a table joins with, or is expanded from, comes before it.

    Raises:
        SpecError: two tables wait for each other.
    """
    needs: dict[str, set[str]] = {t: set() for t in plan.tables}
    for name, steps in plan.tables.items():
        needs[name] |= {s.join.with_ for s in steps if s.join is not None}
        for s in steps:
            if s.kind == "expand":
                needs[expanded(s)].add(name)
    out: list[str] = []
    while len(out) < len(needs):
        ready = [t for t in needs if t not in out and needs[t] <= set(out)]
        if not ready:
            raise SpecError(f"tables {', '.join(sorted(set(needs) - set(out)))} wait for each other", fix="join in one direction only")
        out += ready
    return out


def expanded(step: PlannedStep) -> str:
    """The table an Expand step makes."""
    return step.into or (step.bound.op.name().split(".")[-1] if step.bound else "")


def _tables(
    ledger: SqlLedger, plan: Plan, inputs: dict[str, BatchInput], lifted: dict[int, frozenset[str]], watch: Watch
) -> dict[str, TableResult]:
    total = sum(len(plan.stages(t)) for t in plan.tables)
    first = 0
    results: dict[str, TableResult] = {}
    for name in ordered(plan):
        stages = [Stage([s for s in one.steps if s.kind != "expand"], one.relates) for one in plan.stages(name)]
        run = TableRun(ledger, lambda p: watch(_progress(p), always=p.edge), lifted, results, first, total)
        results[name] = run.run(inputs[name] if name in inputs else _children(plan, name, results), stages)
        first += len(stages)
    return results


def _children(plan: Plan, name: str, results: dict[str, TableResult]) -> ExpandInput:
    table, step = next((t, s) for t, steps in plan.tables.items() for s in steps if s.kind == "expand" and expanded(s) == name)
    assert step.bound is not None
    return ExpandInput.of(results[table], step.bound, step.when)


def _progress(p: Progress) -> Json:
    return asdict(p)


def _work_digest(recipe: Recipe, plan: Plan, inputs: dict[str, BatchInput], spec: Json) -> str:
    """Names the work: the same recipe, operators, inputs and lifted rows give the same version."""
    steps = [[s.index, s.text, s.bound.digest() if s.bound else ""] for t in plan.tables.values() for s in t]
    asked = plan_of(recipe.assess, Path(spec["base"]))
    judged = asked.digest() if asked else ""
    said = [recipe.digest(), steps, {t: i.key for t, i in inputs.items()}, spec.get("lifted"), judged, __version__]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _same_version(store: Store, dataset: str, work: str) -> Version | None:
    with store.session() as s:
        for version in versions.all_versions(s, dataset):
            if version.state != "sealed" or version.run_id is None:
                continue
            record = runs.get(s, version.run_id).record or {}
            if record.get("work") == work and (store.home / "versions" / version.id).is_dir():
                return version
    return None


def _again(store: Store, lease: runs.Lease, recipe: Recipe, version: Version, watch: Watch, begun: float) -> Json:
    """The record of a run that found its version sealed already; what a killed run left undone after sealing is done now."""
    with store.session() as s:
        record = dict(runs.get(s, version.run_id or "").record or {})
    record |= {"dataset": version.dataset, "version": f"{version.dataset}@{version.number}", "version_id": version.id, "run": lease.run_id}
    record["reused"] = version.run_id != lease.run_id
    if not Path(record.get("report") or "").is_file():
        return _judged(store, lease, recipe, record, watch, begun)
    with store.session() as s:
        runs.note(s, lease, record)
    return record | {"seconds": round(time.monotonic() - begun, 3)}


def _lifted(store: Store, digest: str | None) -> dict[int, frozenset[str]]:
    if not digest:
        return {}
    said = json.loads(artifacts.read(store, digest))
    return {int(step): frozenset(ids) for step, ids in said["rows"].items()}


def _record(lease: runs.Lease, spec: Json, recipe: Recipe, plan: Plan, landed: list[Json], results: dict[str, TableResult]) -> Json:
    return {
        "run": lease.run_id,
        "engine": settings().engine,
        "environment": {
            "zhuoyu": __version__,
            "python": platform.python_version(),
            "system": platform.platform(),
            "pyarrow": pa.__version__,
        },
        "recipe": spec["recipe"],
        "recipe_digest": recipe.digest(),
        "name": spec["name"],
        "base": spec["base"],
        "landed": landed,
        "lifted": spec.get("lifted"),
        "because": spec.get("because"),
        "limit": spec.get("limit"),
        "batches": [one["facts"] | {"digest": one["digest"]} for one in landed],
        "steps": [fact for table, result in results.items() for fact in step_facts(plan, table, result)],
        "profiles": [fact for table, result in results.items() for fact in profile_facts(table, result)],
        "stages": [key for result in results.values() for key in result.stages],
        "reused_shards": sum(r.reused for r in results.values()),
        "release": "releases do not exist yet: the release part of the recipe was checked and not acted on" if recipe.release else None,
    }
