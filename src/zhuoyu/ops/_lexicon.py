"""Terms of a lexicon in a text, all in one reading (Aho-Corasick)."""

from __future__ import annotations

from functools import cache
from typing import Any

from zhuoyu.errors import MissingExtra, SpecError

WHAT = "a lexicon, one term a line"


@cache
def automaton(said: bytes) -> Any:
    """The terms of a file, made ready.

    Raises:
        MissingExtra: pyahocorasick is not installed.
        SpecError: the file has no term.
    """
    try:
        import ahocorasick
    except ImportError as error:
        raise MissingExtra.of("pyahocorasick", "text") from error
    lines = (line.strip().lower() for line in said.decode("utf-8", "replace").splitlines())
    terms = sorted({line for line in lines if line and not line.startswith("#")})
    if not terms:
        raise SpecError(f"expected {WHAT}, found no term", fix="write one; lines that begin with # are comments")
    made = ahocorasick.Automaton()
    for number, term in enumerate(terms):
        made.add_word(term, (number, len(term), _spaced(term[0]), _spaced(term[-1])))
    made.make_automaton()
    return made


def _spaced(char: str) -> bool:
    """True for letters and digits of scripts that put spaces between words."""
    return (
        char.isalnum()
        and not "\u0e00" <= char <= "\u0eff"
        and not "\u3040" <= char <= "\u9fff"
        and not "\U00020000" <= char <= "\U0003ffff"
    )


def hits(text: str, terms: Any) -> tuple[int, int]:
    """(finds, different terms found)."""
    text, found, different = text.lower(), 0, set()
    for end, (number, size, first, last) in terms.iter(text):
        start = end + 1 - size
        if not ((first and start and _spaced(text[start - 1])) or (last and end + 1 < len(text) and _spaced(text[end + 1]))):
            found += 1
            different.add(number)
    return found, len(different)
