"""The verdict 结论: a pure function of a plan and its results. Anyone who has the stored JSON computes the same again.

Order: gates first (any failed gate: not passed, whatever the scores; a gate that was not evaluated holds the version);
then coverage (below the plan's share: no verdict); then the score and its band. Scores are computed in exact arithmetic
over the decimals that the JSON shows, and a number is never rounded across a threshold, neither to judge nor to print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from zhuoyu.assess.catalogue import load
from zhuoyu.assess.indicators import Interval, Limit, Result, Status, Words
from zhuoyu.assess.plan import Asked, Plan
from zhuoyu.assess.views import tc609

BANDS = (("A", 95), ("B", 90), ("C", 80), ("D", 60))
"""The guide view's bands; below the last: E."""

Outcome = Literal["passed", "not_passed", "no_verdict"]

_WORST: tuple[Status, ...] = ("fail", "warn", "pass", "not_evaluated", "not_applicable")


class Gate(BaseModel):
    """One gate: it passes, fails, holds (not evaluated), or does not apply."""

    model_config = ConfigDict(frozen=True)

    id: str
    en: str
    zh: str
    status: Literal["pass", "fail", "held", "not_applicable"]
    value: float | None
    threshold: Limit
    reason: Words | None


class DimensionScore(BaseModel):
    """A dimension's weighted mean over what was evaluated, 0..100; null when nothing was."""

    model_config = ConfigDict(frozen=True)

    id: str
    en: str
    zh: str
    score: float | None
    status: Status
    evaluated: int
    applicable: int


class Verdict(BaseModel):
    """What a plan says of a version."""

    model_config = ConfigDict(frozen=True)

    status: Outcome
    band: str | None
    score: float | None
    coverage: float
    evaluated: int
    applicable: int
    gates: list[Gate]
    sentence: Words


class Judgement(BaseModel):
    """The verdict with both views of the same results: by the guide's dimensions, and by TC609 codes."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    dimensions: list[DimensionScore]
    views: dict[str, Any]


def judged(value: float, interval: Interval | None, by: str, direction: str) -> float:
    """The number that meets the threshold: the estimate, or with ``by: lower`` the interval's worse end."""
    if interval is None or by != "lower" or direction == "range":
        return value
    return interval.low if direction == "high" else interval.high


def status_of(value: float, target: Limit, floor: Limit, direction: str) -> Status:
    """Fail < floor <= warn < target <= pass, turned round for low, outside in for a range. No rounding.

    >>> status_of(0.99999999, 1.0, 1.0, "high"), status_of(0.85, 0.9, 0.8, "high"), status_of(0.05, 0.05, 0.05, "low")
    ('fail', 'warn', 'pass')
    """
    reached = share_of_way(value, target, floor, direction)
    if reached == 1:
        return "pass"
    return "fail" if reached < 0 else "warn"


def share_of_way(value: float, target: Limit, floor: Limit, direction: str) -> Fraction:
    """How far VALUE is from floor (0) to target (1): exact, at most 1, and -1 when it is outside the floor."""
    v = exact(value)
    if isinstance(target, tuple) and isinstance(floor, tuple):
        (a, b), (c, d) = map(exact, target), map(exact, floor)
        if v < a:
            return _way(v, a, c)
        return _way(-v, -b, -d)
    if isinstance(target, tuple) or isinstance(floor, tuple):
        return Fraction(-1)
    sign = -1 if direction == "low" else 1
    return _way(sign * v, sign * exact(target), sign * exact(floor))


def _way(v: Fraction, target: Fraction, floor: Fraction) -> Fraction:
    if v >= target:
        return Fraction(1)
    return Fraction(-1) if v < floor else (v - floor) / (target - floor)


