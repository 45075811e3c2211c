"""The static assessment 静态评估: every indicator of a plan from one scan over the kept rows, and one over the rejected.

The JSON of an ``Assessment`` (``assessment.model_dump(mode="json")``):

    {plan: {name, digest, label: {en, zh} | null, by, said: {…the whole plan}},
     verdict: {status: passed | not_passed | no_verdict, band: A..E | null, score: 0..100 | null, coverage, evaluated, applicable,
               gates: [{id, en, zh, status: pass | fail | held | not_applicable, value, threshold, reason}], sentence: {en, zh}},
     dimensions: [{id, en, zh, score, status, evaluated, applicable}],
     indicators: [{id, version, en, zh, dimension, population, status, value, unit, direction, n_evaluated, n_failed, n_null,
                   failed_row_ids, gate, target, floor, weight, method: census | sample | facts, params, columns,
                   interval: {low, high, level, method} | null, backend, detail, sources, reason: {en, zh} | null, fix, seconds}],
     views: {tc609: {pass_line, note, dimensions: [{id, en, zh, score, passed, evaluated,
                                                    codes: [{code, zh, indicators, status, score}]}]}},
     rows: {kept, rejected}, seconds}
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal, Protocol

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from zhuoyu.assess import indicators_facts, indicators_folds, indicators_rows
from zhuoyu.assess.facts import as_facts
from zhuoyu.assess.indicators import Ask, Fold, Found, Interval, Result, Status, Words, wilson
from zhuoyu.assess.plan import Asked, Plan
from zhuoyu.assess.verdict import DimensionScore, Verdict, judged, status_of, verdict
from zhuoyu.errors import SpecError, ZhuoyuError, did_you_mean
from zhuoyu.record import REJECTION

Form = Literal["rows", "folds", "facts"]


class Data(Protocol):
    """What an assessment reads of a version. It comes through the one door, so it may show fewer rows than there are.

    ``facts``: as ``facts.facts_of`` gives them (or a run record as it stands, ``verification`` beside its keys): ``run``,
    ``verification`` ({status, rows, changed: [ids], log}), ``sources``, ``recipe``, ``card``; a missing one is not
    known. ``counts``: {kept, rejected} as sealed.
    """

    @property
    def schema(self) -> pa.Schema:
        """The kept table's columns."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is stored about the version."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows of the sealed version."""

    def batches(self, columns: Sequence[str], rejected: bool) -> Iterator[pa.RecordBatch]:
        """The rows with COLUMNS in bounded batches; a column that the rejected table lacks is left out or null."""


class PlanRef(BaseModel):
    """Which plan; ``said`` is the whole of it, so that the verdict can be computed again from this JSON alone."""

    name: str
    digest: str
    label: Words | None
    by: str
    said: dict[str, Any]

    @classmethod
    def of(cls, plan: Plan) -> PlanRef:
        """The reference to PLAN."""
        said = plan.model_dump(mode="json", exclude_none=True)
        return cls(name=plan.name, digest=plan.digest(), label=plan.label, by=plan.by, said=said)


class Assessment(BaseModel):
    """An assessment's result; see the module's docstring for its JSON."""

    model_config = ConfigDict(frozen=True)

    plan: PlanRef
    verdict: Verdict
    dimensions: list[DimensionScore]
    indicators: list[Result]
    views: dict[str, Any]
    rows: dict[str, int]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json")


@cache
def functions() -> dict[str, tuple[Form, Callable[..., Any]]]:
    """Every computation by name, with its form.

    >>> functions()["entropy"][0]
    'folds'
    """
    out: dict[str, tuple[Form, Callable[..., Any]]] = {}
    forms: tuple[tuple[Form, Any, str], ...] = (
        ("rows", indicators_rows, "Judged"),
        ("folds", indicators_folds, "Fold"),
        ("facts", indicators_facts, "Found"),
    )
    for form, module, returns in forms:
        for name, f in vars(module).items():
            mine = callable(f) and getattr(f, "__module__", "") == module.__name__ and not name.startswith("_")
            if mine and getattr(f, "__annotations__", {}).get("return") == returns and "ask" in f.__annotations__ and name != "rows":
                out[name] = (form, f)
    return out


