"""What a recipe comes to: every step in order with what it reads, writes and makes stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import pyarrow as pa

from zhuoyu.op import Bound, Op, Relate
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.model import JoinStep

_SHOWN = 4
StepKind = Literal["measure", "transform", "expand", "relate", "keep", "join"]


class Catalogue(Protocol):
    """Where operators are found; the module ``zhuoyu.ops`` is one."""

    def names(self) -> tuple[str, ...]:
        """Every operator's name."""
        ...

    def load(self, name: str) -> type[Op]:
        """The class of that name."""
        ...


@dataclass(frozen=True)
class PlannedStep:
    """One step of a plan. ``index`` is unique in the plan and rises in the order of work."""

    index: int
    kind: StepKind
    text: str
    """As a user would write it."""
    table: str
    source_step: int | None = None
    """Position in ``recipe.steps``; None: inserted because a condition or the assessment needs it."""
    bound: Bound | None = None
    condition: Condition | None = None
    because: str | None = None
    null_keeps: bool = False
    when: Condition | None = None
    lazy: bool = False
    drops: tuple[str, ...] = ()
    """Columns that no longer describe the content after this step."""
    into: str | None = None
    join: JoinStep | None = None

    def reads(self) -> frozenset[str]:
        """Top-level columns the step looks at."""
        names = {c.split(".")[0] for cond in (self.condition, self.when) if cond for c in cond.columns}
        if self.bound is not None:
            names |= set(self.bound.inputs)
            if isinstance(self.bound.op, Relate):
                names |= {*self.bound.op.needs(), self.bound.op.per} - {""}
        return frozenset(names)

    def writes(self) -> tuple[str, ...]:
        """Measure columns the step adds."""
        return tuple(f.name for f in self.bound.fields()) if self.bound and self.kind in ("measure", "relate") else ()


@dataclass(frozen=True)
class Stage:
    """Row steps that run as one function, then Relates whose signatures that function also makes."""

    steps: list[PlannedStep] = field(default_factory=list)
    relates: list[PlannedStep] = field(default_factory=list)

    @property
    def row_steps_before(self) -> list[PlannedStep]:
        """The row steps; another name for ``steps``."""
        return self.steps


@dataclass(frozen=True)
class Plan:
    """The steps of every table, in order, and the columns each ends with."""

    tables: Mapping[str, list[PlannedStep]]
    schemas: Mapping[str, pa.Schema]
    """By table: content columns (user's, without system columns), then measures."""

    def stages(self, table: str) -> list[Stage]:
        """The table's steps cut at its Relates. The last stage has none; it may be without steps."""
        out, now = [], Stage()
        for step in self.tables[table]:
            if step.kind != "relate":
                if now.relates:
                    out.append(now)
                    now = Stage()
                now.steps.append(step)
                continue
            made = {c for r in now.relates for c in r.writes()}
            if made & step.reads():
                out.append(now)
                now = Stage()
            now.relates.append(step)
        if now.relates:
            out.append(now)
            now = Stage()
        return [*out, now]

    def columns(self, table: str) -> pa.Schema:
        """The table's columns at the end: content, then measures (which carry ``op`` in their metadata)."""
        return self.schemas[table]

    def steps(self) -> list[PlannedStep]:
        """Every step of every table by index."""
        return sorted((s for steps in self.tables.values() for s in steps), key=lambda s: s.index)

    def explain(self) -> list[str]:
        """Lines for people: what runs, in which stage, and what each step adds or makes stale."""
        return [line for table in self.tables for line in self._explained(table)]

    def _explained(self, table: str) -> Iterator[str]:
        stages = self.stages(table)
        yield f"table {table}: {len(self.tables[table])} steps in {len(stages)} stage{'s' if len(stages) > 1 else ''}"
        for number, stage in enumerate(stages, 1):
            yield f"  stage {number}"
            for step in (*stage.steps, *stage.relates):
                yield f"    {step.index:>3}  {_line(step)}"
            if not stage.steps and not stage.relates:
                yield "         seal"
        yield f"  columns: {', '.join(self.schemas[table].names) or 'none'}"


def _few(names: tuple[str, ...]) -> str:
    """The first names and how many there are."""
    return ", ".join(names) if len(names) <= _SHOWN else f"{', '.join(names[:_SHOWN])} … {len(names)} in all"


def _line(step: PlannedStep) -> str:
    said = [step.text if step.kind != "relate" else f"{step.text} (needs all rows)"]
    if step.when is not None:
        said.append(f"when {step.when.text}")
    if step.lazy:
        said.append("lazy")
    if step.writes():
        said.append("-> " + _few(step.writes()))
    if step.into:
        said.append(f"-> table {step.into}")
    if step.drops:
        said.append("makes stale: " + _few(step.drops))
    if step.source_step is None:
        said.append("(added)")
    return "  ".join(said)
