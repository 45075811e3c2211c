r"""Regular expressions of conditions: the part of RE2 that means the same in Rust's engine, and its translation.

RE2's ``\d \w \s \b`` are ASCII, Rust's are Unicode; inside brackets Rust knows nested sets and ``&& -- ~~``. All are
written out when a condition goes to Lance. What cannot be written so is refused everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zhuoyu.recipe.position import Fault

_CLASS = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_SAME = frozenset(r"AznrtfvpPx.+*?()|[]{}^$-\&~#")
_PLAIN = frozenset("/!\"%',:;<=>@`_ ")
"""Escaping these changes nothing in RE2 and is an error in some versions of Rust's engine."""
_PIECES = re.compile(r"\\(?s:.)?|\[:\^?[a-z]+:\]|--|(?s:.)")


def check_regex(pattern: str, at: int) -> None:
    """Refuse a pattern that RE2 cannot read or that would not mean the same on every backend.

    Raises:
        Fault: where and why.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    to_rust(pattern, at)
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        said = str(error).split(": ", 1)[-1]
        raise Fault(at, f"not a regular expression: {said}", "write it in RE2 syntax (no look-around, no back-references)") from None


def to_rust(pattern: str, at: int = 0) -> str:
    r"""The same expression for Rust's engine.

    Raises:
        Fault: an escape or a set that means something else there.

    >>> to_rust(r"a\d+[^\w&]")
    'a[0-9]+[^0-9A-Za-z_\\&]'
    """
    return "".join(_translated(pattern, at))


def _translated(pattern: str, at: int) -> Iterator[str]:
    inside, first, before = False, False, ""
    for piece in _PIECES.findall(pattern):
        if piece[0] == "\\":
            yield _escape(piece[1:], inside, at)
        elif not inside:
            yield piece
            inside = first = piece == "["
            before = piece
            continue
        elif piece == "^" and before == "[":
            yield piece
            before = ""
            continue
        elif piece == "]" and not first:
            inside = False
            yield piece
        else:
            yield _member(piece, at)
        first, before = False, ""


def _member(piece: str, at: int) -> str:
    """One piece of a set in brackets."""
    if piece == "--":
        raise Fault(at, "-- in brackets does not mean the same on every backend", r"write \- for a plain hyphen")
    return "\\" + piece if piece in ("[", "]", "&", "~") else piece


def _escape(c: str, inside: bool, at: int) -> str:
    if c in _CLASS:
        return _CLASS[c] if inside else f"[{_CLASS[c]}]"
    if c.lower() in _CLASS:
        return f"[^{_CLASS[c.lower()]}]"
    if c == "b" and not inside:
        return r"(?-u:\b)"
    if c in _PLAIN:
        return c
    if c in _SAME:
        return "\\" + c
    fix = r"use \d \w \s \b \A \z \n \t \x{…} \p{…} or a backslash before punctuation"
    raise Fault(at, f"the escape \\{c} does not mean the same on every backend", fix)
