"""The README's table of sizes and pyproject's extras are in step."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = int(re.search(r"^LIMIT = (\d+)$", (ROOT / "scripts/size.py").read_text("utf-8"), re.MULTILINE)[1])


def rows() -> dict[str, list[str]]:
    """Extra (empty: the core) to the cells of its row."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## What it costs")[2].partition("\n## ")[0]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")]
    return {(re.search(r"\[(\w+)\]", first) or ["", ""])[1]: rest for first, *rest in cells}


def test_every_extra_has_a_row_and_every_row_an_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert sorted(rows()) == sorted(["", *extras]), "run `make size`, which writes the table"


def test_every_row_says_what_it_brings_and_two_sizes_and_the_core_keeps_the_limit() -> None:
    for extra, (brings, files, compiled) in rows().items():
        assert brings
        small, large = (float(re.fullmatch(r"\+? ?([\d.]+) MB", cell)[1]) for cell in (files, compiled))
        assert 0 < small <= large, extra
        assert extra or large <= LIMIT
