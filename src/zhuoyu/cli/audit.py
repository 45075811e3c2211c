"""``zhuoyu audit``: the event log and its checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhuoyu.cli import show
from zhuoyu.cli.main import audit


@audit.command("verify")
def verify(
    copy: Annotated[
        Path | None, typer.Option("--copy", help="A copy of the workspace's checkpoints/events.jsonl that was kept elsewhere.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recompute the chain and compare it with every signed checkpoint; exit code 3 when anything was edited.

    Who can rewrite the database and the workspace's files is found only by a copy of the checkpoints kept out of reach.
    """
    from zhuoyu.store import events
    from zhuoyu.store.database import Store

    found = events.verify(Store.open(), copy)
    if json:
        show.say_json({"ok": not found, "findings": [str(f) for f in found]})
    elif not found:
        also = f", as the copy {copy} says too" if copy else ""
        show.out.print(f"every event is as it was written, up to the last checkpoint{also}", markup=False, soft_wrap=True)
    for finding in [] if json else found:
        show.out.print(str(finding), markup=False, soft_wrap=True)
    if found:
        raise typer.Exit(3)


@audit.command("checkpoint")
def checkpoint(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Sign the head of the log now, in a file outside the database: keep a copy of it where nobody here can write."""
    from zhuoyu.store import events
    from zhuoyu.store.database import Store

    store = Store.open()
    made = events.checkpoint(store)
    if made is not None:
        made |= {"file": str(events.path_of(store.home))}
    if json:
        show.say_json(made)
    elif made is None:
        show.out.print("there is no event yet, so there is nothing to sign")
    else:
        for name, value in made.items():
            show.out.print(f"{name}: {value}", markup=False, soft_wrap=True)
