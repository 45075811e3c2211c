"""What a document consists of, whatever its format: blocks in reading order, and their Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

Kind = Literal["heading", "paragraph", "list", "code", "quote", "table", "figure"]
Problem = Literal["broken", "encrypted", "needs_ocr", "legacy_format", "unknown_format", "too_large", "empty"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points (1/72 inch) from the top left corner of the page."""

_SIDES = ("left", "top", "right", "bottom")
BOX = pa.struct([(side, pa.float64()) for side in _SIDES])


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document; ``page`` counts from 1, ``part`` names a sheet or a file inside a book."""

    kind: Kind
    text: str
    level: int = 0
    page: int | None = None
    part: str | None = None
    box: Box | None = None
    cells: tuple[tuple[str, ...], ...] = ()
    image: bytes | None = None
    media_type: str | None = None

    def boxed(self) -> dict[str, float] | None:
        """The box as a value of ``BOX``; None where nothing is laid out."""
        return dict(zip(_SIDES, self.box, strict=True)) if self.box else None

    def markdown(self) -> str:
        r"""As Markdown; a figure without a caption or alternative text is nothing.

        >>> Block("heading", "A\nb", 2).markdown(), Block("table", "", cells=(("a|b", "c"), ("1",))).markdown()
        ('## A b', '| a\\|b | c |\n| --- | --- |\n| 1 |  |')
        """
        if self.kind == "heading":
            return "#" * min(max(self.level, 1), 6) + " " + " ".join(self.text.split())
        if self.kind == "list":
            return "  " * self.level + "- " + self.text.replace("\n", "\n" + "  " * (self.level + 1))
        if self.kind == "quote":
            return "\n".join(f"> {line}".rstrip() for line in self.text.split("\n"))
        if self.kind == "code":
            fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", self.text)), default=0))
            return f"{fence}\n{self.text}\n{fence}"
        if self.kind == "table":
            return _table(self.cells)
        if self.kind == "figure":
            return f"![{_inline(self.text)}]()" if self.text.strip() else ""
        return self.text


def _inline(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _table(cells: tuple[tuple[str, ...], ...]) -> str:
    """A pipe table whose first row is the head, as GitHub Flavored Markdown wants one."""
    width = max(map(len, cells), default=0)
    if not width:
        return ""
    rows = [[*map(_inline, row), *[""] * (width - len(row))] for row in cells]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and the code points it takes in its document's Markdown."""

    block: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of a file. ``scanned`` counts pages that show an image and have no text."""

    format: str | None = None
    problem: Problem | None = None
    title: str | None = None
    pages: int | None = None
    scanned: int | None = None
    blocks: tuple[Block, ...] = field(default=())

    def markdown(self) -> tuple[str, list[Placed]]:
        """The whole document as Markdown, and where each block stands in it; items of a list follow each other."""
        parts: list[str] = []
        placed: list[Placed] = []
        at = 0
        for block in self.blocks:
            said = block.markdown()
            if not said:
                continue
            gap = "" if not placed else "\n" if block.kind == placed[-1].block.kind == "list" else "\n\n"
            parts += [gap, said]
            placed.append(Placed(block, at + len(gap), at + len(gap) + len(said)))
            at += len(gap) + len(said)
        return "".join(parts), placed

    def chars(self) -> int:
        """Code points of text, without markup."""
        return sum(len(b.text) + sum(len(c) for row in b.cells for c in row) for b in self.blocks)
