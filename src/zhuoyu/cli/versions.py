"""``zhuoyu versions``, ``show``, ``diff``, ``verify``, ``runs``: what there is."""

from __future__ import annotations

from typing import Annotated

import typer

from zhuoyu.cli import show as view
from zhuoyu.cli.main import app

Ref = Annotated[str, typer.Argument(help="A version: NAME, NAME@3, its id or a digest's beginning.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def versions(dataset: Annotated[str | None, typer.Argument(help="Only this dataset.")] = None, json: AsJson = False) -> None:
    """List sealed versions, newest first."""
    from zhuoyu.flow import catalogue
    from zhuoyu.store.database import Store

    found = catalogue.versions_of(Store.open(), dataset)
    if json:
        view.say_json({"versions": found})
    elif not found:
        view.out.print("there is no version yet; `zhuoyu demo` makes one from the text on this machine")
    else:
        rows = [
            (v["version"], v["kept"], v["rejected"], v["verdict"] or "–", v["digest"][:12], v["sealed_at"][:16].replace("T", " "))
            for v in found
        ]
        view.table("version", "kept", "rejected", "verdict", "digest", "sealed (UTC)", rows=rows, right=(1, 2))


@app.command()
def show(
    ref: Ref, rows: Annotated[int, typer.Option("--rows", min=0, help="Rows to show.")] = 5, rejected: bool = False, json: AsJson = False
) -> None:
    """Show one version: counts, columns, measures, and some rows (masked where they were rejected)."""
    from zhuoyu.flow import catalogue
    from zhuoyu.store.database import Store

    one = catalogue.described(Store.open(), ref, rows=rows, rejected=rejected)
    if json:
        view.say_json(one)
        return
    view.out.print(f"[bold]{one['version']}[/bold]  {one['state']}  {one['kept']:,} kept, {one['rejected']:,} rejected  {one['digest']}")
    for name, table in one["tables"].items():
        view.table(f"column of {name}", "type", rows=list(table["schema"].items()))
    for row in one["rows"]:
        view.out.print(row, markup=False)
    if one["report"]:
        view.out.print(f"report {one['report']}")


@app.command()
def diff(a: Ref, b: Ref, json: AsJson = False) -> None:
    """What changed from version A to B: schema, then added, removed and changed rows."""
    from zhuoyu.build.diff import diff as compare
    from zhuoyu.store.database import Store

    found = compare(Store.open(), a, b)
    if json:
        view.say_json(found.to_json())
        return
    for line in found.lines():
        view.out.print(line, markup=False)


@app.command()
def verify(ref: Ref, json: AsJson = False) -> None:
    """Hash a version's stored rows again and compare; exit code 3 when something changed."""
    from zhuoyu.build.verify import verify as check
    from zhuoyu.store.database import Store

    found = check(Store.open(), ref)
    if json:
        view.say_json(found.to_json())
    else:
        for line in found.lines():
            view.out.print(line, markup=False)
    if found.status != "ok":
        raise typer.Exit(3)


@app.command()
def runs(json: AsJson = False, limit: Annotated[int, typer.Option("--limit", min=1, help="Runs to list.")] = 20) -> None:
    """List runs, newest first."""
    from zhuoyu.flow import catalogue
    from zhuoyu.store.database import Store

    found = catalogue.recent_runs(Store.open(), limit)
    if json:
        view.say_json({"runs": found})
    else:
        view.table(
            "run",
            "kind",
            "state",
            "version",
            "started (UTC)",
            rows=[(r["run"], r["kind"], r["state"], r["version"] or "–", r["started"][:16]) for r in found],
        )
