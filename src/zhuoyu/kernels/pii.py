"""One pass over the bytes of many texts that finds where personal data *may* stand; rules in Python then judge those places.

Judging costs about a microsecond a place, so the scan must be cheap and let few places through. A number is a run of
digit groups between which one separator stands (or two, one of them a bracket).
"""

from __future__ import annotations

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Flags, Longs
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.eight import LOW, eight, has
from zhuoyu.kernels.hashing import Hashes

AT, NUMBER, COLONS, PREFIX, ASSIGNED = range(5)
"""An e-mail's surroundings; digit groups; an IPv6 address's; where a known key prefix starts; a value given to a name like ``api_key``."""

PREFIXES = {
    **dict.fromkeys(("AKIA", "ASIA", "AKID", "SG."), 16),
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"), 36),
    "github_pat_": 22,
    "eyJ": 10,
    "xox": 10,
    "AIza": 35,
    "LTAI": 12,
    "hf_": 30,
    "glpat-": 20,
    "pypi-AgE": 40,
    "-----BEGIN": 0,
    **dict.fromkeys(("sk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_"), 16),
}
"""How every key begins that is known by its prefix, and how many letters, digits, ``_`` and ``-`` follow at least."""

_DIGIT, _LETTER, _LOCAL, _DOMAIN, _TOKEN, _HEX = (1 << k for k in range(6))
_EIGHT = np.uint64(8)
_UPPER_HALF, _THREES = np.uint64(0xF0) * LOW, np.uint64(0x30) * LOW
"""Digits, and six signs, are the bytes 30 to 3F (hexadecimal)."""
LOCAL_MAX, DOMAIN_MAX, TOKEN_MIN, TOKEN_MAX = 64, 253, 16, 256


def _flags() -> Bytes:
    """Which sets each byte belongs to; the kernel's only table."""
    sets = {
        _DIGIT: b"0123456789",
        _LETTER: bytes(range(65, 91)) + bytes(range(97, 123)) + b"_",
        _LOCAL: b"._%+-",
        _DOMAIN: b".-",
        _TOKEN: b"+/=_.-",
        _HEX: b"abcdefABCDEF0123456789",
    }
    out = np.zeros(256, np.uint8)
    for flag, members in sets.items():
        out[list(members)] |= flag
    alnum = [b for b in range(256) if bytes([b]).isalnum()]
    out[alnum] |= _LOCAL | _DOMAIN | _TOKEN
    out.flags.writeable = False
    return out


def _prefixes() -> tuple[Hashes, Hashes, Longs]:
    """Of every prefix: its first bytes as one number, which of eight those are, how long a token must begin there."""
    first = [p[:8].encode() for p in PREFIXES]
    codes = np.array([int.from_bytes(p, "little") for p in first], np.uint64)
    masks = np.array([(1 << 8 * len(p)) - 1 for p in first], np.uint64)
    return codes, masks, np.array([len(p) + least if least else 0 for p, least in PREFIXES.items()], np.int64)


def _starts() -> Bytes:
    """By a byte and the next one: 0 where no place begins, which is nearly everywhere."""
    out = np.zeros((256, 256), np.uint8)
    out[[ord(c) for c in "0123456789@:="]] = 1
    for prefix in PREFIXES:
        out[ord(prefix[0]), ord(prefix[1])] = 1
    return out.ravel()


FLAGS = _flags()
_PREFIXED, _STARTS = _prefixes(), _starts()
for _table in (*_PREFIXED, _STARTS):
    _table.flags.writeable = False


@compiled
def _is(flags: Bytes, byte: int, mask: int) -> bool:
    return bool(flags[byte] & mask)


@compiled
def _number(data: Bytes, p: int, start: int, end: int) -> tuple[int, bool]:
    """Where the run of digit groups that starts at P ends, and whether it is worth judging."""
    digits, groups, dots, longest, q = 0, 0, 0, 0, p
    while True:
        begun = q
        while q < end and 48 <= data[q] <= 57:
            q += 1
        digits, groups, longest = digits + q - begun, groups + 1, max(longest, q - begun)
        seps, brackets, dot, r = 0, 0, 0, q
        while r < end and seps < 3:
            wide = r + 2 < end and data[r] == 0xEF and data[r + 1] == 0xBC and (data[r + 2] == 0x88 or data[r + 2] == 0x89)  # （ ）
            if not (wide or data[r] == 32 or data[r] == 45 or data[r] == 46 or data[r] == 40 or data[r] == 41):
                break
            brackets += wide or data[r] == 40 or data[r] == 41
            dot += data[r] == 46
            seps, r = seps + 1, r + (3 if wide else 1)
        if seps == 0 or seps > 2 or (seps == 2 and brackets == 0) or r >= end or not 48 <= data[r] <= 57:
            break
        dots, q = dots + dot, r
    plus = p > start and data[p - 1] == 43
    decimal = groups == 2 and dots == 1 and longest > 8
    many = digits >= 10 or dots >= 3
    if groups == 1 and (digits > 19 or digits < 10):
        many = False
    return q, (many and not decimal) or (plus and digits >= 8)


