"""What the English tokenizer knows of characters and strings, as tables: ``english.yaml`` and Unicode, made ready for kernels.

The kinds of code points come from the table in ``unicode`` and a second data file, not from the running Python, so that
measures agree under every Python version. ``classify`` makes that file (Unicode 14.0); a test compares both.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.hashing import Hashes, capacity, slot_of
from zhuoyu.kernels.pointers import pointer
from zhuoyu.kernels.spans import span_key

LOWER, UPPER, PUNCTUATION, QUOTE, ICON, FRONT, DASH, BEFORE_POINT, MARK, SIGN, ALPHA, WHITE, TERMINAL, DIGIT, BREAK, CAPITAL = (
    1 << k for k in range(16)
)
"""Letters of lower and upper case (both: no case), cut off at either end (three), at the front (two), before a cut-off full
stop; category P; makes no word; a letter; white space; ends a sentence; 0-9; ends a line; category Lu."""
LETTERS = LOWER | UPPER
_CASELESS = (
    (0x591, 0x5F4), (0x620, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8BD), (0x900, 0x9FF), (0xB80, 0xCFF), (0xD80, 0xDFF), (0x1100, 0x137F),
    (0x2E80, 0x2FDF), (0x2FF0, 0x30FF), (0x31C0, 0x31EF), (0x3200, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
    (0xFB1D, 0xFDFB), (0xFE30, 0xFE4F), (0xFE70, 0xFEFC), (0x20000, 0x2FA1F),
)  # fmt: skip
"""Unicode blocks of scripts without case."""
_BREAKS = (10, 11, 12, 13, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)
_CONTROLS = (*range(9), *range(11, 13), *range(13, 32), *range(127, 160))
_FILE = Path(__file__).with_name("english.npy")


class Tables(NamedTuple):
    """What the kernels take: the kinds of code points, and everything else in one array, because each array passed costs time."""

    kinds: Shorts
    facts: Hashes


@compiled
def bare(tables: Tables) -> Tables:
    """The same as pointers, for the functions that are called for every token."""
    return Tables(pointer(tables.kinds), pointer(tables.facts))


LONGEST, SLOTS, UNITS = range(3)
"""Where FACTS says how many bytes the longest exception has, how many slots their table, and how many units there are."""
SIEVE, SIEVE_BITS = 3, 1 << 15
"""Where the bits of ``sieve`` begin, behind them the units, then the keys of exceptions, then where each is cut."""


@compiled
def sieve(data: Bytes, p: int, end: int) -> int:
    """A bit that an exception has set; most other spans meet a bit that none has."""
    first, second, last = np.int64(data[p]), np.int64(data[min(p + 1, end - 1)]), np.int64(data[end - 1])
    return int((first * 257 + second * 4099 + last * 31 + (end - p) * 1021) & (SIEVE_BITS - 1))


def classify(code: int) -> int:
    """MARK for category P, ICON for So, from the running Python's ``unicodedata``.

    >>> classify(ord("!")) == MARK, classify(ord("☃")) == ICON, classify(ord("+"))
    (True, True, 0)
    """
    category = unicodedata.category(chr(code))
    return MARK if category[0] == "P" else ICON if category == "So" else 0


def runs() -> Longs:
    """Rows of (first code point, flags): one per run of code points with equal flags."""
    flags = np.fromiter(map(classify, range(unicode.SIZE)), np.int64, unicode.SIZE)
    starts = np.flatnonzero(np.diff(flags, prepend=-1))
    return np.stack([starts, flags[starts]], axis=1)


@cache
def _facts() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("english.yaml").read_text(encoding="utf-8"))
    return loaded


def kinds() -> Shorts:
    """The flags of every code point."""
    facts = _facts()
    stored = np.load(_FILE).astype(np.int64)
    made = np.repeat(stored[:, 1], np.diff(stored[:, 0], append=unicode.SIZE))
    base = unicode.table()
    letter = base & unicode.LETTER != 0
    made[letter] |= ALPHA
    upper = base & unicode.UPPER != 0
    cased = letter & (base & (unicode.CJK | unicode.HANGUL) == 0)
    made[cased & ~upper] |= LOWER
    made[cased & upper] |= UPPER | CAPITAL
    for first, last in _CASELESS:
        made[first : last + 1] |= LETTERS
    white = base & unicode.SPACE != 0
    made[white] |= WHITE
    made[0x1C:0x20] |= WHITE
    made[0x30:0x3A] |= DIGIT
    terminal = [int(code, 16) for code in facts["terminal"].split()]
    for codes, flag in (
        (map(ord, facts["punctuation"]), PUNCTUATION | BEFORE_POINT),
        (map(ord, facts["quotes"]), QUOTE | BEFORE_POINT),
        (map(ord, facts["dashes"]), DASH),
        (map(ord, facts["before"] + facts["currency"]), FRONT),
        (map(ord, facts["point_after"]), BEFORE_POINT),
        (map(ord, facts["symbols"]), SIGN),
        (terminal, TERMINAL | SIGN),
        (_CONTROLS, SIGN),
        (_BREAKS, BREAK),
    ):
        made[list(codes)] |= flag
    made[made & (LOWER | DIGIT) != 0] |= BEFORE_POINT
    out = made.astype(np.uint16)
    out.flags.writeable = False
    return out


def _spellings(tail: str) -> Iterator[str]:
    yield tail
    yield tail.replace("'", "")


def exceptions() -> dict[str, list[str]]:
    """Strings between white space that are cut in their own way, and their pieces.

    >>> exceptions()["cannot"], exceptions()["Don't"], "well" in exceptions()
    (['can', 'not'], ['Do', "n't"], False)
    """
    facts, found = _facts(), set()
    for rule in facts["contractions"]:
        for head in rule["heads"]:
            for tail in rule["tails"]:
                found |= {f"{h}|{t}" for h in (head, head.title()) for t in _spellings(tail)}
    found |= {f"{hour}|{tail}" for hour in range(1, 13) for tail in facts["times"]["tails"]}
    found |= set(facts["split"].split())
    out = {said.replace("|", ""): said.split("|") for said in found}
    for word in facts["never"]:
        out.pop(word, None)
    out |= {word: [word] for word in facts["whole"].split()}
    return out | {k.replace("'", "’"): [piece.replace("'", "’") for piece in v] for k, v in out.items()}


@cache
def tables() -> Tables:
    """The tables, made once in a process (about 30 ms)."""
    facts = _facts()
    said = {k.encode(): v for k, v in exceptions().items()}
    units = [u.encode() for u in (*facts["units"].split(), *facts["currency"], *facts["currency_words"].split())]
    size = capacity(len(said), 1 << 20)
    keys, cuts, bits = np.zeros(size, np.uint64), np.zeros(size, np.uint64), np.zeros(SIEVE_BITS, np.uint8)
    for raw, pieces in said.items():
        data: Bytes = np.frombuffer(raw, np.uint8)
        key = np.uint64(span_key(data, 0, len(data)))
        at = slot_of(keys, size, key)
        ends = np.cumsum([len(piece.encode()) for piece in pieces])[:-1]
        keys[at], cuts[at] = key, sum(int(end) << (8 * k) for k, end in enumerate(ends))
        bits[sieve(data, 0, len(data))] = 1
    head = np.array([max(map(len, said)), size, len(units)], np.uint64)
    packed = np.array([int.from_bytes(u, "big") for u in units], np.uint64)
    made = np.concatenate([head, np.packbits(bits, bitorder="little").view(np.uint64), packed, keys, cuts])
    made.flags.writeable = False
    return Tables(kinds(), made)
