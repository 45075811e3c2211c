"""What a recipe file says, as values. ``load`` makes them from YAML, ``builder`` from Python; both make the same."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.position import Position

MODALITIES = ("text", "image", "audio", "video", "volume", "pointcloud", "mesh", "raster", "series", "table", "dialog", "graph")
Modality = Literal["text", "image", "audio", "video", "volume", "pointcloud", "mesh", "raster", "series", "table", "dialog", "graph"]
NAME = r"^[^\W\d_]\w*$"
"""A table or column name: letters, digits and _; it does not begin with _ or a digit."""
DATASET = r"^[^\W_][\w.-]*$"
DEFAULT_TABLE = "rows"


class _ConditionType:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.is_instance_schema(Condition)


def _condition(value: Any) -> Any:
    return Condition.parse(value) if isinstance(value, str) else value


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Said = Annotated[
    Condition,
    _ConditionType,
    BeforeValidator(_condition),
    PlainSerializer(lambda c: c.text, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A condition: a text is parsed."""
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One name or several."""


class Part(BaseModel):
    """A part of a recipe. Parts are equal when they say the same, wherever they were written."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    where: Position | None = Field(None, exclude=True, repr=False)

    def said(self) -> dict[str, Any]:
        """What was said beyond the defaults, as JSON values under the keys of the file."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Part) and self.said() == other.said()

    def __hash__(self) -> int:
        return hash(json.dumps(self.said(), sort_keys=True))


class Basis(Part):
    """Why the data may be used (法律依据)."""

    kind: Literal["licence", "consent", "contract", "public-data", "own"]
    evidence: str = Field("", description="Where the basis is written down.")


class SourceSpec(Part):
    """Where rows come from."""

    read: str | Annotated[tuple[str, ...], BeforeValidator(_several)] = Field(description="Files, folders, globs or URIs.")
    name: str = Field("", description="Names the source in ids and reports; default: from `read`.")
    license: str | None = Field(None, description="An SPDX expression for all of it, or from_metadata.")
    basis: Basis | None = Field(None, description="Why the data may be used.")
    key: Names = Field((), description="Columns that name a row in the source; they give its _id.")
    origin: str = Field("collected", description="How the data came to be.")
    land: Literal["auto", "copy", "reference"] = Field("auto", description="Copy what is read, or keep its address and digest.")
    read_as: Literal["auto", "file", "bytes", "lines", "jsonl", "csv", "parquet"] = Field("auto", alias="as", description="What a row is.")
    include: Names = Field((), description="Only files that match one of these globs.")
    exclude: Names = Field((), description="No files that match one of these globs.")
    missing: Literal["error", "skip"] = Field("error", description="What to do when there is nothing to read.")
    into: str | None = Field(None, pattern=NAME, description="The table its rows go to; default: rows.")
    text: str | None = Field(None, pattern=NAME, description="The column that holds a file's or a line's text; default: text.")

    @field_validator("read")
    @classmethod
    def _something(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not value or not all(value):
            raise ValueError("expected a path, a glob or a URI, found nothing")
        return value


class ColumnSpec(Part):
    """What is known of a column's protection."""

    grade: str | None = Field(None, description="A grade of the scheme, such as general-2.")
    personal: Literal["none", "personal", "sensitive"] = "none"
    category: str | None = None


class ReleaseSpec(Part):
    """How a version is released."""

    gate: str = "default"
    channel: str = "workspace"
    formats: Annotated[tuple[Literal["parquet", "jsonl", "csv", "canonical", "croissant", "card"], ...], BeforeValidator(_several)] = (
        "parquet",
    )


class Step(Part):
    """What every step may say."""

    when: Said | None = Field(None, description="The step is for rows where this is true; the others pass untouched.")
    lazy: bool = Field(False, description="Rows rejected so far do not reach this step: for expensive ones.")
    table: str = Field(DEFAULT_TABLE, pattern=NAME, description="The table the step works on.")


