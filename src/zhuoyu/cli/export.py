"""``zhuoyu export``: a version as files that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhuoyu.cli import show
from zhuoyu.cli.main import app


@app.command()
def export(
    ref: Annotated[str, typer.Argument(help="A version: NAME, NAME@3, its id or a digest's beginning.")],
    to: Annotated[Path, typer.Argument(help="The folder to make; it must not exist.")],
    format: Annotated[
        str, typer.Option("--format", "-f", help="parquet, jsonl, canonical (TC609-5-2025-02) or croissant (with card).")
    ] = "parquet",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a version's kept rows to a folder; rejected rows never leave."""
    from zhuoyu.flow import catalogue
    from zhuoyu.release.export import export as write
    from zhuoyu.store import door
    from zhuoyu.store.database import Store

    store = Store.open()
    done = write(store, door.local_principal(), ref, to, format=format, facts=catalogue.card_facts(store, ref))
    if json:
        show.say_json(
            {
                "folder": str(to),
                "format": format,
                "files": [str(p) for p in sorted(to.rglob("*")) if p.is_file()],
                **(done if isinstance(done, dict) else {}),
            }
        )
    else:
        show.out.print(f"{to}: " + ", ".join(sorted(p.name for p in to.iterdir())))
