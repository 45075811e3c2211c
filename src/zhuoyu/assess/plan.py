"""The assessment plan 评测方案: which indicators, with which parameters, thresholds, weights and gates.

A plan is a value with a digest; results are comparable only under equal digests. It comes from a preset's name, a YAML
file or a mapping (a recipe's ``assess:``):

    name: reviews
    preset: pretrain-text          # optional: start from it
    on: {text: review}             # optional: the content column that plays "text"
    by: estimate                   # or lower: a sampled indicator is judged by its interval's worse end
    sample: 0.1                    # optional: share of rows, chosen by _id; gates always read every row
    indicators:
      CM-11: {target: 0.95, floor: 0.8, weight: 2}
      LG-01: null                  # leave out one of the preset's
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from zhuoyu.assess.catalogue import Columns, Indicator, as_columns, load, ordered
from zhuoyu.assess.indicators import Limit, Population, Words, smallest_sample
from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.model import RulesStep
from zhuoyu.recipe.rules import expand


class Entry(BaseModel):
    """What a plan says about one indicator; what it leaves unsaid is the catalogue's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Limit | None = None
    floor: Limit | None = None
    weight: float = Field(1.0, gt=0)
    gate: bool | None = None
    population: Population | None = None
    params: dict[str, Any] = {}
    columns: Columns = {}
    content: Columns = {}
    sample: float | None = Field(None, gt=0, le=1, description="Share of rows; overrides the plan's.")

    _as_columns = field_validator("columns", "content", mode="before")(as_columns)


class Asked(BaseModel):
    """One indicator as a plan asks for it: the catalogue's entry with the plan's word on top."""

    model_config = ConfigDict(frozen=True)

    indicator: Indicator
    target: Limit
    floor: Limit
    weight: float
    gate: bool
    population: Population
    params: dict[str, Any]
    columns: Columns
    content: Columns
    sample: float

    def reads(self) -> tuple[str, ...]:
        """Every column it reads, measure, system or content."""
        return tuple(dict.fromkeys(n for group in (self.columns, self.content) for names in group.values() for n in names))


