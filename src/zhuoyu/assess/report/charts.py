"""Drawings as SVG: sizes are attributes in per cent, colours are classes, so that no style attribute is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

LABEL_WIDTH = 14.0
FLOOR, TARGET = 26.0, 72.0
"""Where floor and target stand in every row, in per cent of the width."""

_RECT = Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>')
_SHAPES = {
    "pass": Markup('<circle cx="{x}%" cy="50%" r="4.5" class="m-pass"/>'),
    "warn": Markup('<svg x="{x}%" y="50%" class="at"><path d="M0-5.5 5.2 4.2H-5.2Z" class="m-warn"/></svg>'),
    "fail": Markup('<svg x="{x}%" y="50%" class="at"><rect x="-4.5" y="-4.5" width="9" height="9" class="m-fail"/></svg>'),
}


def pct(value: float) -> str:
    """A per cent for an attribute.

    >>> pct(55.9000001), pct(0)
    ('55.9', '0')
    """
    return f"{value:.3f}".rstrip("0").rstrip(".")


def kept_bar(kept: float, rows_in: float, scale: float, height: int = 12, label: str = "") -> Markup:
    """Solid jade for what stays, hatched stone for what goes, both on SCALE (what the full width stands for).

    LABEL stands in the jade where it is wide enough, else behind the bar.
    """
    width = 100 * kept / scale if scale else 0.0
    gone = 100 * (rows_in - kept) / scale if scale else 0.0
    parts = [_RECT.format("jade", 0, 0, pct(width), height)] if kept else []
    if gone > 0:
        parts.append(_RECT.format("stone", pct(width), 0, pct(gone), height))
    if label:
        inside = width >= LABEL_WIDTH
        text = Markup('<text class="{}" x="{}%" dx="7" y="{}">{}</text>')
        parts.append(text.format("on-jade" if inside else "beside", 0 if inside else pct(width + gone), height - 6, label))
    return Markup('<svg class="bar" width="100%" height="{}" aria-hidden="true" focusable="false">{}</svg>').format(
        height, Markup("").join(parts)
    )


def histogram(counts: Sequence[int], kept: Sequence[int] | None, height: int = 64) -> Markup:
    """Outline: all. Filled: kept. One unit of width a bin; the line keeps its thickness whatever the size.

    A kept row is measured again after its text was changed, so a bin may hold more of the kept than of all.

    >>> "V-" in histogram([1, 3], [4, 0])
    False
    """
    n, top = len(counts), max([*counts, *(kept or ()), 1])
    y = [height - (height - 2) * c / top for c in counts]
    path = f"M0 {height}" + "".join(f"V{pct(v)}H{i + 1}" for i, v in enumerate(y)) + f"V{height}"
    bars = "".join(
        f"M{i + 0.08:.2f} {height}V{pct(height - (height - 2) * k / top)}H{i + 0.92:.2f}V{height}Z" for i, k in enumerate(kept or ()) if k
    )
    return Markup(
        '<svg class="hist" width="100%" height="{h}" viewBox="0 0 {n} {h}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<path class="all" d="{path}"/><path class="jade" d="{bars}"/><path class="outline" d="{path}"/></svg>'
    ).format(h=height, n=n, path=path, bars=bars)


def place(value: float, target: Any, floor: Any, direction: str) -> float:
    """Where VALUE stands, in per cent: floor and target are at the same place in every row.

    >>> place(0.9, 0.9, 0.8, "high"), place(0.8, 0.9, 0.8, "high"), round(place(0.85, 0.9, 0.8, "high"))
    (72.0, 26.0, 49)
    >>> place(1.0, 1.0, 1.0, "high"), place(0.5, 1.0, 1.0, "high") < 26, place(0.01, 0.05, 0.1, "low") > 72
    (72.0, True, True)
    """
    if isinstance(target, Sequence) or isinstance(floor, Sequence):
        return _in_range(value, target, floor)
    sign = -1.0 if direction == "low" else 1.0
    v, t, f = sign * value, sign * float(target), sign * float(floor)
    if v >= t:
        room = (0.0 if direction == "low" else max(1.0, t)) - t
        return TARGET if room <= 0 else TARGET + (97 - TARGET) * min(1.0, (v - t) / room)
    if v >= f:
        return FLOOR + (TARGET - FLOOR) * (v - f) / (t - f)
    size = abs(f) or 1.0
    return max(3.0, (FLOOR - 4) * (1 - min(1.0, (f - v) / size)))


def _in_range(value: float, target: Any, floor: Any) -> float:
    (a, b), (c, d) = _pair(target), _pair(floor)
    if a <= value <= b:
        return (TARGET + 97) / 2
    if value < a:
        return place(value, a, c, "high")
    return place(value, b, d, "low")


def _pair(limit: Any) -> tuple[float, float]:
    return (float(limit[0]), float(limit[1])) if isinstance(limit, Sequence) else (float(limit), float(limit))


def interval(one: Mapping[str, Any], name: str) -> Markup:
    """An indicator on the common scale: a mark whose shape is its status, whiskers for the interval; dashed when not evaluated."""
    value, status = one.get("value"), str(one.get("status"))
    ground = Markup('<rect class="z-fail" width="{}%" height="100%"/><rect class="z-pass" x="{}%" width="{}%" height="100%"/>').format(
        pct(FLOOR), pct(TARGET), pct(100 - TARGET)
    )
    lines = Markup('<line class="floor" x1="{0}%" x2="{0}%" y2="100%"/><line class="target" x1="{1}%" x2="{1}%" y2="100%"/>').format(
        pct(FLOOR), pct(TARGET)
    )
    if value is None or status not in _SHAPES:
        ground, drawn = Markup(""), Markup('<line class="nothing" x1="4%" x2="96%" y1="50%" y2="50%"/>')
    else:
        drawn = _whiskers(one) + _SHAPES[status].format(x=pct(_shown_at(one)))
    return Markup('<svg class="interval s-{}" width="100%" height="100%" role="img" aria-label="{}">{}{}{}</svg>').format(
        status, name, ground, lines, drawn
    )


def _shown_at(one: Mapping[str, Any]) -> float:
    """Never on the wrong side of a line: a mark is wide, so one just below a line keeps a little distance."""
    x = place(float(one["value"]), one.get("target"), one.get("floor"), str(one.get("direction")))
    if one.get("interval"):
        return x
    bounds = {"pass": (TARGET, 97.0), "warn": (FLOOR, TARGET - 4), "fail": (3.0, FLOOR - 4)}
    low, high = bounds[str(one["status"])]
    return min(max(x, low), high)


def _whiskers(one: Mapping[str, Any]) -> Markup:
    span = one.get("interval")
    if not span:
        return Markup("")
    ends = sorted(place(float(span[k]), one.get("target"), one.get("floor"), str(one.get("direction"))) for k in ("low", "high"))
    a, b = pct(ends[0]), pct(ends[1])
    return Markup(
        '<g class="whiskers s-{s}"><line x1="{a}%" x2="{b}%" y1="50%" y2="50%"/>'
        '<line x1="{a}%" x2="{a}%" y1="32%" y2="68%"/><line x1="{b}%" x2="{b}%" y1="32%" y2="68%"/></g>'
    ).format(s=one.get("status"), a=a, b=b)


def sign(status: str) -> Markup:
    """The sign of a status, 16 px; its word stands beside it."""
    d = {
        "pass": '<circle cx="8" cy="8" r="6.25"/><path d="m5.2 8.2 2 2 3.7-4.2"/>',
        "warn": '<path d="M8 2 14.6 13.6H1.4Z"/><path d="M8 6.2v3.4M8 11.6v.1"/>',
        "fail": '<rect x="2" y="2" width="12" height="12" rx="2"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>',
        "not_evaluated": '<circle cx="8" cy="8" r="6.25" stroke-dasharray="2.4 2.5"/>',
        "not_applicable": '<circle cx="8" cy="8" r="6.25"/><path d="M5 8h6"/>',
        "cut": '<circle cx="8" cy="8" r="6.25"/><path d="m3.8 3.8 8.4 8.4"/>',
        "stays": '<path d="m3 8.4 3.4 3.4L13 4.6"/>',
    }
    said = d.get(status, d["not_evaluated"])
    return Markup(f'<svg class="sign s-{status}" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">{said}</svg>')  # noqa: S704  # our own shapes
