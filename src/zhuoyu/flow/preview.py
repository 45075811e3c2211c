"""What a recipe would do: ``zhuoyu plan`` and ``--dry-run``. Lands nothing, runs nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from zhuoyu import collect, ops
from zhuoyu.engine.program import Program
from zhuoyu.engine.table import stage_key
from zhuoyu.flow.dataset import planned, request_of
from zhuoyu.flow.record import batch_facts
from zhuoyu.op import FOLDER
from zhuoyu.recipe import Plan, Recipe, check, loads
from zhuoyu.store import runs, shards
from zhuoyu.store.database import Store

Json = dict[str, Any]


def preview(store: Store, spec: Json) -> Json:
    """Sources as they are now, the steps in order, what is reused, and seconds by the last run of this recipe."""
    recipe = loads(spec["recipe"], spec["name"])
    FOLDER.set(Path(spec["base"]))
    check(recipe, ops)
    with tempfile.TemporaryDirectory(prefix="zhuoyu-plan-") as folder:
        landed = _landed(recipe, spec, Path(folder))
        plan, inputs = planned(store, recipe, landed, Path(spec["base"]))
        first = _first_stages(plan, inputs)
    with store.reading() as s:
        done = [t for t, key in first.items() if shards.done(s, key)]
        last = next(
            (r.record for r in runs.recent(s, 50) if r.state == "succeeded" and (r.record or {}).get("recipe_digest") == recipe.digest()),
            None,
        )
    reuse = (
        f"finished stages of {', '.join(done)} are reused" if done else "nothing is reused: no finished stage has these inputs and steps"
    )
    return {
        "dataset": recipe.dataset,
        "batches": [one["facts"] for one in landed],
        "lines": plan.explain(),
        "reuse": reuse,
        "seconds": last["seconds"] if last else None,
        "release": "checked only: releases do not exist yet" if recipe.release else None,
    }


def _landed(recipe: Recipe, spec: Json, folder: Path) -> list[Json]:
    """Every source landed in a folder that is thrown away."""
    out = []
    for source in recipe.source:
        one = collect.land(request_of(source, Path(spec["base"]), spec.get("limit")), folder, None)
        if one.files:
            table = source.into or "rows"
            out.append(
                {
                    "digest": one.digest,
                    "manifest": str(one.manifest),
                    "source": source.name,
                    "into": table,
                    "facts": batch_facts(one, source),
                }
            )
    return out


def _first_stages(plan: Plan, inputs: Json) -> dict[str, str]:
    """Keys by table; a stage that joins has none before the other table is made."""
    out = {}
    for table, source in inputs.items():
        stage = plan.stages(table)
        steps = tuple(s for s in stage[0].steps if s.kind != "expand")
        if any(s.kind == "join" for s in steps):
            continue
        program = Program(source.schema, steps, tuple(stage[0].relates), len(stage) == 1)
        out[table] = stage_key(source.key, program)
    return out
