"""``zhuoyu assess``: any file, folder or version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhuoyu.cli import show
from zhuoyu.cli.desk import desk
from zhuoyu.cli.main import app

_SIGN = {"pass": "●", "warn": "▲", "fail": "■", "not_applicable": "⊘", "not_evaluated": "◌"}


@app.command()
def assess(
    what: Annotated[str, typer.Argument(help="A file or folder (Parquet, JSONL, CSV, text), or a version.")],
    plan: Annotated[
        str | None, typer.Option("--plan", help="A preset or a plan file; default: first-look for files, the recipe's own for versions.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="The column that holds the text, when it is not called text.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Assess a file, a folder or a version: indicators, gates, verdict."""
    path = Path(what).expanduser()
    if path.exists():
        with desk(quiet=json) as at:
            from zhuoyu.flow import look

            found = look.assess_path(at, path, plan or "first-look", text)
    else:
        from zhuoyu.flow import look
        from zhuoyu.store.database import Store

        found = look.assess_sealed(Store.open(), what, plan)
    if json:
        show.say_json(found)
    else:
        _printed(found)


def _printed(found: dict[str, Any]) -> None:
    from zhuoyu.settings import system_language

    language = system_language()
    verdict = found["verdict"]
    show.out.print(f"[bold]{verdict['sentence'][language]}[/bold]", markup=True)
    rows = []
    for i in found["indicators"]:
        value = "–" if i["value"] is None else f"{i['value']:.4g}"
        failed = (
            f"{i['n_failed']:,} of {i['n_evaluated']:,}"
            if i.get("n_failed") is not None and i.get("n_evaluated")
            else (i.get("reason") or {}).get(language, "")
        )
        rows.append((_SIGN[i["status"]], i["id"], i[language], value, failed))
    show.table("", "", "indicator", "value", "rows that fail, or why not", rows=rows, right=(3,))
    if found.get("report"):
        show.out.print("report")
        typer.echo(found["report"])