@compiled
def _around(data: Bytes, flags: Bytes, p: int, start: int, end: int) -> tuple[int, int]:
    """The widest e-mail-like span around the @ at P; empty if either side is."""
    s, e = p, p + 1
    while s > start and p - s < LOCAL_MAX and _is(flags, data[s - 1], _LOCAL):
        s -= 1
    while e < end and e - p <= DOMAIN_MAX and _is(flags, data[e], _DOMAIN):
        e += 1
    return (s, e) if s < p and e > p + 3 else (p, p)


@compiled
def _colons(data: Bytes, flags: Bytes, p: int, start: int, end: int) -> tuple[int, int]:
    """The span of hexadecimal groups and colons around the colon at P; empty if it cannot be a global or local IPv6 address."""
    s, e, colons = p, p, 0
    while s > start and p - s < 5 and _is(flags, data[s - 1], _HEX):
        s -= 1
    while e < end and (data[e] == 58 or data[e] == 46 or _is(flags, data[e], _HEX)):
        colons += data[e] == 58
        e += 1
    first = data[s] if s < p else 0
    good = p - s == 4 and colons >= 2 and (first == 50 or first == 51 or first | 32 == 102)
    return (s, e) if good else (e, e)


@compiled
def _assigned(data: Bytes, flags: Bytes, p: int, start: int, end: int) -> tuple[int, int]:
    """The token that the ``=`` or ``:`` at P gives to a name which ends like key, secret, token or password; else empty."""
    b = p
    while b > start and p - b < 3 and (data[b - 1] == 32 or data[b - 1] == 34 or data[b - 1] == 39 or data[b - 1] == 58):
        b -= 1
    last = data[b - 1] | 32 if b > start else 0
    if last != 121 and last != 116 and last != 110 and last != 100:  # y t n d
        return p, p
    s = p + 1
    while s < end and s - p < 6 and (data[s] == 32 or data[s] == 34 or data[s] == 39 or data[s] == 62 or data[s] == 61):
        s += 1
    e, digit, letter = s, False, False
    while e < end and e - s < TOKEN_MAX and _is(flags, data[e], _TOKEN):
        digit |= _is(flags, data[e], _DIGIT)
        letter |= _is(flags, data[e], _LETTER)
        e += 1
    return (s, e) if digit and letter and e - s >= TOKEN_MIN else (p, p)


@compiled
def _prefix(data: Bytes, flags: Bytes, known: tuple[Hashes, Hashes, Longs], p: int, end: int) -> bool:
    """A known prefix stands at P, and behind it as many bytes of a token as the shortest such key has."""
    codes, masks, least = known
    if p + 16 > end:
        return False
    word = eight(data, p)
    for k in range(len(codes)):
        if word & masks[k] == codes[k]:
            q = p + 3
            while q < min(end, p + least[k]) and (_is(flags, data[q], _LETTER | _DIGIT) or data[q] == 45 or data[q] == 46):
                q += 1
            if q >= p + least[k]:
                return True
    return False


@compiled
def _scan(offsets: Longs, data: Bytes, rows: Longs, flags: Bytes, starts: Bytes, known: tuple[Hashes, Hashes, Longs]) -> Longs:
    """Rows of (row, class, start, end), by row and roughly by place."""
    out, n = np.empty((1024, 4), np.int64), 0
    for row in rows:
        start, end = offsets[row], offsets[row + 1]
        p, colons_end = start, start
        while p < end:
            c = data[np.uint64(p)]
            if starts[np.uint64(c) << _EIGHT | np.uint64(data[np.uint64(min(p + 1, end - 1))])] == 0:
                p += 1
                continue
            q, kind, s, e = p + 1, -1, 0, 0
            before = data[p - 1] if p > start else 32
            if 48 <= c <= 57:
                q, good = _number(data, p, start, end)
                kind, s, e = (NUMBER if good else -1), p, q
                low = before | 32
                if _is(flags, before, _LETTER) and low != 108 and low != 101 and low != 120:  # tel, phone, fax may touch a number
                    kind, q = -1, p
                    while q < end and _is(flags, data[q], _LETTER | _DIGIT):
                        q += 1
            elif c == 64:
                s, e = _around(data, flags, p, start, end)
                kind = AT if e > s else -1
            elif c == 58 or c == 61:
                s, e = _assigned(data, flags, p, start, end)
                kind = ASSIGNED if e > s else -1
                if kind < 0 and c == 58 and p >= colons_end:
                    s, e = _colons(data, flags, p, start, end)
                    colons_end = e
                    kind = COLONS if e > s else -1
            elif not _is(flags, before, _LETTER | _DIGIT) and before != 45 and _prefix(data, flags, known, p, end):
                kind, s, e = PREFIX, p, p
            if kind >= 0:
                if n == len(out):
                    out = np.concatenate((out, np.empty_like(out)))
                out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, kind, s, e
                n += 1
            p = q
    return out[:n].copy()


