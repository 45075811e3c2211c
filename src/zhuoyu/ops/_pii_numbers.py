r"""Which digit groups are a phone number, a resident ID (居民身份证), a bank card or an IPv4 address.

All on bytes: a byte of a Chinese character is no digit and no letter, so a number may touch it, and ``\b`` is never needed.
A number is judged by its groups (their lengths and what stands between), its checksum where it has one, and what stands
within ``CONTEXT`` bytes before it. Groups in the middle of a longer table of numbers are not believed.

Sources: GB 11643-1999 (ID), ISO/IEC 7812-1 (Luhn, IIN), YD/T numbering plan of mainland China, ITU-T E.164, NANP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

CONTEXT = 48
"""Bytes before and after a place that a judgement may look at."""

_TABLE = 64
"""A run of more groups is a table, in which only long groups and dotted quads are looked at."""

Span = tuple[str, int, int]

_WIDE_OPEN, _WIDE_CLOSE = "（".encode(), "）".encode()
_CLOSED = (b")", b") ", b")-", _WIDE_CLOSE, _WIDE_CLOSE + b" ")
_DOTS = [b"."] * 3
_GROUPS = re.compile(rb"[0-9]+")
_PHONE_WORD = re.compile(
    rb"(?:tel|tele|phone|telephone|mobile|cell|fax|call|whatsapp|\xe7\x94\xb5\xe8\xaf\x9d|\xe6\x89\x8b\xe6\x9c\xba|\xe7\x83\xad\xe7\xba\xbf"
    rb"|\xe4\xbc\xa0\xe7\x9c\x9f|\xe5\xba\xa7\xe6\x9c\xba|\xe5\x8f\xb7\xe7\xa0\x81)(?:\s?(?:no|number)\.?)?(?:[\s:=.\"'(+-]|\xef\xbc\x9a){0,4}$",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(rb"(?:card|visa|iban|account|\xe5\x8d\xa1|\xe8\xb4\xa6\xe5\x8f\xb7)[^\n]{0,24}$", re.IGNORECASE)
_DATE_BEFORE = re.compile(rb"(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]:[0-9]{2}) $")
_CODE_BEFORE = re.compile(rb"[A-Za-z0-9_)\]] ?(?:[=<>!*/%&|^+-]=?|==) ?$|[A-Za-z0-9_]\($")
"""A bare integer in an expression of code, an argument of a call, or a key=value pair."""
_MOBILE = re.compile(r"1(?:3[0-9]|4[01456789]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}")
_AREA = re.compile(r"0(?:10|2[0-57-9]|[3-9][0-9]{2})")
_NANP = re.compile(r"[2-9][0-8][0-9][2-9][0-9]{2}[0-9]{4}")
_COUNTRY = re.compile(
    r"7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|21[1-8]|2[2-6][0-9]|29[017-9]|35[0-9]|37[0-8]|38[0-9]|42[013]|50[0-9]|59[0-9]|67[0-9]|68[0-9]"
    r"|85[02356]|88[06]|96[0-8]|97[0-79]|99[2-68]"
)
_MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (5, 3, 3), (5, 6)}
_AREA_SHAPES = {(3, 8), (4, 7), (4, 8), (3, 4, 4), (4, 4, 4), (4, 3, 4)}
_ID_SHAPES = {(18,), (6, 8, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (4, 4, 4, 4, 2), (6, 4, 2, 2, 4), (3, 3, 8, 4), (6, 6, 6), (17, 1), (6, 12)}
_CARD_SHAPES = {
    *((n,) for n in range(13, 20)),
    *((4, 4, 4, 4, *tail) for tail in ((), (1,), (2,), (3,))),
    *((4, 6, 5), (4, 6, 4), (4, 4, 4, 1), (6, 13), (6, 4, 4, 4), (6, 6, 7)),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91}


def is_resident_id(text: str) -> bool:
    """True for an 18-place ID number with a known province, a possible day of birth and the right check digit.

    >>> is_resident_id("11010519491231002X"), is_resident_id("110105194912310021")
    (True, False)
    """
    if int(text[:2]) not in _PROVINCES or not "1900" <= text[6:10] <= "2035":
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(w * int(c) for w, c in zip(_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[17].upper()


def luhn(digits: str) -> bool:
    """True when the last digit is the Luhn check digit of the others.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


