"""What a recipe would do: ``zhuoyu plan`` and ``--dry-run``. Lands nothing, runs nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from zhuoyu import collect
from zhuoyu.engine.program import Program
from zhuoyu.engine.table import stage_key
from zhuoyu.flow.dataset import planned, request_of
from zhuoyu.flow.record import batch_facts
from zhuoyu.recipe import Plan, loads
from zhuoyu.store import runs, shards
from zhuoyu.store.database import Store

Json = dict[str, Any]


def preview(store: Store, spec: Json) -> Json:
    """Sources as they are now, the steps in order, what is reused, and seconds by the last run of this recipe."""
    recipe = loads(spec["recipe"], spec["name"])
    with tempfile.TemporaryDirectory(prefix="zhuoyu-plan-") as folder:
        landed = []
        for source in recipe.source:
            one = collect.land(request_of(source, Path(spec["base"]), spec.get("limit")), Path(folder), None)
            if one.files:
                landed.append(
                    {
                        "digest": one.digest,
                        "manifest": str(one.manifest),
                        "source": source.name,
                        "into": source.into or "rows",
                        "facts": batch_facts(one, source),
                    }
                )
        plan, inputs = planned(store, recipe, landed)
        keys = {table: i.key for table, i in inputs.items()}
        first = _first_stages(plan, inputs)
    with store.session() as s:
        done = [t for t, key in first.items() if shards.done(s, key)]
        last = next(
            (
                r.record
                for r in runs.recent(s, 50)
                if r.record and r.record.get("recipe_digest") == recipe.digest() and r.state == "succeeded"
            ),
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
        "inputs": keys,
        "release": "checked only: releases do not exist yet" if recipe.release else None,
    }


def _first_stages(plan: Plan, inputs: Json) -> dict[str, str]:
    out = {}
    for table, source in inputs.items():
        stage = plan.stages(table)
        program = Program(source.schema, tuple(stage[0].steps), tuple(stage[0].relates), len(stage) == 1)
        out[table] = stage_key(source.key, program)
    return out
