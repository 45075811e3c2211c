"""``zhuoyu run``, ``plan``, ``demo``, ``schema``: recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhuoyu.cli import show
from zhuoyu.cli.desk import desk
from zhuoyu.cli.main import app

Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Read at most N rows of each source.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run and stop.")]


def _spec(recipe: str, name: str, base: Path, limit: int | None) -> dict[str, Any]:
    return {"recipe": recipe, "name": name, "base": str(base), "limit": limit}


def _go(spec: dict[str, Any], *, as_json: bool, dry_run: bool, fresh: bool = False) -> None:
    if fresh:
        spec = {**spec, "fresh": True}
    if dry_run:
        from zhuoyu.flow import preview
        from zhuoyu.store.database import Store

        _planned(preview.preview(Store.open(), spec), as_json=as_json)
        return
    with desk(quiet=as_json) as at:
        from zhuoyu.flow.start import start

        record = start(at, "build", spec)
    if as_json:
        show.say_json(show.summary(record))
    else:
        show.finished(record)


def _planned(plan: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show.say_json(plan)
        return
    show.table(
        "source",
        "files",
        "rows",
        "size",
        rows=[(b["source"], b["files"], b["rows"] or "–", show.size(b["bytes"])) for b in plan["batches"]],
        right=(1, 2, 3),
    )
    for line in plan["lines"]:
        show.out.print(line, markup=False)
    show.out.print(plan["reuse"])
    if plan["seconds"]:
        show.out.print(f"about {show.duration(plan['seconds'])}, by the last run of this recipe on this machine")


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="The recipe, dataset.yaml.")],
    limit: Limit = None,
    dry_run: DryRun = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Reuse nothing of earlier runs.")] = False,
    json: AsJson = False,
) -> None:
    """Run a recipe: collect, build, seal, assess, report."""
    _go(_spec(_text(file), str(file), file.resolve().parent, limit), as_json=json, dry_run=dry_run, fresh=fresh)


@app.command()
def plan(file: Annotated[Path, typer.Argument(help="The recipe, dataset.yaml.")], limit: Limit = None, json: AsJson = False) -> None:
    """Print what a recipe would run, what is reused, and what it is expected to cost."""
    _go(_spec(_text(file), str(file), file.resolve().parent, limit), as_json=json, dry_run=True)


@app.command()
def demo(
    paths: Annotated[list[Path] | None, typer.Argument(help="Read these instead of the recipe's own sources.")] = None,
    recipe: Annotated[str, typer.Option("--recipe", help="Which recipe that comes with zhuoyu.")] = "docs",
    limit: Limit = None,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Build a dataset from the text on this machine; the last line is the path of its report."""
    from zhuoyu.flow import reference

    text, name, base = reference.recipe(recipe, paths or [])
    _go(_spec(text, name, base, limit), as_json=json, dry_run=dry_run)


@app.command()
def schema() -> None:
    """Print the JSON schema of recipes, for editors."""
    from zhuoyu import ops
    from zhuoyu.recipe import json_schema

    show.say_json(json_schema(ops))


def _text(file: Path) -> str:
    from zhuoyu.errors import SpecError

    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"cannot read the recipe {file}: {error.strerror}", fix="give the path of a dataset.yaml") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"the recipe {file} is not UTF-8 text", fix="save it as UTF-8") from error