class Plan(BaseModel):
    """Indicators with thresholds, weights and gates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    label: Words | None = Field(None, description="Stands before the verdict, as 'first look: data only'.")
    modality: str = "text"
    on: dict[str, str] = Field({}, description="Input name -> content column that plays it, or the label its measures carry.")
    by: Literal["estimate", "lower"] = "estimate"
    sample: float = Field(1.0, gt=0, le=1)
    coverage: float = Field(0.8, ge=0, le=1, description="Without so large a share of the indicators evaluated there is no verdict.")
    pass_score: float = Field(60.0, ge=0, le=100, description="A version below it does not pass, whatever its gates say.")
    dimensions: dict[str, float] = Field({}, description="Weights of dimensions; 1 where unsaid.")
    indicators: dict[str, Entry] = Field(min_length=1)

    @classmethod
    def load(cls, given: str | Path | Mapping[str, Any] | Plan) -> Plan:
        """The plan that GIVEN names (a preset, a YAML file) or says (a mapping).

        Raises:
            SpecError: there is no such preset or file, or the plan says something it cannot.

        >>> Plan.load("first-look").label.en
        'First look: data only'
        """
        if isinstance(given, Plan):
            return given
        said = dict(given) if isinstance(given, Mapping) else _read(given)
        said = _whole(said)
        try:
            plan = cls.model_validate(said)
        except ValidationError as e:
            where = "; ".join(f"{'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors())
            raise SpecError(f"the assessment plan {said.get('name', '')!r} is wrong: {where}", fix="correct the plan") from e
        plan.entries  # noqa: B018  # an unknown indicator or a crossed threshold is found here, not in the middle of a scan
        return plan

    @cached_property
    def entries(self) -> tuple[Asked, ...]:
        """The indicators as asked for, in the catalogue's order of ids.

        Raises:
            SpecError: an indicator is unknown or its thresholds are crossed.
        """
        return tuple(self._asked(id, self.indicators[id]) for id in sorted(self.indicators))

    def columns(self) -> tuple[str, ...]:
        """The measure columns a build must end with, sorted.

        >>> "text_pii_count" in Plan.load("pretrain-text").columns()
        True
        """
        return tuple(sorted({n for e in self.entries for names in e.columns.values() for n in names if not n.startswith("_")}))

    def digest(self) -> str:
        """Names the plan with all that it takes from the catalogue: equal digests ask the same questions."""
        said = {**self.model_dump(mode="json", exclude={"indicators"}), "entries": [e.model_dump(mode="json") for e in self.entries]}
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]

    def samples_needed(self) -> dict[str, int | None]:
        """With ``by: lower``: how many rows, all right, a sampled indicator needs to pass; None: no sample can."""
        if self.by != "lower":
            return {}
        sampled = (e for e in self.entries if e.sample < 1 and e.indicator.direction == "high")
        return {e.indicator.id: smallest_sample(e.target) for e in sampled if isinstance(e.target, float)}

    def _asked(self, id: str, entry: Entry) -> Asked:
        one = load().get(id)
        gate = one.gate if entry.gate is None else entry.gate
        target = one.target if entry.target is None else entry.target
        floor = one.floor if entry.floor is None else entry.floor
        if gate:
            if entry.floor is not None and entry.floor != target:
                raise SpecError(
                    f"{id}: a gate has one threshold, found floor {floor} and target {target}", fix="say target only", indicator=id
                )
            floor = target
        elif entry.target is not None and entry.floor is None and not ordered(one.direction, floor, target):
            floor = target
        if not ordered(one.direction, floor, target):
            raise SpecError(f"{id}: floor {floor} is not laxer than target {target}", fix=f"direction is {one.direction!r}", indicator=id)
        params = self._with_rules({**one.params, **entry.params})
        columns = self._named({**one.columns, **entry.columns})
        ruled = tuple((params.get("rules") or {}).get("columns", {}).values())
        return Asked(
            indicator=one,
            target=target,
            floor=floor,
            weight=entry.weight,
            gate=gate,
            population=entry.population or one.population,
            params=params,
            columns={**columns, "rules": ruled} if ruled else columns,
            content=self._named({**one.content, **entry.content}),
            sample=1.0 if gate else (entry.sample or self.sample),
        )

    def _with_rules(self, params: dict[str, Any]) -> dict[str, Any]:
        """PARAMS whose rule set (or the recipe's of that name) says, as ``columns``, which column of this plan each name means."""
        rules = params.get("rules")
        if not rules:
            return params
        if isinstance(rules, str):
            steps = expand(RulesStep(rules=rules))
            rules = {"name": rules, "all": [{"keep": s.condition.text, "when": s.when.text if s.when else None} for s in steps]}
        try:
            said = [text for r in (rules, *rules["all"]) for text in (r.get("keep"), r.get("when")) if text]
            whole = all(r["keep"] for r in rules["all"]) and bool(rules["all"])
        except (KeyError, TypeError, AttributeError):
            whole, said = False, []
        if not whole:
            raise SpecError(
                f"plan {self.name!r}: a rule set needs conditions", fix="write rules: {name: N, all: [{keep: text_words >= 50}]}"
            )
        names = sorted({c.split(".")[0] for text in said for c in Condition.parse(text).columns})
        return {**params, "rules": {**rules, "columns": {n: self.rename(n) for n in names}}}

    def _named(self, columns: Columns) -> dict[str, tuple[str, ...]]:
        return {role: tuple(self.rename(n) for n in names) for role, names in columns.items()}

    def rename(self, column: str) -> str:
        """COLUMN with its input's name replaced as ``on`` says.

        >>> Plan(name="x", on={"text": "review"}, indicators={"CM-11": Entry()}).rename("text_words")
        'review_words'
        """
        head, mark, rest = column.partition("_")
        return f"{self.on[head]}{mark}{rest}" if head in self.on else column


def presets() -> tuple[str, ...]:
    """The names of the plans that ship with zhuoyu.

    >>> presets()
    ('first-look', 'pretrain-text')
    """
    return tuple(sorted(f.name.removesuffix(".yaml") for f in (files("zhuoyu.assess") / "plans").iterdir() if f.name.endswith(".yaml")))


def _read(given: str | Path) -> dict[str, Any]:
    if isinstance(given, str) and given in presets():
        text = (files("zhuoyu.assess") / "plans" / f"{given}.yaml").read_text("utf-8")
    elif Path(given).suffix in {".yaml", ".yml"}:
        try:
            text = Path(given).read_text("utf-8")
        except OSError as e:
            raise SpecError(f"the plan file {str(given)!r} cannot be read: {e.strerror}", fix="check the path", plan=str(given)) from e
    else:
        raise SpecError(f"there is no plan {str(given)!r}", fix=f"{did_you_mean(str(given), presets())}, or a .yaml file", plan=str(given))
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise SpecError(f"the plan {str(given)!r} is not YAML: {e}", fix="correct the file", plan=str(given)) from e
    if not isinstance(said, dict):
        raise SpecError(f"the plan {str(given)!r} is not a mapping", fix="write name: and indicators:", plan=str(given))
    return said


def _whole(said: dict[str, Any], above: tuple[str, ...] = ()) -> dict[str, Any]:
    """SAID over the preset or plan file it starts from, which may start from another."""
    base = str(said.pop("preset", None) or "")
    if not base:
        return said
    if base in above:
        raise SpecError(f"the plan {base!r} starts from itself", fix="let its preset: be another")
    under = _whole(_read(base), (*above, base))
    return _over(under, {"name": under.get("name", base), **said})


def _over(base: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    given = said.get("indicators") or {}
    unknown = [k for k, v in given.items() if v is None and k not in base["indicators"]]
    if unknown:
        raise SpecError(
            f"the preset does not have {unknown[0]}, so it cannot be left out", fix=did_you_mean(unknown[0], base["indicators"])
        )
    merged = {k: {**(base["indicators"].get(k) or {}), **(v or {})} for k, v in {**base["indicators"], **given}.items()}
    return {**base, **said, "indicators": {k: v for k, v in merged.items() if given.get(k, True) is not None}}


def same_questions(a: Plan, b: Plan) -> bool:
    """True when results under A and B may be compared."""
    return a.digest() == b.digest()