def is_card(digits: str, grouped: bool, named: bool) -> bool:
    """True for a card number: issuer prefix and length belong together and the check digit is right.

    Lengths that many other numbers have (13, and 19 outside UnionPay) count only in groups or where the text says card.
    """
    n, four = len(digits), int(digits[:4])
    sure = grouped or named
    issued = (
        (digits[0] == "4" and (n == 16 or (n in (13, 19) and sure)))
        or (n == 16 and (5100 <= four < 5600 or 2221 <= four <= 2720 or four == 6011 or 6440 <= four < 6600 or 3528 <= four <= 3589))
        or (n == 15 and four // 100 in (34, 37))
        or (n == 14 and sure and (3000 <= four <= 3059 or four // 100 in (36, 38, 39)))
        or (16 <= n <= 19 and (four // 100 == 62 or four in (9558, 9559, 6013, 6058)))
    )
    return issued and len(set(digits)) > 1 and luhn(digits)


@dataclass(frozen=True, slots=True)
class _Run:
    """Digit groups in a text: their digits, where they stand, what stands between them."""

    text: bytes
    at: list[tuple[int, int]]
    digits: list[str]
    gaps: list[bytes]
    alive: list[bool]

    def crowded(self, i: int, j: int) -> bool:
        """Groups I to J (exclusive) are a piece of a longer row of short groups with the same separator."""
        sep = self.gaps[i] if j - i > 1 else b"-"
        before = i > 0 and self.gaps[i - 1] == sep and len(self.digits[i - 1]) <= 6 and not _DATE_BEFORE.search(self.before(i))
        after = j < len(self.digits) and self.gaps[j - 1] == sep and len(self.digits[j]) <= 6
        return before or after

    def before(self, i: int) -> bytes:
        """The context before group I."""
        return self.text[max(0, self.at[i][0] - CONTEXT) : self.at[i][0]]

    def shape(self, i: int, k: int) -> tuple[int, ...]:
        """The lengths of K groups from I; nothing when there are fewer."""
        return tuple(map(len, self.digits[i : i + k])) if i + k <= len(self.digits) else ()


def _run(text: bytes, start: int, end: int) -> _Run:
    at = [m.span() for m in _GROUPS.finditer(text, start, end)]
    digits = [text[a:b].decode() for a, b in at]
    gaps = [text[a[1] : b[0]] for a, b in pairwise(at)]
    alive = [not (len(d) > 7 and b"." in gaps[max(0, i - 1) : i + 1]) for i, d in enumerate(digits)]  # 13812345678.5 is a decimal
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + 2]
    if before[-1:].isalpha() or before.endswith((b"_", b".")) or (before.endswith(b"-") and before[-2:-1].isalnum()):
        alive[0] = alive[0] and bool(_PHONE_WORD.search(before))
    if after[:1] in (b"X", b"x") and not after[1:].isalnum() and len(digits[-1]) in (1, 3, 5, 7, 11, 17):
        digits[-1] += "X"
        at[-1] = (at[-1][0], end + 1)
    elif after[:1].isalpha() or after[:1] == b"_":
        alive[-1] = False
    return _Run(text, at, digits, gaps, alive)


def numbers(text: bytes, start: int, end: int) -> list[Span]:
    """What the digit groups in ``text[start:end]`` are: (kind, start, end) with kind id, card, phone or ip4.

    >>> numbers("电话13812345678请".encode(), 6, 17)
    [('phone', 6, 17)]
    """
    run, spans, i = _run(text, start, end), [], 0
    table = len(run.digits) > _TABLE
    while i < len(run.digits):
        short = table and len(run.digits[i]) < 10
        found = _ip4(run, i) if run.gaps[i : i + 3] == _DOTS else None
        if not found and not short:
            found = _checked(run, i) or _phone(run, i)
        if found:
            kind, j, begin = found
            spans.append((kind, begin, run.at[j - 1][1]))
            i = j
        else:
            i += 1
    return spans


Found = tuple[str, int, int] | None


def _ip4(run: _Run, i: int) -> Found:
    if not all(run.alive[i : i + 4]):
        return None
    octets = run.digits[i : i + 4]
    if any(not o.isdigit() or len(o) > 3 or int(o) > 255 or (len(o) > 1 and o[0] == "0") for o in octets):
        return None
    if (i and run.gaps[i - 1] in (b".", b"-")) or run.gaps[i + 3 : i + 4] == [b"."]:
        return None
    return "ip4", i + 4, run.at[i][0]


def _checked(run: _Run, i: int) -> Found:
    """ID numbers and cards: the longest shape whose checksum holds."""
    for k in range(min(5, len(run.digits) - i), 0, -1):
        if not all(run.alive[i : i + k]) or len(set(run.gaps[i : i + k - 1])) > 1 or (k > 1 and run.gaps[i] not in (b" ", b"-")):
            continue
        shape, text = run.shape(i, k), "".join(run.digits[i : i + k])
        if shape in _ID_SHAPES and text[:17].isdigit() and is_resident_id(text):
            return "id", i + k, run.at[i][0]
        maybe = shape in _CARD_SHAPES and text.isdigit() and is_card(text, True, True)
        if maybe and is_card(text, k > 1, bool(_CARD_WORD.search(run.before(i)))) and not run.crowded(i, i + k):
            return "card", i + k, run.at[i][0]
    return None


def _phone(run: _Run, i: int) -> Found:
    if not run.alive[i] or len(run.digits[i]) > 15:
        return None
    begin = run.at[i][0]
    bracket = 1 if run.text[begin - 1 : begin] == b"(" else len(_WIDE_OPEN) if run.text[max(0, begin - 3) : begin] == _WIDE_OPEN else 0
    if run.text[begin - 1 : begin] == b"+":
        j = _international(run, i)
        return ("phone", j, begin - 1 - (run.text[begin - 2 : begin - 1] == b"(")) if j else None
    if run.digits[i] in ("86", "0086") and i + 1 < len(run.digits) and run.gaps[i] in (b" ", b"-", *_CLOSED):
        j = _mobile(run, i + 1) or _landline(run, i + 1, "0")
        if j:
            return "phone", j, begin
    if len(run.digits[i]) in (13, 15) and run.digits[i][:-11] in ("86", "0086") and _MOBILE.fullmatch(run.digits[i][-11:]):
        return "phone", i + 1, begin
    j = _mobile(run, i) or _landline(run, i, "") or _american(run, i, bracket) or _named(run, i)
    closed = bracket and j - i > 1 and run.gaps[i] in _CLOSED
    return ("phone", j, begin - bracket if closed else begin) if j else None


def _mobile(run: _Run, i: int) -> int:
    for k in (1, 2, 3):
        if run.shape(i, k) in _MOBILE_SHAPES and all(run.alive[i : i + k]):
            gaps = set(run.gaps[i : i + k - 1])
            text = "".join(run.digits[i : i + k])
            one = len(gaps) <= 1 and gaps <= ({b" ", b"-", b"."} if k == 3 else {b" ", b"-"})
            good = one and _MOBILE.fullmatch(text) and not run.crowded(i, i + k) and not _round(text)
            if good and (k > 1 or not _CODE_BEFORE.search(run.before(i)) or _PHONE_WORD.search(run.before(i))):
                return i + k
    return 0


def _round(text: str) -> bool:
    """Powers of two and numbers that end in many zeros are constants, not subscribers."""
    value = int(text)
    return value & (value - 1) == 0 or text.endswith("00000") or len(set(text[3:])) == 1


def _landline(run: _Run, i: int, lead: str) -> int:
    """An area code and 7 or 8 digits, maybe in two groups, maybe with an extension; LEAD: a 0 that +86 left out."""
    if not _AREA.fullmatch(lead + run.digits[i]) or not run.alive[i]:
        return 0
    for k in (2, 3):
        shape = run.shape(i, k)
        if not shape or (len(lead) + shape[0], *shape[1:]) not in _AREA_SHAPES or not all(run.alive[i : i + k]):
            continue
        if run.gaps[i] in (b"-", b" ", *_CLOSED) and set(run.gaps[i + 1 : i + k - 1]) <= {b" ", b"-"} and run.digits[i + 1][0] in "2345678":
            j = i + k
            if j < len(run.digits) and run.gaps[j - 1] == b"-" and len(run.digits[j]) <= 5 and run.alive[j]:
                j += 1
            if (lead or run.gaps[i] != b" " or _PHONE_WORD.search(run.before(i))) and not run.crowded(i, j):
                return j
    return 0


def _american(run: _Run, i: int, bracket: int) -> int:
    """3-3-4 digits of the North American plan, and the hotlines 400 and 800 of the Chinese one."""
    shape, gaps = run.shape(i, 3), run.gaps[i : i + 2]
    hotline = shape in ((3, 3, 4), (3, 4, 3)) and run.digits[i] in ("400", "800") and gaps in ([b"-"] * 2, [b" "] * 2)
    if not hotline and (shape != (3, 3, 4) or not _NANP.fullmatch("".join(run.digits[i : i + 3]))):
        return 0
    closed = bracket and gaps[0] in _CLOSED
    plain = gaps in ([b"-"] * 2, [b"."] * 2) or (gaps == [b" "] * 2 and (hotline or bool(_PHONE_WORD.search(run.before(i)))))
    if not (closed or plain) or not all(run.alive[i : i + 3]) or run.crowded(i, i + 3):
        return 0
    return i + 3


def _named(run: _Run, i: int) -> int:
    """A plain number of 10 to 12 digits that the text calls a phone number."""
    text = run.digits[i]
    local = 10 <= len(text) <= 12 and _AREA.match(text)
    good = local or _NANP.fullmatch(text) or (len(text) == 10 and text[:3] in ("400", "800"))
    return i + 1 if good and _PHONE_WORD.search(run.before(i)) else 0


def _international(run: _Run, i: int) -> int:
    """E.164 after a plus: a known country code, 8 to 15 digits in all, few groups."""
    if run.before(i)[-2:-1].isalnum() or run.before(i)[-2:-1] in (b")", b"]", b"_", b"+", b".") or not run.alive[i]:
        return 0
    digits, j = run.digits[i], i + 1
    most = 11 if digits[0] == "1" else 13 if digits.startswith("86") else 15
    while j < len(run.digits) and j - i < 6 and len(digits) < most and run.alive[j]:
        if run.gaps[j - 1] == b"." and len(run.digits[j]) < 3:
            return 0  # a signed decimal
        if run.gaps[j - 1] not in (b" ", b"-", b".", b" (", b") ", b")", b"(", b")-") or len(digits) + len(run.digits[j]) > most:
            break
        digits, j = digits + run.digits[j], j + 1
    if digits[0] == "1":
        return j if len(digits) == 11 and _NANP.fullmatch(digits[1:]) else 0
    grouped = j - i > 1
    return j if 9 - grouped <= len(digits) <= 15 and _COUNTRY.match(digits) and len(set(digits)) > 2 else 0
