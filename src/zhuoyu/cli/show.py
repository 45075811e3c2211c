"""How the command line shows things: live progress, tables, numbers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

Json = dict[str, Any]
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say_json(value: Any) -> None:
    """One JSON object on stdout and nothing else."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def table(*heads: str, rows: list[tuple[Any, ...]], right: tuple[int, ...] = ()) -> None:
    """A table with the columns RIGHT aligned right."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for i, head in enumerate(heads):
        view.add_column(head, justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        view.add_row(*(f"{c:,}" if isinstance(c, int) and not isinstance(c, bool) else str(c) for c in row))
    out.print(view)


def duration(seconds: float) -> str:
    """``9 s``, ``1 min 34 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def size(count: float) -> str:
    """Decimal bytes: ``161.8 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


@contextmanager
def live(*, quiet: bool) -> Iterator[Callable[[Json], None] | None]:
    """Follow a run: its steps with rates and time left on a terminal, lines elsewhere, nothing when quiet."""
    if quiet:
        yield None
        return
    from zhuoyu.cli.live import Plain, Screen

    terminal = sys.stderr.isatty() and not err.is_dumb_terminal
    with Screen(err) if terminal else Plain(lambda line: typer.echo(line, err=True)) as follow:
        yield follow


def summary(record: Json) -> Json:
    """What ``--json`` prints of a run."""
    keys = ("run", "dataset", "version", "digest", "rows", "verdict", "seconds", "report", "release", "reused", "reproduced")
    return {k: record.get(k) for k in keys if k in record or k in keys[:8]}


def finished(record: Json) -> None:
    """What a person reads at the end of a run."""
    rows = record["rows"]
    state = "is unchanged" if record.get("reused") else "is sealed"
    counts = f"{rows['read']:,} rows in, {rows['kept']:,} kept, {rows['rejected']:,} rejected"
    out.print(f"[bold]{record['version']}[/bold] {state}: {counts} ({duration(record['seconds'])})")
    out.print(f"digest   {record['digest']}")
    cut = [s for s in record.get("steps", []) if s["rejected"]]
    if cut:
        table("cut by", "rows", rows=[(s["because"] or s["text"], s["rejected"]) for s in cut], right=(1,))
    if record.get("verdict"):
        out.print(f"verdict  {record['verdict'].replace('_', ' ')}")
    if record.get("release"):
        out.print(f"note     {record['release']}")
    if record.get("report"):
        out.print("report")
        typer.echo(record["report"])
