"""Where something was written, and errors that say so."""

from __future__ import annotations

from dataclasses import dataclass

from zhuoyu.errors import SpecError


@dataclass(frozen=True)
class Position:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def spec_error(where: Position | None, message: str, fix: str = "") -> SpecError:
    """A SpecError whose message begins with ``FILE:LINE: `` when the place is known.

    >>> str(spec_error(Position("dataset.yaml", 3), "unknown key 'stepz'", "did you mean 'steps'?"))
    "dataset.yaml:3: unknown key 'stepz'; did you mean 'steps'?"
    """
    if where is None:
        return SpecError(message, fix=fix)
    return SpecError(f"{where}: {message}", fix=fix, file=where.file, line=where.line)


class Fault(Exception):  # noqa: N818  # it has a place, and becomes an error elsewhere
    """A mistake at one character of a condition; ``Condition`` turns it into a SpecError with a caret."""

    def __init__(self, at: int, message: str, fix: str = "") -> None:
        self.at, self.message, self.fix = at, message, fix
        super().__init__(message)


def caret(text: str, at: int) -> str:
    """The line of TEXT that holds character AT, and a caret below it.

    Wide characters (CJK) take two cells in a terminal, so the caret moves with them.
    """
    from unicodedata import east_asian_width

    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[begin : end if end >= 0 else len(text)]
    cells = sum(2 if east_asian_width(c) in "WF" else 1 for c in text[begin:at])
    return f"\n    {line}\n    {' ' * cells}^"