def exact(value: float) -> Fraction:
    """The decimal that prints as VALUE, as a fraction: 0.1 is one tenth.

    >>> exact(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(float(value)))


def verdict(plan: Plan, results: Sequence[Result | Mapping[str, Any]]) -> Judgement:
    """The judgement of RESULTS (``Result`` values or their JSON) under PLAN.

    An indicator of the plan without a result counts as not evaluated; what a result says of its own status is not
    believed where the value can be judged again.
    """
    by_id = {r.id: r for r in (x if isinstance(x, Result) else Result.model_validate(x) for x in results)}
    rows = [(asked, by_id.get(asked.indicator.id)) for asked in plan.entries]
    status = {a.indicator.id: _status(plan, a, r) for a, r in rows}
    scores = {a.indicator.id: score(plan, a, r) for a, r in rows if r is not None and status[a.indicator.id] in ("pass", "warn", "fail")}
    applicable = sum(s != "not_applicable" for s in status.values())
    coverage = Fraction(len(scores), applicable) if applicable else Fraction(0)
    dimensions, overall = _dimensions(plan, status, scores)
    gates = [_gate(a, r, status[a.indicator.id]) for a, r in rows if a.gate]
    said = _decide(plan, gates, coverage, overall)
    sentence = _sentence(plan, said, gates, len(scores), applicable, coverage, overall)
    whole = Verdict(
        status=said,
        band=band(overall) if overall is not None and said != "no_verdict" else None,
        score=float(overall) if overall is not None else None,
        coverage=float(coverage),
        evaluated=len(scores),
        applicable=applicable,
        gates=gates,
        sentence=sentence,
    )
    return Judgement(verdict=whole, dimensions=dimensions, views={"tc609": tc609(plan, status, scores, _parts(rows, scores))})


def score(plan: Plan, asked: Asked, result: Result) -> Fraction:
    """100 · clip((v − floor)/(target − floor), 0, 1); a gate, whose floor is its target, scores 100 or 0."""
    direction = asked.indicator.direction
    value = judged(result.value or 0.0, result.interval, plan.by, direction)
    return 100 * max(Fraction(0), share_of_way(value, asked.target, asked.floor, direction))


def band(score: Fraction | float) -> str:
    """A >= 95, B >= 90, C >= 80, D >= 60, else E.

    >>> band(89.999999), band(90)
    ('C', 'B')
    """
    return next((name for name, at in BANDS if score >= at), "E")


def shown(value: float, *limits: float, digits: int = 3) -> str:
    """VALUE with DIGITS decimals, or as many more as it takes to stay on its side of every limit.

    >>> shown(0.99996, 1.0), shown(0.5), shown(89.97, 90, digits=1)
    ('0.99996', '0.500', '89.97')
    """
    for d in range(digits, 17):
        text = f"{value:.{d}f}"
        if all((float(text) > at) - (float(text) < at) == (value > at) - (value < at) for at in limits):
            return text
    return repr(value)


def _parts(rows: Sequence[tuple[Asked, Result | None]], scores: Mapping[str, Fraction]) -> dict[str, dict[str, Fraction]]:
    """Scores of one code each, for an indicator that is mapped to several and says its value for each (``detail.parts``)."""
    out: dict[str, dict[str, Fraction]] = {}
    for asked, result in rows:
        parts = result.detail.get("parts") if result is not None else None
        if parts and asked.indicator.id in scores:
            way = {k: share_of_way(v, asked.target, asked.floor, asked.indicator.direction) for k, v in parts.items()}
            out[asked.indicator.id] = {k: 100 * max(Fraction(0), w) for k, w in way.items()}
    return out


def _status(plan: Plan, asked: Asked, result: Result | None) -> Status:
    if result is None:
        return "not_evaluated"
    if result.status in ("not_applicable", "not_evaluated") or result.value is None:
        return "not_applicable" if result.status == "not_applicable" else "not_evaluated"
    direction = asked.indicator.direction
    return status_of(judged(result.value, result.interval, plan.by, direction), asked.target, asked.floor, direction)


def _gate(asked: Asked, result: Result | None, status: Status) -> Gate:
    one = asked.indicator
    said: Literal["pass", "fail", "held", "not_applicable"]
    said = {"pass": "pass", "not_evaluated": "held", "not_applicable": "not_applicable"}.get(status, "fail")  # type: ignore[assignment]
    value = result.value if result else None
    absent = Words(en="there is no result for it", zh="没有它的结果")
    return Gate(
        id=one.id, en=one.en, zh=one.zh, status=said, value=value, threshold=asked.target, reason=result.reason if result else absent
    )


def mean(pairs: Sequence[tuple[Fraction, float]]) -> Fraction | None:
    """The weighted mean of (value, weight) in exact arithmetic; None of none."""
    weight = sum((exact(w) for _, w in pairs), Fraction(0))
    return sum((v * exact(w) for v, w in pairs), Fraction(0)) / weight if weight else None


def _dimensions(plan: Plan, status: Mapping[str, Status], scores: Mapping[str, Fraction]) -> tuple[list[DimensionScore], Fraction | None]:
    out: list[DimensionScore] = []
    means: list[tuple[Fraction, float]] = []
    for d in load().dimensions:
        mine = [a for a in plan.entries if a.indicator.dimension == d.id]
        if not mine:
            continue
        value = mean([(scores[a.indicator.id], a.weight) for a in mine if a.indicator.id in scores])
        means += [(value, plan.dimensions.get(d.id, 1.0))] if value is not None else []
        said = [status[a.indicator.id] for a in mine]
        out.append(
            DimensionScore(
                id=d.id,
                en=d.en,
                zh=d.zh,
                score=float(value) if value is not None else None,
                status=min(said, key=_WORST.index),
                evaluated=sum(a.indicator.id in scores for a in mine),
                applicable=sum(s != "not_applicable" for s in said),
            )
        )
    return out, mean(means)


def _decide(plan: Plan, gates: Sequence[Gate], coverage: Fraction, overall: Fraction | None) -> Outcome:
    if any(g.status == "fail" for g in gates):
        return "not_passed"
    if any(g.status == "held" for g in gates) or coverage < exact(plan.coverage) or overall is None:
        return "no_verdict"
    return "passed" if overall >= exact(plan.pass_score) else "not_passed"


def _sentence(
    plan: Plan, said: str, gates: Sequence[Gate], evaluated: int, applicable: int, coverage: Fraction, overall: Fraction | None
) -> Words:
    en, zh = _why(plan, said, gates, coverage, overall)
    tally = sum(g.status == "pass" for g in gates), sum(g.status != "not_applicable" for g in gates)
    en += f" {tally[0]} of {tally[1]} gates pass; {evaluated} of {applicable} applicable indicators were evaluated."
    zh += f"门槛通过 {tally[0]}/{tally[1]}；适用指标已评 {evaluated}/{applicable}。"
    return Words(en=f"{plan.label.en}. {en}", zh=f"{plan.label.zh}。{zh}") if plan.label else Words(en=en, zh=zh)


def _why(plan: Plan, said: str, gates: Sequence[Gate], coverage: Fraction, overall: Fraction | None) -> tuple[str, str]:
    failed = [g for g in gates if g.status == "fail"]
    if failed:
        items = [(g, shown(g.value or 0.0, *(g.threshold if isinstance(g.threshold, tuple) else (g.threshold,)))) for g in failed]
        en = "; ".join(f"{g.id} {g.en} is {v}, its gate is at {g.threshold}" for g, v in items)
        zh = "；".join(f"{g.id} {g.zh}为 {v}，门槛 {g.threshold}" for g, v in items)
        return f"Not passed: {en}.", f"不合格：{zh}。"
    held = [g for g in gates if g.status == "held"]
    if held:
        en = "; ".join(f"{g.id} {g.en} ({g.reason.en if g.reason else 'no reason given'})" for g in held)
        zh = "；".join(f"{g.id} {g.zh}（{g.reason.zh if g.reason else '未说明原因'}）" for g in held)
        return f"No verdict: held by gates that were not evaluated: {en}.", f"无结论：有门槛未评，暂不放行：{zh}。"
    if said == "no_verdict" or overall is None:
        cover = shown(float(coverage), plan.coverage)
        return f"No verdict: coverage is {cover}, {plan.coverage} is needed.", f"无结论：覆盖率 {cover}，需要 {plan.coverage}。"
    number = shown(float(overall), *(at for _, at in BANDS), plan.pass_score, digits=1)
    if said == "not_passed":
        return f"Not passed: score {number}, {plan.pass_score} is needed.", f"不合格：得分 {number}，需要 {plan.pass_score}。"
    return f"Passed, band {band(overall)}: score {number}.", f"合格，等第 {band(overall)}：得分 {number}。"
