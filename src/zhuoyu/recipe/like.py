"""LIKE patterns: ``%`` any text, ``_`` one code point, a backslash makes the next character plain."""

from __future__ import annotations

import re

_ANY, _ONE = "%", "_"


def tokens(pattern: str) -> list[tuple[bool, str]]:
    r"""(is a wildcard, character) for each character.

    >>> tokens("a\\%_")
    [(False, 'a'), (False, '%'), (True, '_')]
    """
    out, plain = [], False
    for c in pattern:
        if c == "\\" and not plain:
            plain = True
            continue
        out.append((c in (_ANY, _ONE) and not plain, c))
        plain = False
    return [*out, (False, "\\")] if plain else out


def to_regex(pattern: str) -> str:
    """The RE2 expression that matches whole texts."""
    said = "".join(({_ANY: ".*", _ONE: "."}[c] if wild else _quoted(c)) for wild, c in tokens(pattern))
    return rf"(?s)\A(?:{said})\z"


def simple(pattern: str) -> tuple[str, str] | None:
    """The text search that is the same as a pattern with % at its ends only; None for other patterns.

    >>> simple("%menu%"), simple("menu%"), simple("a%b")
    (('contains', 'menu'), ('starts_with', 'menu'), None)
    """
    parts = tokens(pattern)
    front, back = bool(parts) and parts[0] == (True, _ANY), len(parts) > 1 and parts[-1] == (True, _ANY)
    inner = parts[int(front) : len(parts) - int(back)]
    if any(wild for wild, _ in inner) or not (front or back):
        return None
    op = "contains" if front and back else "ends_with" if front else "starts_with"
    return op, "".join(c for _, c in inner)


def to_like(pattern: str) -> str:
    """The pattern with every backslash, % and _ that is meant plainly escaped by a backslash: one form for every backend."""
    return "".join(c if wild or c not in "\\%_" else "\\" + c for wild, c in tokens(pattern))


def _quoted(c: str) -> str:
    return "\\" + c if re.match(r"[!-/:-@\[-^`{-~]", c) else c
