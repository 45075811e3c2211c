"""Numbers as each language writes them; none is rounded across a threshold.

>>> share(0.559, "en"), share(0.559, "zh"), size(161_800_000), duration(94, "en"), duration(94, "zh")
('55.9\u202f%', '55.9%', '161.8 MB', '1 min 34 s', '1 分 34 秒')
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

MINUS, THIN = "\u2212", "\u202f"


def count(n: float) -> str:
    """123,688; a missing number is a dash.

    >>> count(123688), count(-702)
    ('123,688', '− 702')
    """
    return f"{MINUS} {-n:,.0f}" if n < 0 else f"{n:,.0f}"


def share(value: float, language: str, thresholds: Iterable[float] = ()) -> str:
    """A share of one as per cent: 99.999 of 100 is not 100.

    >>> share(0.99999, "zh"), share(1.0, "zh"), share(0.0, "zh")
    ('99.999%', '100%', '0%')
    """
    said = exact(value * 100, [0.0, 100.0, *(t * 100 for t in thresholds)], least=1)
    said = said.removesuffix(".0") if said in ("100.0", "0.0") else said
    return f"{said}{THIN}%" if language == "en" else f"{said}%"


def exact(value: float, thresholds: Iterable[float] = (), least: int = 3, most: int = 12) -> str:
    """VALUE with as few decimals (at least LEAST) as keep it on its side of every threshold.

    >>> exact(0.9979), exact(0.99996, [1.0]), exact(1.0, [1.0]), exact(0.8999, [0.9], least=2)
    ('0.998', '0.99996', '1.000', '0.8999')
    """
    for digits in range(least, most + 1):
        said = f"{value:.{digits}f}"
        if all(_side(float(said), t) == _side(value, t) for t in thresholds):
            return said
    return repr(value)


def _side(value: float, threshold: float) -> int:
    return (value > threshold) - (value < threshold)


def short(value: float | None) -> str:
    """A measure's number on an axis or beside a mean: three digits, whole above a hundred.

    >>> short(118.4), short(0.7912), short(7.26), short(0), short(None), short(41806.0)
    ('118', '0.791', '7.26', '0', '–', '41,806')
    """
    if value is None:
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1g}"


def size(n: float) -> str:
    """Decimal bytes.

    >>> size(999), size(161_812_345)
    ('999 B', '161.8 MB')
    """
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n < 1000 or unit == "TB":
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return ""


def duration(seconds: float, language: str) -> str:
    """9 s, 1 min 34 s, 2 h 5 min.

    >>> duration(7.4, "en"), duration(7500, "zh")
    ('7.4 s', '2 小时 5 分')
    """
    hour, minute, second = ("h", "min", "s") if language == "en" else ("小时", "分", "秒")
    if seconds < 10:
        return f"{seconds:.1f} {second}"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} {second}"
    if whole < 3600:
        return f"{whole // 60} {minute} {whole % 60} {second}"
    return f"{whole // 3600} {hour} {whole % 3600 // 60} {minute}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(iso: str, language: str) -> str:
    """24 Nov 2026, 10:42; what is no date stays as it is.

    >>> moment("2026-11-24T10:42:00+00:00", "en"), moment("2026-11-24T10:42:00+00:00", "zh")
    ('24 Nov 2026, 10:42', '2026-11-24 10:42')
    """
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}" if language == "en" else f"{at:%Y-%m-%d %H:%M}"


def digest(value: str) -> str:
    """The middle form.

    >>> digest("9f3c1a" + "0" * 56 + "e2")
    '9f3c1a…e2'
    """
    return value if len(value) <= 12 else f"{value[:6]}…{value[-2:]}"