def scan(offsets: Longs, data: Bytes, rows: Longs) -> Longs:
    """Places to judge in ROWS (positions): an array of (row, class, first byte, end byte), absolute in DATA.

    >>> text = np.frombuffer(b"call 13812345678 or a@b.org", np.uint8)
    >>> scan(np.array([0, 27]), text, np.array([0])).tolist()
    [[0, 1, 5, 16], [0, 0, 20, 27]]
    """
    found: Longs = _scan(offsets, data, rows, FLAGS, _STARTS, _PREFIXED)
    return found


@compiled
def _long_numbers(offsets: Longs, data: Bytes, rows: Longs, least: int) -> Longs:
    out, n = np.empty((1024, 3), np.int64), 0
    for row in rows:
        p, end = offsets[row], offsets[row + 1]
        while p < end:
            if p + 8 <= end and not has(eight(data, p) & _UPPER_HALF, _THREES):
                p += 8
                continue
            if not 48 <= data[np.uint64(p)] <= 57:
                p += 1
                continue
            first, last, digits = p, p, 0
            while p < end and p - last < 4:
                if 48 <= data[p] <= 57:
                    last, digits = p, digits + 1
                elif p - last == 3 or not (data[p] == 32 or data[p] == 40 or data[p] == 41 or data[p] == 45):
                    break
                p += 1
            p = last + 1
            if digits >= least:
                if n == len(out):
                    out = np.concatenate((out, np.empty_like(out)))
                out[n, 0], out[n, 1], out[n, 2] = row, first, p
                n += 1
    return out[:n].copy()


def long_numbers(offsets: Longs, data: Bytes, rows: Longs, least: int) -> Longs:
    """The widest runs of at least LEAST digits, at most two spaces, brackets or hyphens between any two: (row, start, end).

    >>> text = np.frombuffer(b"1 (2)-3   45", np.uint8)
    >>> long_numbers(np.array([0, 12]), text, np.array([0]), 2).tolist()
    [[0, 0, 7], [0, 10, 12]]
    """
    found: Longs = _long_numbers(offsets, data, rows, least)
    return found


@compiled
def _joined_by(offsets: Longs, data: Bytes, rows: Longs, sign: int, before: Flags, after: Flags) -> Longs:
    out, n = np.empty(len(rows), np.int64), 0
    for row in rows:
        for p in range(offsets[row] + 1, offsets[row + 1] - 1):
            if data[np.uint64(p)] == sign and before[data[p - 1]] and after[data[p + 1]]:
                out[n] = row
                n += 1
                break
    return out[:n].copy()


def joined_by(offsets: Longs, data: Bytes, rows: Longs, sign: int, before: Flags, after: Flags) -> Longs:
    """Those of ROWS in which the byte SIGN stands between a byte of BEFORE and one of AFTER (256 flags each).

    >>> text = np.frombuffer(b"a@b @c", np.uint8)
    >>> joined_by(np.array([0, 3, 6]), text, np.array([0, 1]), 64, np.ones(256, bool), np.arange(256) == 98).tolist()
    [0]
    """
    found: Longs = _joined_by(offsets, data, rows, sign, before, after)
    return found


@compiled
def _points(data: Bytes, starts: Longs, at: Longs) -> Longs:
    out = np.empty(len(at), np.int64)
    count, here = 0, np.int64(-1)
    for k in range(len(at)):
        if k == 0 or starts[k] != starts[k - 1] or here > at[k]:
            here, count = starts[k], 0
        while here < at[k]:
            count += data[here] & 0xC0 != 0x80
            here += 1
        out[k] = count
    return out


def code_points(data: Bytes, starts: Longs, at: Longs) -> Longs:
    """For byte positions AT (ascending in each text): how many code points lie between the text's STARTS and them.

    >>> code_points(np.frombuffer("汉a".encode(), np.uint8), np.array([0, 0]), np.array([3, 4])).tolist()
    [1, 2]
    """
    counted: Longs = _points(data, starts, at)
    return counted
