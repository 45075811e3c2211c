"""A dataset's schema is inferred and frozen at its first seal: what a later run may bring."""

from __future__ import annotations

from zhuoyu.errors import DataError
from zhuoyu.recipe import Plan
from zhuoyu.record import LEAF, SYSTEM
from zhuoyu.store import versions
from zhuoyu.store.database import Store


def check_schema(store: Store, dataset: str, plan: Plan, *, extend: bool) -> None:
    """Compare the content columns a run would seal with those of the dataset's newest version that has rows.

    Raises:
        DataError: a column has another type, or, unless EXTEND, is new.
    """
    before = _last(store, dataset)
    for table, steps in plan.tables.items():
        frozen = before.get(table)
        if frozen is None:
            continue
        written = {name for step in steps for name in step.writes()}
        content = [f for f in plan.schemas[table] if f.name not in written]
        changed = [f"{f.name!r} was {frozen[f.name]}, is {f.type}" for f in content if frozen.get(f.name, str(f.type)) != str(f.type)]
        if changed:
            raise DataError(
                f"table {table!r} of {dataset} has another type in column {'; '.join(changed)}",
                fix="read it as before, or give the dataset another name",
                table=table,
            )
        new = [f.name for f in content if f.name not in frozen]
        if new and not extend:
            raise DataError(
                f"table {table!r} of {dataset} has columns that its last version has not: {', '.join(new)}",
                fix="write `schema: extend` in the recipe, or give the dataset another name",
                table=table,
            )


def _last(store: Store, dataset: str) -> dict[str, dict[str, str]]:
    """Content columns and types by table; tables that never had a row froze nothing."""
    aside = {*SYSTEM.names, LEAF.name}
    with store.reading() as s:
        for version in versions.all_versions(s, dataset):
            full = {n: t for n, t in version.tables.items() if t["rows"] or t["rejected"]}
            if version.state == "sealed" and full:
                return {
                    name: {k: v for k, v in t["schema"].items() if k not in aside and k not in version.measures.get(name, {})}
                    for name, t in full.items()
                }
    return {}
