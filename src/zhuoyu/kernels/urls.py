"""Whether a span looks like a URL, a host or an e-mail address, as the English tokenizer sees it."""

from __future__ import annotations

from zhuoyu.kernels.arrow import Bytes, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.english import ALPHA, DIGIT, LETTERS, LOWER
from zhuoyu.kernels.unicode import decode


@compiled
def is_digit(data: Bytes, p: int) -> bool:
    """Whether 0 to 9 stands at P."""
    return bool(0x30 <= data[p] <= 0x39)


@compiled
def _is_host(data: Bytes, p: int, end: int, kinds: Shorts) -> bool:
    """Labels, points and a lower-case top level (or four numbers); then a port, then a path, both optional."""
    label, dots, digits, inner, outer = p, 0, True, True, True
    while p < end:
        code, after = decode(data, p, end)
        plain = (kinds[code] & DIGIT) != 0 or 0xA1 <= code <= 0xFFFF or (code < 0x80 and (kinds[code] & LETTERS) != 0)
        if code == 0x2E:
            if p == label or not outer:
                return False
            label, dots, inner = after, dots + 1, True
        elif not plain and code not in (0x2D, 0x5F):
            break
        outer = plain or code == 0x2E
        if code != 0x2E:
            if p == label and not plain:
                return False
            digits = digits and (kinds[code] & DIGIT) != 0
            inner = inner and (kinds[code] & LOWER) != 0
        p = after
    named = inner and p > label and decode(data, label, p)[1] < p
    if dots == 0 or p == label or not (named or (digits and dots == 3)):
        return False
    if p + 2 < end and data[p] == 0x3A and is_digit(data, p + 1):
        p += 1
        while p < end and is_digit(data, p):
            p += 1
    return bool(p == end or data[p] == 0x2F or data[p] == 0x3F or data[p] == 0x23)


@compiled
def is_url(data: Bytes, p: int, end: int, kinds: Shorts) -> bool:
    """An optional scheme, an optional ``user@``, and a host."""
    dotted = False
    for k in range(p + 1, end):
        dotted = dotted or data[k] == 0x2E
    if not dotted:
        return False
    q = p
    while q < end:
        code, after = decode(data, q, end)
        if kinds[code] & (ALPHA | DIGIT) == 0 and code not in (0x2B, 0x2D, 0x2E, 0x5F):
            break
        q = after
    start = q + 3 if q - p > 1 and end - q > 3 and data[q] == 0x3A and data[q + 1] == 0x2F and data[q + 2] == 0x2F else p
    if _is_host(data, start, end, kinds) or (start > p and _is_host(data, p, end, kinds)):
        return True
    found = False
    for k in range(p + 1, end - 3):
        found = found or (data[k] == 0x40 and _is_host(data, k + 1, end, kinds))
    return found
