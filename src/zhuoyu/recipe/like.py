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


def to_like(pattern: str) -> str:
    """The pattern with every backslash, % and _ that is meant plainly escaped by a backslash: one form for every backend."""
    return "".join(c if wild or c not in "\\%_" else "\\" + c for wild, c in tokens(pattern))


def _quoted(c: str) -> str:
    return "\\" + c if re.match(r"[!-/:-@\[-^`{-~]", c) else c
