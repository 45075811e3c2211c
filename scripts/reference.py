"""Write the generated pages of the docs: operators and the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from zhuoyu.cli.ops import described
from zhuoyu.ops import names

COMMANDS = (
    "demo",
    "run",
    "plan",
    "assess",
    "versions",
    "show",
    "diff",
    "verify",
    "reproduce",
    "restore",
    "export",
    "ops",
    "audit",
    "runs",
    "schema",
)


def operators() -> str:
    """One section an operator."""
    out = ["# Operators", "", "Generated from the operators themselves; `zhuoyu ops explain NAME` prints the same.", ""]
    for name in names():
        one = described(name)
        out += [f"## `{name}`", "", f"*{one['kind']}, version {one['version']}.* {one['summary']}", ""]
        if one["description"]:
            out += ["```text", *(line.removeprefix("    ") for line in one["description"].splitlines()), "```", ""]
        out += ["Reads " + ", ".join(f"`{i['name']}` ({i['kind']})" for i in one["reads"]) + ".", ""]
        if one["writes"]:
            out += ["| column | type | unit | range | better | meaning |", "|---|---|---|---|---|---|"]
            for w in one["writes"]:
                low, high = (("−∞" if w["low"] is None else f"{w['low']:g}"), ("∞" if w["high"] is None else f"{w['high']:g}"))
                out.append(f"| `{w['column']}` | {w['type']} | {w['unit']} | {low} … {high} | {w['better']} | {w['meaning']} |")
            out.append("")
        if one["params"]:
            out += ["| parameter | default | meaning |", "|---|---|---|"]
            out += [f"| `{p['name']}` | `{p['default']}` | {p['meaning']} |" for p in one["params"]]
            out.append("")
        if one["source"]:
            out += [f"Source: {one['source']}", ""]
    return "\n".join(out)


def commands() -> str:
    """The help of every command."""
    out = ["# Command line", "", "Generated from `zhuoyu COMMAND --help`.", ""]
    for command in COMMANDS:
        said = subprocess.run(
            [sys.executable, "-c", "from zhuoyu.cli.main import main; main()", command, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        out += [f"## zhuoyu {command}", "", "```text", said.stdout.strip(), "```", ""]
    return "\n".join(out)


def main() -> None:
    """Write both pages into the folder given."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "operators.md").write_text(operators(), encoding="utf-8")
    (folder / "cli.md").write_text(commands(), encoding="utf-8")


if __name__ == "__main__":
    main()
