"""Runs over what an earlier run landed: ``reproduce`` and ``restore``."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from zhuoyu.engine.selection import READER
from zhuoyu.errors import DataError, SpecError
from zhuoyu.flow.start import Desk, start
from zhuoyu.store import artifacts, door, events, runs, versions
from zhuoyu.store.database import Store

Json = dict[str, Any]


def _earlier(store: Store, ref: str) -> tuple[str, str, Json]:
    """A version's id, digest and run record.

    Raises:
        DataError: it was not made by a run of a recipe.
    """
    with store.reading() as s:
        version = versions.find(s, ref)
        record = dict(runs.get(s, version.run_id).record or {}) if version.run_id else {}
        if "landed" not in record:
            raise DataError(
                f"{ref} was not made by a run of a recipe, so there is nothing to run again", fix="choose a version that `zhuoyu run` made"
            )
        return version.id, version.digest or "", record


def _spec(record: Json) -> Json:
    return {
        "recipe": record["recipe"],
        "name": record["name"],
        "base": record["base"],
        "limit": record["limit"],
        "batches": record["landed"],
        "lifted": record["lifted"],
    }


def reproduce(desk: Desk, ref: str) -> Json:
    """Run the version again from its landed batches, reusing no stage; ``reproduced`` and ``expected`` are in the record."""
    version_id, digest, record = _earlier(desk.store, ref)
    again = start(desk, "reproduce", _spec(record) | {"fresh": True, "expect": digest, "parent": version_id})
    return again | {"expected": digest}


def liftable(store: Store, ref: str, where: str, table: str | None = None) -> Json:
    """The rejected rows that WHERE names, by step.

    Raises:
        SpecError: the condition is wrong, or no row can be lifted (those that the reader could not read never can).
    """
    version_id, _, record = _earlier(store, ref)
    names = [table] if table else sorted({one["into"] for one in record["landed"]})
    rows: dict[str, list[str]] = defaultdict(list)
    unread = 0
    for name in names:
        for batch in door.read(store, door.local_principal(), version_id, name, rejected=True, columns=["_id", "_step"], where=where):
            for row in batch.select(["_id", "_step"]).to_pylist():
                if row["_step"] == READER:
                    unread += 1
                else:
                    rows[str(row["_step"])].append(row["_id"])
    if not rows:
        said = f"; {unread} rows match that could not be read and so cannot come back" if unread else ""
        raise SpecError(
            f"no rejected row of {ref} matches {where!r}{said}",
            fix="`zhuoyu show VERSION --rejected` shows rejected rows and their reasons",
        )
    return {
        "steps": {k: len(v) for k, v in rows.items()},
        "rows": {k: sorted(v) for k, v in rows.items()},
        "unread": unread,
        "version": version_id,
    }


def restore(desk: Desk, ref: str, where: str, because: str, table: str | None = None) -> Json:
    """Lift the rows over the condition that rejected them and run the recipe again: every later step still decides."""
    store = desk.store
    version_id, _, record = _earlier(store, ref)
    found = liftable(store, ref, where, table)
    lifted = {k: set(v) for k, v in found["rows"].items()}
    if record["lifted"]:
        for step, ids in json.loads(artifacts.read(store, record["lifted"]))["rows"].items():
            lifted.setdefault(step, set()).update(ids)
    body = json.dumps({"rows": {k: sorted(v) for k, v in sorted(lifted.items())}}, sort_keys=True).encode()
    digest = artifacts.add(store, "lifted-rows", f"restore of {ref}", body)
    count = sum(found["steps"].values())
    with store.session() as s:
        events.append(s, door.local_principal().name, "restore", "version", version_id, {"lifted": digest, "rows": count}, reason=because)
    again = start(desk, "restore", _spec(record) | {"lifted": digest, "parent": version_id, "because": because})
    return again | {"lifted_rows": count}
