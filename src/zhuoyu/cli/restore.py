"""``zhuoyu restore`` and ``reproduce``: new runs over what was landed before."""

from __future__ import annotations

from typing import Annotated

import typer

from zhuoyu.cli import show
from zhuoyu.cli.desk import desk
from zhuoyu.cli.main import app

Ref = Annotated[str, typer.Argument(help="A version: NAME, NAME@3, its id or a digest's beginning.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def reproduce(ref: Ref, json: AsJson = False) -> None:
    """Run a version again from its landed batches, reusing nothing, and compare digests; exit code 3 when they differ."""
    with desk(quiet=json) as at:
        from zhuoyu.flow import again

        record = again.reproduce(at, ref)
    if json:
        show.say_json(show.summary(record) | {"expected": record["expected"]})
    elif record["reproduced"]:
        show.out.print(f"the same digest: {record['digest']} ({show.duration(record['seconds'])})")
    else:
        show.out.print(
            f"another digest: expected {record['expected']}, found {record['digest']}; `zhuoyu diff {ref} {record['version']}` says where"
        )
    if not record["reproduced"]:
        raise typer.Exit(3)


@app.command()
def restore(
    ref: Ref,
    where: Annotated[str, typer.Option("--where", help="Which rejected rows: a condition, e.g. \"_reason = 'near duplicate'\".")],
    because: Annotated[str, typer.Option("--because", help="Why they come back; stands in the event log's run.")],
    rejected_as: Annotated[str | None, typer.Option("--rejected-as", help="Only rows rejected from this table.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the rows and stop.")] = False,
    json: AsJson = False,
) -> None:
    """Lift rejected rows over the condition that rejected them, run the remaining steps, make a new version."""
    if dry_run:
        from zhuoyu.flow import again
        from zhuoyu.store.database import Store

        found = again.liftable(Store.open(), ref, where, rejected_as)
        show.say_json(found) if json else show.table("step", "rows", rows=list(found["steps"].items()), right=(1,))
        return
    with desk(quiet=json) as at:
        from zhuoyu.flow import again

        record = again.restore(at, ref, where, because, rejected_as)
    if json:
        show.say_json(show.summary(record) | {"lifted": record["lifted_rows"]})
    else:
        show.out.print(f"{record['lifted_rows']:,} rows were lifted over the condition that rejected them")
        show.finished(record)
