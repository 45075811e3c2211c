"""One pass over the bytes of many texts that finds where personal data *may* stand; rules in Python then judge those places.

Judging costs about a microsecond a place, so the scan must be cheap and let few places through. A number is a run of
digit groups between which one separator stands (or two, one of them a bracket).
"""

from __future__ import annotations

import numpy as np

from zhuoyu.kernels.arrow import Bytes, Flags, Ints, Longs
from zhuoyu.kernels.compiled import compiled

AT, NUMBER, COLONS, PREFIX, ASSIGNED = range(5)
"""An e-mail's surroundings; digit groups; an IPv6 address's; where a known key prefix starts; a value given to a name like ``api_key``."""

PREFIXES = (
    *("AKI", "ASI", "ghp", "gho", "ghu", "ghs", "ghr", "git", "---", "eyJ", "sk-", "sk_", "rk_"),
    *("xox", "AIz", "LTA", "hf_", "glp", "npm", "pyp", "SG."),
)
"""The first three bytes of every key that is known by its prefix."""

_DIGIT, _LETTER, _LOCAL, _DOMAIN, _TOKEN, _HEX = (1 << k for k in range(6))
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


def _prefix_table() -> tuple[Flags, Ints]:
    first = np.zeros(256, np.bool_)
    first[[ord(p[0]) for p in PREFIXES]] = True
    codes = np.array(sorted({int.from_bytes(p.encode(), "big") for p in PREFIXES}), np.int32)
    return first, codes


FLAGS = _flags()
_FIRST, _CODES = _prefix_table()


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
def _prefix(data: Bytes, codes: Ints, p: int, end: int) -> bool:
    if p + 16 > end:
        return False
    code = (np.int32(data[p]) << 16) | (np.int32(data[p + 1]) << 8) | np.int32(data[p + 2])
    for known in codes:  # noqa: SIM110  # numba has no generators in any()
        if known == code:
            return True
    return False


@compiled
def _scan(offsets: Longs, data: Bytes, rows: Longs, flags: Bytes, first: Flags, codes: Ints) -> Longs:
    """Rows of (row, class, start, end), by row and roughly by place."""
    out, n = np.empty((1024, 4), np.int64), 0
    for row in rows:
        start, end = offsets[row], offsets[row + 1]
        p, colons_end = start, start
        while p < end:
            c = data[p]
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
            elif first[c] and not _is(flags, before, _LETTER | _DIGIT) and before != 45 and _prefix(data, codes, p, end):
                kind, s, e = PREFIX, p, p
            if kind >= 0:
                if n == len(out):
                    grown = np.empty((2 * n, 4), np.int64)
                    grown[:n] = out
                    out = grown
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
    found: Longs = _scan(offsets, data, rows, FLAGS, _FIRST, _CODES)
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