class OpStep(Step):
    """An operator on columns."""

    op: str
    params: dict[str, Any] = Field(default_factory=dict)
    on: Names = Field((), description="The columns it reads; default: the operator's own names.")
    as_: str | None = Field(None, alias="as", pattern=NAME, description="Takes the place of the input's name in the written columns.")
    into: str | None = Field(None, pattern=NAME, description="The table an Expand makes.")


class KeepStep(Step):
    """The one door out: rows where the condition is false or unknown are rejected."""

    condition: Said
    because: str | None = Field(None, description="The reason of rejected rows; default: the condition.")
    null: Literal["reject", "keep"] = Field("reject", description="What happens to rows where the condition is unknown.")


class RulesStep(Step):
    """A named set of keep steps."""

    rules: str


class JoinStep(Step):
    """Columns of another table for the rows that match."""

    with_: str = Field(alias="with")
    on: Names
    how: Literal["inner", "left"] = "inner"
    tolerance: str | None = Field(None, description="A duration: the nearest in time within it.")


AnyStep = OpStep | KeepStep | RulesStep | JoinStep


class Recipe(Part):
    """A dataset as code."""

    dataset: str = Field(pattern=DATASET, description="The dataset's name.")
    modality: Annotated[tuple[Modality, ...], BeforeValidator(_several)] = Field(("text",), description="What the data is (模态).")
    stage: Literal["pretrain", "finetune", "reinforce", "eval"] | None = Field(None, description="What it is for (流程阶段).")
    knowledge: Literal["general", "industry", "specialised"] | None = Field(None, description="通识 行业通识 行业专识")
    industry: str | None = None
    requirement: str | None = Field(None, description="The requirement it answers.")
    source: tuple[SourceSpec, ...] = Field(min_length=1, description="Where rows come from.")
    columns: dict[str, ColumnSpec] = Field(default_factory=dict, description="Grades and personal data by column.")
    steps: tuple[AnyStep, ...] = Field((), description="What is done to the rows, in order.")
    assess: str | dict[str, Any] | None = Field(None, description="The assessment plan, by name or inline.")
    release: dict[str, Any] | None = Field(None, description="How a version is released.")
    schema_: Literal["frozen", "extend"] = Field("frozen", alias="schema", description="Whether new columns may come later.")
    seed: int = Field(0, description="What random choices start from.")
    max_error_rate: float | None = Field(None, ge=0, le=1, description="Share of rows an operator may fail on; default: the workspace's.")

    @field_validator("release")
    @classmethod
    def _released(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if value is None else ReleaseSpec.model_validate(value).model_dump(mode="json", exclude={"where"})

    @model_validator(mode="after")
    def _named(self) -> Recipe:
        object.__setattr__(self, "source", tuple(named(self.source)))
        return self

    def digest(self) -> str:
        """SHA-256 over what the recipe says; layout, comments and defaults written out do not change it."""
        from zhuoyu.recipe.load import plain

        return hashlib.sha256(json.dumps(plain(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def named(sources: tuple[SourceSpec, ...]) -> list[SourceSpec]:
    """Sources with the name each has: the last plain part of what it reads, numbered where two would be called alike.

    >>> [s.name for s in named((SourceSpec(read="corpus/*.parquet"), SourceSpec(read="corpus/**/*.md")))]
    ['corpus', 'corpus-2']
    """
    taken = {s.name for s in sources if s.name}
    out = []
    for s in sources:
        name = s.name or _default_name(s.read if isinstance(s.read, str) else s.read[0])
        if not s.name:
            numbered = (name if i == 1 else f"{name}-{i}" for i in range(1, len(sources) + len(taken) + 2))
            name = next(n for n in numbered if n not in taken)
            taken.add(name)
        out.append(s if s.name else s.model_copy(update={"name": name}))
    return out


def _default_name(read: str) -> str:
    parts = [p for p in read.replace("\\", "/").split("://", 1)[-1].split("/") if p and not set(p) & set("*?[{") and p not in (".", "..")]
    stem = parts[-1] if parts else "source"
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in stem).strip("._-")
    return plain or "source"
