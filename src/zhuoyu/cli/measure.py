"""``zhuoyu measure``: a measure added to a sealed version."""

from __future__ import annotations

from typing import Annotated

import typer

from zhuoyu.cli import show
from zhuoyu.cli.main import app


@app.command()
def measure(
    ref: Annotated[str, typer.Argument(help="A version: NAME, NAME@3, its id or a digest's beginning.")],
    op: Annotated[str, typer.Argument(help="The measure, e.g. text.shares.")],
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="NAME=VALUE, as often as needed.")] = None,
    on: Annotated[list[str] | None, typer.Option("--on", help="The columns it reads; default: its own.")] = None,
    label: Annotated[str, typer.Option("--as", help="Takes the place of the input's name in the new columns.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Add a measure to a sealed version: content and digest stay, the new columns have digests of their own."""
    from zhuoyu.errors import SpecError
    from zhuoyu.flow.measure import add
    from zhuoyu.store.database import Store

    odd = [p for p in param or [] if "=" not in p]
    if odd:
        raise SpecError(f"--param {odd[0]!r} is not NAME=VALUE", fix="write for example --param min_chars=3")
    done = add(Store.open(), ref, op, dict(p.split("=", 1) for p in param or []), tuple(on or ()), label)
    if json:
        show.say_json({"version": ref, "columns": done})
    else:
        show.table("column", "digest", rows=[(k, v[:16]) for k, v in done.items()])
