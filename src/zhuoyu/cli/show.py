"""How the command line shows things: live progress, tables, numbers."""

from __future__ import annotations

import json
import sys
import time
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


class _Live:
    """One line a stage on a terminal; one plain line a stage elsewhere."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._name = ""
        self._task: Any = None
        self._begun = time.monotonic()

    def __call__(self, p: Json) -> None:
        name = f"{p['stage'] + 1}/{p['stages']} {p['name']}" if p.get("stages") else p["name"]
        if name != self._name:
            self._next(name)
        if self._task is None:
            return
        rows, total = p.get("rows") or 0, p.get("rows_total")
        fields = {"rows": rows, "rate": f"{rows / max(time.monotonic() - self._begun, 0.001):,.0f} rows/s", "step": _step(p)}
        if total:
            self._bar.update(self._task, total=total, completed=rows, **fields)
        elif p.get("bytes_total"):
            self._bar.update(self._task, total=p["bytes_total"], completed=min(p["bytes"], p["bytes_total"]), **fields)
        else:
            self._bar.update(self._task, **fields)

    def _next(self, name: str) -> None:
        if self._bar is None:
            err.print(f"  {name[:100]}")
        else:
            if self._task is not None:
                self._bar.update(self._task, total=1, completed=1)
            self._task = self._bar.add_task(name[:60], total=None, rows=0, rate="", step="")
        self._name = name
        self._begun = time.monotonic()


def _step(p: Json) -> str:
    steps = p.get("steps") or {}
    if not steps:
        return ""
    first, last = min(steps, key=int), max(steps, key=int)
    return f"steps {first}–{last}, {p.get('rejected', 0):,} rejected"


@contextmanager
def live(*, quiet: bool) -> Iterator[Callable[[Json], None] | None]:
    """Follow a run: bars with rate and time left on a terminal, lines elsewhere, nothing when quiet."""
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield _Live(None)
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]:,}"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[step]}", style="dim"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bar:
        yield _Live(bar)


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