@dataclass
class Running:
    """One indicator in the middle of a scan."""

    plan: Plan
    asked: Asked
    form: Form
    ask: Ask
    fold: Fold | None = None
    found: Found | None = None
    seconds: float = 0.0
    sample: float = field(init=False)

    def __post_init__(self) -> None:
        self.sample = self.asked.sample

    def wants(self, rejected: bool) -> bool:
        """True when this population's rows are to be sent."""
        return self.fold is not None and self.found is None and (not rejected or self.asked.population == "input")

    def attempt(self, work: Callable[[], Found | None]) -> None:
        """Do WORK on the clock; an error of the plan or the data makes the indicator not evaluated, with the error as reason."""
        start = time.perf_counter()
        try:
            self.found = work()
        except (ZhuoyuError, pa.ArrowException) as e:
            self.found = Found(None, reason=Words(en=f"it could not be computed: {e}", zh=f"无法计算：{e}"))
        self.seconds += time.perf_counter() - start

    def send(self, batch: pa.RecordBatch) -> None:
        """Give one batch to the fold."""
        fold, some = self.fold, _sampled(batch, self.sample)
        if fold is not None:
            self.attempt(lambda: fold.send(some))

    def close(self) -> None:
        """Ask the fold for its answer, unless it has failed before."""
        fold = self.fold
        if fold is not None and self.found is None:
            self.attempt(lambda: indicators_folds.finish(fold))


def assess(plan: Plan, data: Data) -> Assessment:
    """Compute every indicator of PLAN on DATA, and the verdict. Reads each population at most once, batch by batch.

    Raises:
        SpecError: the plan names a computation that does not exist.
    """
    start = time.perf_counter()
    running = [_start(plan, asked, data) for asked in plan.entries]
    seen = {"kept": _scan(running, data, rejected=False), "rejected": _scan(running, data, rejected=True)}
    for one in running:
        one.close()
    results = [_result(one, data, seen) for one in running]
    said = verdict(plan, results)
    return Assessment(
        plan=PlanRef.of(plan),
        verdict=said.verdict,
        dimensions=said.dimensions,
        indicators=results,
        views=said.views,
        rows={k: int(data.counts.get(k, 0)) for k in ("kept", "rejected")},
        seconds=time.perf_counter() - start,
    )


def _start(plan: Plan, asked: Asked, data: Data) -> Running:
    one = asked.indicator
    if one.compute not in functions():
        raise SpecError(f"{one.id}: there is no computation {one.compute!r}", fix=did_you_mean(one.compute, functions()), indicator=one.id)
    form, function = functions()[one.compute]
    facts = {**as_facts(data.facts), "counts": dict(data.counts), "columns": list(data.schema.names)}
    ask = Ask(one.id, {**asked.columns, **asked.content}, asked.params, facts)
    new = Running(plan, asked, form, ask)
    new.found = _impossible(plan, asked, data, facts)
    if new.found is None and form == "facts":
        new.attempt(lambda: function(ask))
    elif new.found is None:
        new.fold = indicators_folds.rows(function, ask) if form == "rows" else function(ask)
        new.attempt(partial(next, new.fold))
    return new


_LETTERS = {"text": "T", "image": "I", "audio": "A", "video": "V", "pointcloud": "P", "series": "S", "table": "B", "dialog": "C"}


def _impossible(plan: Plan, asked: Asked, data: Data, facts: Mapping[str, Any]) -> Found | None:
    """Why ASKED cannot be computed on DATA, or None."""
    one = asked.indicator
    if "*" not in one.modalities and _LETTERS.get(plan.modality, "M") not in one.modalities:
        why = Words(en=f"it is not for {plan.modality} data", zh=f"不适用于 {plan.modality} 数据")
        return Found(None, applicable=False, reason=why)
    if asked.population == "kept" and data.counts.get("kept") == 0:
        return Found(None, reason=Words(en="no row is kept", zh="没有保留的记录"))
    absent = [f for f in one.facts if facts.get(f) is None]
    if absent:
        return Found(None, reason=Words(en=f"not known: {', '.join(absent)}", zh=f"缺少事实：{'、'.join(absent)}"))
    known = {*data.schema.names, *REJECTION.names}
    lost = [n for n in asked.reads() if n not in known]
    if lost:
        return Found(
            None, reason=Words(en=f"there is no column {', '.join(lost)}", zh=f"没有列 {'、'.join(lost)}"), detail={"missing": lost}
        )
    return None


