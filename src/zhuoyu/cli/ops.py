"""``zhuoyu ops``: what operators there are, what one does, and the two files of a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhuoyu.cli import show
from zhuoyu.cli.main import app

ops = typer.Typer(invoke_without_command=True, help="List, explain and start operators.")
app.add_typer(ops, name="ops")


def described(name: str) -> dict[str, Any]:
    """Everything an operator declares."""
    from zhuoyu.op import Bound
    from zhuoyu.ops import load

    op = load(name)
    bare = Bound(op.model_construct())
    writes = [
        {
            "column": bare.column_name(c),
            "type": str(c.type),
            "unit": c.unit.name,
            "low": c.unit.low,
            "high": c.unit.high,
            "better": c.better,
            "meaning": c.meaning,
        }
        for c in op.writes
    ]
    fields = op.model_json_schema().get("properties", {})
    params = [
        {"name": k, "default": v.get("default"), "meaning": v.get("description", ""), "type": v.get("type", "")} for k, v in fields.items()
    ]
    head, _, rest = (op.__doc__ or "").strip().partition("\n")
    return {
        "name": name,
        "kind": op.kind(),
        "version": op.version,
        "summary": head,
        "description": rest.strip(),
        "reads": [{"name": i.name, "kind": i.kind} for i in op.reads],
        "writes": writes,
        "params": params,
        "source": op.source,
        "extra": op.extra,
    }


@ops.callback()
def listed(context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List every operator."""
    if context.invoked_subcommand:
        return
    from zhuoyu.ops import names

    found = [described(n) for n in names()]
    if json:
        show.say_json({"operators": found})
    else:
        show.table(
            "operator",
            "kind",
            "writes",
            "what it does",
            rows=[(o["name"], o["kind"], " ".join(w["column"] for w in o["writes"]), o["summary"]) for o in found],
        )


@ops.command()
def explain(name: str, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Explain one operator: inputs, outputs with unit and range, parameters, source."""
    one = described(name)
    if json:
        show.say_json(one)
        return
    show.out.print(f"[bold]{name}[/bold]  {one['kind']}, version {one['version']}")
    show.out.print(one["summary"], markup=False)
    if one["description"]:
        show.out.print(one["description"], markup=False)
    show.table("reads", "kind", rows=[(i["name"], i["kind"]) for i in one["reads"]])
    if one["writes"]:
        rows = [(w["column"], w["type"], w["unit"], _range(w), w["better"], w["meaning"]) for w in one["writes"]]
        show.table("writes", "type", "unit", "range", "better", "meaning", rows=rows)
    if one["params"]:
        show.table("parameter", "default", "meaning", rows=[(p["name"], p["default"], p["meaning"]) for p in one["params"]])
    if one["source"]:
        show.out.print(f"source: {one['source']}", markup=False)


def _range(column: dict[str, Any]) -> str:
    low, high = column["low"], column["high"]
    return "–" if low is None and high is None else f"{'−∞' if low is None else f'{low:g}'} … {'∞' if high is None else f'{high:g}'}"


@ops.command()
def new(
    name: Annotated[str, typer.Argument(help="GROUP.NAME, e.g. text.my_measure")],
    root: Annotated[Path, typer.Option("--root", help="The checkout to write to.")] = Path(),
) -> None:
    """Write the two files of a new operator: itself and its test. They run as they are; change what they compute."""
    from zhuoyu.flow.scaffold import write_operator

    for path in write_operator(root, name):
        show.out.print(str(path))
