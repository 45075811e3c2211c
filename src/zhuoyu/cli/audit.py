"""``zhuoyu audit``: the event log and its checkpoints."""

from __future__ import annotations

from typing import Annotated

import typer

from zhuoyu.cli import show
from zhuoyu.cli.main import audit


@audit.command("verify")
def verify(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Recompute the chain and compare it with every signed checkpoint; exit code 3 when anything was edited."""
    from zhuoyu.store import events
    from zhuoyu.store.database import Store

    found = events.verify(Store.open())
    if json:
        show.say_json({"ok": not found, "findings": [str(f) for f in found]})
    elif not found:
        show.out.print("every event is as it was written, up to the last checkpoint")
    for finding in [] if json else found:
        show.out.print(str(finding), markup=False)
    if found:
        raise typer.Exit(3)


@audit.command("checkpoint")
def checkpoint(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Sign the head of the log now, in a file outside the database."""
    from zhuoyu.store import events
    from zhuoyu.store.database import Store

    made = events.checkpoint(Store.open())
    if json:
        show.say_json(made)
    else:
        for name, value in (made or {}).items():
            show.out.print(f"{name}: {value}", markup=False, soft_wrap=True)