def _scan(running: Sequence[Running], data: Data, rejected: bool) -> int | None:
    """Send a population's batches to whoever wants them; the number of rows seen, None when nobody asked."""
    live = [one for one in running if one.wants(rejected)]
    if not live:
        return None
    reads = {n for one in live for n in one.asked.reads()} | {"_id"}
    names = [n for n in sorted(reads) if n in data.schema.names or (rejected and n in REJECTION.names)]
    types = {f.name: f.type for f in (*data.schema, *REJECTION)}
    whole = pa.schema([(n, types[n]) for n in sorted(reads)])
    rows = 0
    for batch in data.batches(names, rejected):
        rows += batch.num_rows
        full = _complete(batch, whole)
        for one in live:
            if one.found is None:
                one.send(full)
    return rows


def _complete(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    have = set(batch.schema.names)
    columns = [batch.column(f.name) if f.name in have else pa.nulls(batch.num_rows, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, names=schema.names)


def _sampled(batch: pa.RecordBatch, share: float) -> pa.RecordBatch:
    if share >= 1:
        return batch
    below = int(share * 2**64)
    ids = batch.column("_id").to_pylist()
    return batch.filter(pa.array([int.from_bytes(hashlib.blake2b(str(i).encode(), digest_size=8).digest(), "big") < below for i in ids]))


def _result(one: Running, data: Data, seen: Mapping[str, int | None]) -> Result:
    asked, found = one.asked, one.found or Found(None)
    kind, reason = asked.indicator, found.reason
    sampled = asked.sample < 1 and one.form != "facts"
    interval = wilson(found.ok, found.n_evaluated) if sampled and found.ok is not None and found.n_evaluated else None
    status, held = _status(one, found, interval), _held(one, found, data, seen)
    if held is not None and status in ("pass", "not_applicable"):
        status, reason = "not_evaluated", held
    judged_value = found.value if status in ("pass", "warn", "fail") else None
    return Result(
        id=kind.id,
        version=kind.version,
        en=kind.en,
        zh=kind.zh,
        dimension=kind.dimension,
        population=asked.population,
        status=status,
        value=judged_value,
        unit=kind.unit,
        direction=kind.direction,
        n_evaluated=found.n_evaluated,
        n_failed=found.n_failed,
        n_null=found.n_null,
        failed_row_ids=list(found.failed),
        gate=asked.gate,
        target=asked.target,
        floor=asked.floor,
        weight=asked.weight,
        method="facts" if one.form == "facts" else ("sample" if sampled else "census"),
        params={**asked.params, **({"sample": asked.sample} if sampled else {})},
        columns=list(asked.reads()),
        interval=interval,
        backend=f"pyarrow {pa.__version__}",
        detail=found.detail,
        sources=list(kind.sources),
        reason=reason or _stated(found),
        fix=_fix(found, kind.fix) if status in ("warn", "fail", "not_evaluated") else None,
        seconds=one.seconds,
    )


def _status(one: Running, found: Found, interval: Interval | None) -> Status:
    if not found.applicable:
        return "not_applicable"
    if found.value is None:
        return "not_evaluated"
    direction = one.asked.indicator.direction
    return status_of(judged(found.value, interval, one.plan.by, direction), one.asked.target, one.asked.floor, direction)


def _held(one: Running, found: Found, data: Data, seen: Mapping[str, int | None]) -> Words | None:
    """A gate speaks for every row: one that did not see them all, or could not judge them all, does not pass."""
    if not one.asked.gate or one.fold is None:
        return None
    if found.n_null:
        n = found.n_null
        return Words(en=f"a gate needs every row, and its measure is null in {n}", zh=f"门槛须逐条评估，有 {n} 条记录的度量为空")
    for part in ("kept", "rejected") if one.asked.population == "input" else ("kept",):
        rows, there = seen[part], data.counts.get(part)
        if rows is not None and there is not None and rows != there:
            return Words(en=f"a gate needs every row, and {rows} of {there} could be read", zh=f"门槛须逐条评估，只读到 {rows}/{there} 条")
    return None


def _stated(found: Found) -> Words | None:
    n = found.n_null
    return Words(en=f"{n} rows have no value and were not evaluated", zh=f"{n} 条记录无值，未参与评估") if n else None


def _fix(found: Found, usual: Words) -> Words:
    lost = found.detail.get("missing")
    if not isinstance(lost, list):
        return usual
    names = ", ".join(lost)
    return Words(
        en=f"add a measure that writes {names} to the recipe, or name another column in the plan",
        zh=f"在配方中加入写出 {names} 的度量，或在方案中改用其他列",
    )
