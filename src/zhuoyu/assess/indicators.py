"""What an indicator's computation is given and what it answers.

A computation is a small function, found by its name in one of three modules; which one says its form:

    indicators_rows.py    (batch, ask) -> Judged       a yes, no or unknown for each row; the counting is shared
    indicators_folds.py   (ask) -> generator           gets batch after batch of the one scan, then None, and returns Found
    indicators_facts.py   (ask) -> Found               reads stored facts only

There is no class per indicator: names, thresholds, columns and parameters are the catalogue's, the arithmetic is here.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from zhuoyu.errors import SpecError

Status = Literal["pass", "warn", "fail", "not_applicable", "not_evaluated"]
Population = Literal["kept", "input"]
Limit = float | tuple[float, float]

CAP = 20
"""So many failed row ids a result lists: the smallest, so that order and batching cannot change them."""


class Words(BaseModel):
    """The same sentence in English and Chinese."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


@dataclass(frozen=True)
class Ask:
    """What a computation may look at. ``columns``: role -> column names; ``facts``: what is stored about the version."""

    id: str
    columns: Mapping[str, tuple[str, ...]]
    params: Mapping[str, Any]
    facts: Mapping[str, Any]

    def one(self, role: str) -> str:
        """The one column of ROLE.

        Raises:
            SpecError: the catalogue or plan gives no column, or several.
        """
        names = self.columns.get(role, ())
        if len(names) != 1:
            raise SpecError(
                f"{self.id} needs one column as {role!r}, found {list(names)}", fix=f"set columns: {{{role}: NAME}} in the plan"
            )
        return names[0]


@dataclass(frozen=True)
class Judged:
    """A verdict on each row: true, false, or null (its measure is null). ``applies``: false where the rule does not reach.

    ``parts``: the verdict of each field, detector or rule, where it has several: what ``detail.failed_by`` counts.
    """

    ok: pa.BooleanArray
    applies: pa.BooleanArray | None = None
    parts: Mapping[str, pa.BooleanArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a computation found. ``value`` None: it could not run (``reason``), or nothing applies (``applicable`` False)."""

    value: float | None
    n_evaluated: int = 0
    n_failed: int = 0
    n_null: int = 0
    failed: tuple[str, ...] = ()
    ok: int | None = None
    """Successes among ``n_evaluated`` when the value is a share of rows: what an interval needs."""
    applicable: bool = True
    detail: dict[str, Any] = field(default_factory=dict)
    reason: Words | None = None


Fold = Generator[None, pa.RecordBatch | None, Found]


class Interval(BaseModel):
    """A confidence interval of a sampled share."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float
    level: float = 0.95
    method: str = "wilson"


class Result(BaseModel):
    """One indicator of one assessment. ``value`` is null unless it was evaluated: never a 1.0 for what could not run."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int
    en: str
    zh: str
    dimension: str
    population: Population
    status: Status
    value: float | None
    unit: str
    direction: str
    n_evaluated: int
    n_failed: int
    n_null: int
    """Rows whose measure is null: not in ``n_evaluated``."""
    failed_row_ids: list[str]
    gate: bool
    target: Limit
    floor: Limit
    weight: float
    method: Literal["census", "sample", "facts"]
    params: dict[str, Any]
    columns: list[str]
    interval: Interval | None
    backend: str
    detail: dict[str, Any]
    sources: list[str]
    reason: Words | None
    fix: Words | None
    seconds: float


def wilson(ok: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share (Wilson 1927), in 0..1.

    Raises:
        SpecError: there is nothing to estimate from, or OK is not in 0..N.

    >>> i = wilson(81, 263)
    >>> round(i.low, 4), round(i.high, 4)
    (0.2553, 0.3662)
    """
    if not 0 <= ok <= n or n == 0:
        raise SpecError(f"an interval needs 0 <= ok <= n and n > 0, found ok={ok}, n={n}", fix="evaluate at least one row")
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, zz = ok / n, z * z
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = z / (1 + zz / n) * (p * (1 - p) / n + zz / (4 * n * n)) ** 0.5
    return Interval(low=0.0 if ok == 0 else max(0.0, middle - half), high=1.0 if ok == n else min(1.0, middle + half), level=level)


def smallest_sample(target: float, level: float = 0.95) -> int | None:
    """The fewest rows, all of them right, whose Wilson lower bound reaches TARGET; None: no sample can (a target of 1).

    >>> smallest_sample(0.98)
    189
    """
    if target >= 1:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    n = max(1, int(target * z * z / (1 - target)))
    while wilson(n, n, level).low < target:
        n += 1
    return n
