"""Words, stop words, lines, sentences and pieces of a text as one automaton: a table look-up a character counts them all.

A state is what must be remembered of the text so far; the table is made here from rules that read like the definitions, and a
kernel only follows it. What a character is followed by is never looked at: a state waits instead (an apostrophe that may join
two letters, a full stop that may end a sentence), and the end of the text is a character too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Longs
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.kernels.unicode import CJK, CLOSING, DIGIT, LETTER, MARK, SPACE, TERMINAL, table

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
COUNTS = ("words", "inside", "lines", "sentences", "pieces", "lettered", "ellipses", "hashes")
"""What a step may count: eight bits each of one 64-bit word."""
WIDTH = 32
"""Columns of the table, one a sort of character."""

_PREFIXES = {w[:n] for w in STOP_WORDS for n in range(1, len(w) + 1)}
_STOP_LETTERS = sorted({c for w in STOP_WORDS for c in w})
SORTS = (*_STOP_LETTERS, "letter", "mark", "digit", "cjk", "lf", "cr", "space", ".", "!", "wide", "…", "'", "closing", "#", "other", "end")
_LETTERS = {*_STOP_LETTERS, "letter"}
_SPACES = {"lf", "cr", "space"}
_AFTER_SENTENCE = {*_SPACES, "cjk", ".", "!", "wide", "…", "'", "closing", "end"}
"""An ASCII terminal mark ends a sentence only before these (not in 3.14)."""
NO_WORD, SOME_WORD, NUMBER = "", "letter", "digit"


@dataclass(frozen=True)
class State:
    """What is remembered: of the sentence, the line and its dots, the word, the piece between white space."""

    sentence: int = 0
    """0: nothing said; 1: something; 2: and then a line break; 3: and then an ASCII terminal mark."""
    line: int = 0
    """0: at its start; 1: after CR; 2: inside; 3, 4, 5: after one, two, more dots."""
    word: str = NO_WORD
    """None; how a stop word may begin; another one that ends in a letter or a digit; with ' behind it, an apostrophe waits."""
    piece: int = 0
    """0: outside; 1: inside, without a letter so far; 2: with one."""


Step = tuple[State, dict[str, int], str]
"""The next state, what is counted, the stop word that ended."""


def step(state: State, sort: str) -> Step:
    """One character of SORT in STATE.

    >>> step(State(1, 2, "the", 2), "space")
    (State(sentence=1, line=2, word='', piece=0), {}, 'the')
    """
    seen: dict[str, int] = {"hashes": 1} if sort == "#" else {}
    for part in (_sentence, _line, _piece):
        state = part(state, sort, seen)
    state, ended = _word(state, sort, seen)
    return state, {name: int(n) for name, n in seen.items() if n}, ended


def _sentence(state: State, sort: str, seen: dict[str, int]) -> State:
    said = state.sentence
    if said == 3:
        said = 0 if sort in _AFTER_SENTENCE else 1
        seen["sentences"] = 1 - said
    if sort in _LETTERS or sort in ("digit", "cjk"):
        return replace(state, sentence=1)
    done = said > 0 and (sort in ("wide", "…", "end") or (sort == "lf" and said == 2))
    if done:
        seen["sentences"] = 1
        return replace(state, sentence=0)
    if said and sort == "lf":
        said = 2
    elif said and sort not in _SPACES:
        said = 3 if sort in (".", "!") else 1
    return replace(state, sentence=said)


def _line(state: State, sort: str, seen: dict[str, int]) -> State:
    line = state.line
    if sort == "lf":
        seen["lines"] = line != 1
        return replace(state, line=0)
    if sort == "cr" or (sort == "end" and line >= 2):
        seen["lines"] = 1
        return replace(state, line=1)
    dots = 0 if line < 3 else line - 2
    if sort == "…" or (sort == "." and dots == 2):
        seen["ellipses"] = 1
    return replace(state, line=2 if sort != "." else min(5, dots + 3))


def _piece(state: State, sort: str, seen: dict[str, int]) -> State:
    if sort in _SPACES or sort == "end":
        return replace(state, piece=0)
    lettered = sort in _LETTERS or sort == "cjk"
    seen["pieces"] = state.piece == 0
    seen["lettered"] = lettered and state.piece < 2
    return replace(state, piece=2 if lettered else max(state.piece, 1))


def _word(state: State, sort: str, seen: dict[str, int]) -> tuple[State, str]:
    word, waits = state.word.rstrip("'"), state.word.endswith("'")
    if waits and sort in _LETTERS:
        seen["inside"] = 2
        return replace(state, word=SOME_WORD), ""
    if word and not waits:
        if sort in _LETTERS or sort in ("mark", "digit"):
            seen["inside"] = 1
            more = word + sort if word + sort in _PREFIXES else SOME_WORD
            return replace(state, word=NUMBER if sort == "digit" else more), ""
        if sort == "'" and word != NUMBER:
            return replace(state, word=word + "'"), ""
    begins = sort in _LETTERS or sort in ("digit", "cjk")
    seen["words"] = seen["inside"] = int(begins)
    first = sort if sort in _PREFIXES else SOME_WORD
    now = NO_WORD if not begins or sort == "cjk" else NUMBER if sort == "digit" else first
    return replace(state, word=now), word if word in STOP_WORDS else ""


@cache
def moves() -> tuple[Longs, Hashes]:
    """Two tables by state and sort: the next state's row in bits 0..15 and the stop word that ended in 16..23; the counts."""
    known, row = {State(): 0}, 0
    nexts, counts = [], []
    while row < len(known):
        state = list(known)[row]
        for sort in (*SORTS, *[None] * (WIDTH - len(SORTS))):
            after, seen, ended = step(state, sort) if sort else (state, {}, "")
            known.setdefault(after, len(known))
            nexts.append(known[after] * WIDTH | (1 << 16 + STOP_WORDS.index(ended) if ended else 0))
            counts.append(sum(n << 8 * COUNTS.index(name) for name, n in seen.items()))
        row += 1
    made = np.array(nexts, np.int64), np.array(counts, np.uint64)
    for view in made:
        view.flags.writeable = False
    return made


def _sort_of_flags(flags: int) -> str:
    for bits, sort in ((CJK, "cjk"), (LETTER, "letter"), (MARK, "mark"), (DIGIT, "digit"), (SPACE, "space"), (TERMINAL, "wide")):
        if flags & bits:
            return sort
    return "closing" if flags & CLOSING else "other"


def _sort_of_ascii(code: int) -> str:
    char = chr(code).lower()
    own = {"\n": "lf", "\r": "cr", "?": "!"}.get(char, char)
    return own if own in SORTS else _sort_of_flags(int(table()[code]))


@cache
def sorts() -> tuple[Bytes, Bytes]:
    """Columns of the table: by ASCII character; by the flags of another one (’ and … are the kernel's to know)."""
    ascii = np.array([SORTS.index(_sort_of_ascii(code)) for code in range(128)], np.uint8)
    others = np.array([SORTS.index(_sort_of_flags(flags)) for flags in range(1 << 12)], np.uint8)
    for view in (ascii, others):
        view.flags.writeable = False
    return ascii, others
