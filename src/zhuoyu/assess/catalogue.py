"""The catalogue: which indicators there are. It is data, one YAML file per dimension in ``catalogue/``; this reads it.

An entry says everything about an indicator but its arithmetic: names, definition, direction, thresholds, the standards'
codes it is *mapped to* (never: conforms to), what it reads, and the name of the function that computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from zhuoyu.assess.indicators import Limit, Population, Words
from zhuoyu.errors import SpecError, did_you_mean

Direction = Literal["high", "low", "range"]
Columns = Mapping[str, tuple[str, ...]]


def as_columns(given: Any) -> Any:
    """``{role: name}`` or ``{role: [names]}`` as ``{role: (names)}``."""
    return {k: (v,) if isinstance(v, str) else v for k, v in given.items()} if isinstance(given, Mapping) else given


def ordered(direction: Direction, floor: Limit, target: Limit) -> bool:
    """True when FLOOR is the laxer of the two and both have the shape that DIRECTION asks for."""
    if direction == "range":
        return isinstance(floor, tuple) and isinstance(target, tuple) and floor[0] <= target[0] <= target[1] <= floor[1]
    if isinstance(floor, tuple) or isinstance(target, tuple):
        return False
    return floor <= target if direction == "high" else floor >= target


class Indicator(BaseModel):
    """One number about a version: its meaning, its thresholds and the name of its computation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]{2}-\d{2}$")
    version: int = Field(1, ge=1, description="Raise it when the same data gives another value.")
    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    dimension: str
    modalities: tuple[str, ...] = Field(min_length=1, description="T I A V P S B M C, or * for any.")
    definition: Words
    direction: Direction = "high"
    unit: str = "share"
    range: tuple[float, float | None] = (0.0, 1.0)
    population: Population = "kept"
    target: Limit
    floor: Limit
    gate: bool = False
    sources: tuple[str, ...] = Field(min_length=1, description="Codes of standards it is mapped to; P: our own.")
    compute: str
    params: dict[str, Any] = {}
    columns: Columns = Field({}, description="Role -> measure or system columns (system ones start with _).")
    content: Columns = Field({}, description="Role -> content columns.")
    facts: tuple[str, ...] = Field((), description="Facts without which it is not evaluated.")
    fix: Words

    _as_columns = field_validator("columns", "content", mode="before")(as_columns)

    @model_validator(mode="after")
    def _thresholds(self) -> Indicator:
        if not ordered(self.direction, self.floor, self.target):
            raise ValueError(f"floor {self.floor} is not laxer than target {self.target} for direction {self.direction!r}")
        if self.gate and self.floor != self.target:
            raise ValueError("a gate has one threshold: floor and target must be equal")
        return self


class Dimension(BaseModel):
    """One of the guide's dimensions."""

    model_config = ConfigDict(frozen=True)

    id: str
    en: str
    zh: str


class Catalogue(BaseModel):
    """All dimensions and indicators."""

    model_config = ConfigDict(frozen=True)

    dimensions: tuple[Dimension, ...]
    indicators: Mapping[str, Indicator]

    def get(self, id: str) -> Indicator:
        """The indicator called ID.

        Raises:
            SpecError: there is none.
        """
        if id not in self.indicators:
            raise SpecError(f"there is no indicator {id!r}", fix=did_you_mean(id, self.indicators), indicator=id)
        return self.indicators[id]


_ORDER = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
"""The guide's order of its six; further ones follow by name, the dynamic one last."""


def _place(dimension: str) -> tuple[int, int, str]:
    return (dimension == "dynamic", _ORDER.index(dimension) if dimension in _ORDER else len(_ORDER), dimension)


@cache
def load() -> Catalogue:
    """The catalogue that ships with zhuoyu.

    Raises:
        SpecError: a file is not what the schema says, or an id occurs twice.

    >>> load().get("LG-02").gate
    True
    """
    folder = files("zhuoyu.assess") / "catalogue"
    said = {f.name: f.read_text("utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".yaml")}
    return parse(said)


def parse(texts: Mapping[str, str]) -> Catalogue:
    """The catalogue that YAML files (name -> text) say; another framework loads by another set of files.

    Raises:
        SpecError: as ``load``.
    """
    dimensions: dict[str, Dimension] = {}
    found: dict[str, Indicator] = {}
    for name, text in texts.items():
        whole = yaml.safe_load(text)
        dimension = Dimension(id=whole["dimension"], en=whole["en"], zh=whole["zh"])
        dimensions[dimension.id] = dimension
        for entry in whole["indicators"]:
            try:
                one = Indicator(**entry, dimension=dimension.id)
            except (ValidationError, TypeError) as e:
                raise SpecError(f"catalogue/{name}: {entry.get('id')}: {e}", fix="correct the entry", file=name) from e
            if one.id in found:
                raise SpecError(f"catalogue/{name}: {one.id} is there twice", fix="give each indicator its own id", file=name)
            found[one.id] = one
    return Catalogue(dimensions=tuple(sorted(dimensions.values(), key=lambda d: _place(d.id))), indicators=found)
