"""The plan of one table while it is being made: which columns exist now, which measures describe them, which went stale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.op import Bound, Expand, Op, Relate
from zhuoyu.recipe import document
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.load import OP_WORDS, plain_step
from zhuoyu.recipe.model import AnyStep, JoinStep, KeepStep, OpStep
from zhuoyu.recipe.names import Writer, Writers, fits, make_op, step_text
from zhuoyu.recipe.plan import Catalogue, PlannedStep
from zhuoyu.recipe.position import Position, spec_error
from zhuoyu.record import SYSTEM


class TablePlan:
    """Content columns, live and stale measures, and the steps so far."""

    def __init__(self, name: str, schema: pa.Schema, catalogue: Catalogue, writers: Writers, index: Callable[[], int]) -> None:
        self.name = name
        self.content: dict[str, pa.Field] = {f.name: f.remove_metadata() for f in schema if not f.name.startswith("_")}
        self.live: dict[str, PlannedStep] = {}
        self.ever: dict[str, PlannedStep] = {}
        self.steps: list[PlannedStep] = []
        self._catalogue, self._writers, self._index = catalogue, writers, index

    def schema(self, *, live: bool) -> pa.Schema:
        """User columns then measures: those that hold now, or all there ever were."""
        steps = {s.index: s for s in (self.live if live else self.ever).values()}
        return pa.schema([*self.content.values(), *(f for s in steps.values() if s.bound for f in s.bound.fields())])

    def _here(self) -> pa.Schema:
        return pa.schema([*SYSTEM, *self.schema(live=True)])

    def _types(self) -> dict[str, pa.DataType]:
        return {f.name: f.type for f in self.schema(live=True)}

    def want(self, name: str) -> None:
        """Make sure a measure that the assessment reads is there at the end."""
        head = name.partition("_")[0]
        there = {*self.content, *self.live, *SYSTEM.names}
        if name not in there and not any(name.startswith(f"{c}_") for c in self.content):
            texts = ", ".join(n for n, f in self.content.items() if pa.types.is_large_string(f.type))
            raise SpecError(
                f"the assessment reads column {head!r}, which table {self.name!r} has not",
                fix=f"say which column it is: --text COLUMN, or `on: {{{head}: COLUMN}}` in the plan; "
                + (f"columns of text: {texts}" if texts else "there is no column of text here"),
            )
        self._need(name, None, lazy=False, what="the assessment needs")

    def keep(self, number: int, step: KeepStep) -> None:
        """Plan a condition and, before it, the measures it reads."""
        self._conditions((step.condition, step.when), step)
        text = step_said(step)
        self._add(
            kind="keep",
            text=text,
            source_step=number,
            condition=step.condition,
            because=step.because,
            null_keeps=step.null == "keep",
            when=step.when,
            lazy=step.lazy,
        )

    def _conditions(self, conditions: Iterable[Condition | None], step: AnyStep) -> None:
        for c in conditions:
            if c is None:
                continue
            for name in c.columns:
                self._need(name, c.where or step.where, lazy=step.lazy)
            c.check(self._here())

    def _need(self, name: str, where: Position | None, *, lazy: bool, what: str = "") -> None:
        """Plan what writes a column, unless it is there."""
        top = name.split(".")[0]
        if top in self.content or top in self.live or top in SYSTEM.names:
            return
        before = self.ever.get(top)
        if before is not None and before.bound is not None:
            self._operate(before.bound, where, source_step=None, text=before.text, when=before.when, lazy=before.lazy)
            return
        known = {**self._types(), **{n: s.bound.op.writes[0].type for n, s in self.ever.items() if s.bound and n not in self.live}}
        found = self._writers.find(top, known)
        if not found:
            head = f"{what} {top!r}, which" if what else f"unknown column {top!r}:"
            said = f"{head} neither the sources nor an operator writes" if what else f"{head} no source has it and no operator writes it"
            raise spec_error(where, said, self._close(top))
        self._operate(self._only(top, found, where), where, source_step=None, text=found[0].said(), when=None, lazy=lazy)

    def _close(self, name: str) -> str:
        """The nearest name that could be meant, else the columns there are."""
        close = did_you_mean(name, [*self.content, *self.ever, *SYSTEM.names, *self._writers.possible(self._types())])
        return close if close.startswith("did") else did_you_mean(name, [*self.content, *self.ever])

    def _only(self, name: str, found: list[Writer], where: Position | None) -> Bound:
        if len(found) > 1:
            said = " and ".join(sorted(w.said() for w in found))
            raise spec_error(
                where, f"column {name!r} is ambiguous: {said} write it", f"write the step you mean before, such as `- {found[0].said()}`"
            )
        bound = found[0].bound()
        if bound is None:
            missing = [n for n, f in found[0].op.model_fields.items() if f.is_required()]
            said = f"column {name!r} is written by {found[0].op.name()}, which needs {', '.join(missing)}"
            raise spec_error(where, said, f"write `- {found[0].op.name()}: {{{missing[0]}: …, as: NAME}}` and use NAME's columns")
        return bound

    def operate(self, number: int, step: OpStep) -> tuple[str, pa.Schema] | None:
        """Plan an operator; an Expand gives the name and schema of the table it makes."""
        op = operator(step, self._catalogue)
        kind = op.kind()
        self._words(step, op)
        bound = Bound(op, step.on, step.as_ or "")
        if len(bound.inputs) != len(op.reads):
            said = ", ".join(i.name for i in op.reads)
            raise spec_error(
                step.where,
                f"{step.op} reads {said}, found {len(bound.inputs)} columns: {', '.join(bound.inputs)}",
                f"name {len(op.reads)} with `on:`",
            )
        self._conditions((step.when,), step)
        text = step_said(step)
        if kind in ("measure", "relate"):
            self._operate(bound, step.where, source_step=number, text=text, when=step.when, lazy=step.lazy)
            return None
        self._inputs(bound, step.where, lazy=step.lazy)
        if kind == "expand":
            into = step.into or step.op.rpartition(".")[2]
            self._add(kind="expand", text=text, source_step=number, bound=bound, when=step.when, lazy=step.lazy, into=into)
            return into, pa.schema([pa.field(c.suffix, c.type) for c in op.writes])
        self._transform(number, step, bound, text)
        return None

    def _words(self, step: OpStep, op: Op) -> None:
        """Step words that mean nothing for this kind of operator."""
        if step.as_ and op.kind() in ("transform", "expand"):
            raise spec_error(step.where, f"{step.op} writes no measure that `as: {step.as_}` could name", "leave out `as:`")
        if step.into and not isinstance(op, Expand):
            raise spec_error(step.where, f"{step.op} makes no table, so `into: {step.into}` means nothing", "leave out `into:`")
        if op.kind() in ("measure", "relate") and op.reads_content() and not op.is_default() and not step.as_:
            column = Bound(op, step.on).column_name(op.writes[0]) if op.writes else "its column"
            said = f"{step.op} has parameters other than the default, so it cannot write {column!r}"
            raise spec_error(
                step.where, said, "add `as: NAME`: its columns are then called NAME_" + (op.writes[0].suffix if op.writes else "…")
            )

    def _transform(self, number: int, step: OpStep, bound: Bound, text: str) -> None:
        name = bound.inputs[0]
        if name not in self.content:
            raise spec_error(
                step.where, f"{step.op} changes content, and {name!r} is a measure or a system column", f"known: {', '.join(self.content)}"
            )
        stale = self._stale(name)
        for column in stale:
            del self.live[column]
        self._add(kind="transform", text=text, source_step=number, bound=bound, when=step.when, lazy=step.lazy, drops=stale)

    def _stale(self, changed: str) -> tuple[str, ...]:
        """Measures that read a changed column, and measures of those."""
        gone = {changed}
        while True:
            more = {n for n, s in self.live.items() if n not in gone and (_sources(s) & gone)}
            if not more:
                return tuple(n for n in self.live if n in gone)
            gone |= more

    def _operate(
        self, bound: Bound, where: Position | None, *, source_step: int | None, text: str, when: Condition | None, lazy: bool
    ) -> None:
        """Plan a Measure or Relate, unless the same one already holds."""
        self._inputs(bound, where, lazy=lazy)
        if isinstance(bound.op, Relate):
            for name in dict.fromkeys((*bound.op.needs(), *filter(None, [bound.op.per]))):
                self._need(name, where, lazy=lazy)
        if when is not None:
            for name in when.columns:
                self._need(name, where, lazy=lazy)
        names = [f.name for f in bound.fields()]
        for name in names:
            self._free(name, bound, when, where)
        if all(n in self.live for n in names):
            return
        step = self._add(kind=bound.op.kind(), text=text, source_step=source_step, bound=bound, when=when, lazy=lazy)
        self.live |= dict.fromkeys(names, step)
        self.ever |= dict.fromkeys(names, step)

    def _free(self, name: str, bound: Bound, when: Condition | None, where: Position | None) -> None:
        said = step_text(type(bound.op), bound.inputs)
        if name in self.content:
            raise spec_error(
                where,
                f"{said} would write {name!r}, a column of the source",
                f"write `- {bound.op.name()}: {{as: NAME}}` and use NAME's columns",
            )
        other = self.ever.get(name)
        if other is None or other.bound is None:
            return
        if other.bound.digest() != bound.digest():
            raise spec_error(where, f"{said} would write {name!r}, which {other.text} writes already", "give one of them `as: NAME`")
        if other.when != when:
            raise spec_error(where, f"{said} is there twice with different `when:`", "give one of them `as: NAME`, or use one `when:`")

    def _inputs(self, bound: Bound, where: Position | None, *, lazy: bool) -> None:
        for name, wanted in zip(bound.inputs, bound.op.reads, strict=True):
            if name not in self._types():
                self._input(name, bound, where, lazy=lazy)
            found = self._here().field(name).type
            if not fits(wanted, found):
                columns = [n for n, t in self._types().items() if fits(wanted, t)]
                said = f"{bound.op.name()} reads {wanted.kind}, column {name!r} is {found}"
                raise spec_error(
                    where, said, f"use `on:` with one of: {', '.join(columns)}" if columns else f"there is no {wanted.kind} column"
                )

    def _input(self, name: str, bound: Bound, where: Position | None, *, lazy: bool) -> None:
        try:
            self._need(name, where, lazy=lazy)
        except SpecError as error:
            said = f"{bound.op.name()} reads {name!r}, which is not a column of table {self.name!r}"
            names = [*self.content, *self.ever]
            close = did_you_mean(name, names)
            raise spec_error(where, said, f"write `on: COLUMN`; {close}" if names else error.fix) from None

    def join(self, number: int, step: JoinStep, other: TablePlan) -> None:
        """Plan a join: the other table's columns become content here."""
        if other is self:
            raise spec_error(step.where, f"table {self.name!r} cannot be joined with itself", "give one source `into: NAME`")
        for name in step.on:
            for table in (self, other):
                if name not in table.content and name not in SYSTEM.names:
                    raise spec_error(
                        step.where, f"join on {name!r}: table {table.name!r} has no such column", did_you_mean(name, table.content)
                    )
        new = {n: f for n, f in other.content.items() if n not in step.on}
        both = sorted(set(new) & {*self.content, *self.ever})
        if both:
            raise spec_error(step.where, f"both tables of the join have {', '.join(both)}", "rename it in one of the sources")
        self._conditions((step.when,), step)
        self.content |= new
        self._add(kind="join", text=step_said(step), source_step=number, when=step.when, lazy=step.lazy, join=step)

    def _add(self, **said: Any) -> PlannedStep:
        step = PlannedStep(index=self._index(), table=self.name, **said)
        self.steps.append(step)
        return step


def _sources(step: PlannedStep) -> set[str]:
    assert step.bound is not None
    more = {*step.bound.op.needs(), step.bound.op.per} if isinstance(step.bound.op, Relate) else set()
    return {*step.bound.inputs, *more}


def operator(step: OpStep, catalogue: Catalogue) -> Op:
    """The operator a step names, with its parameters.

    Raises:
        SpecError: no such operator or parameter, or a value it does not take.
    """
    if step.op not in catalogue.names():
        raise spec_error(step.where, f"unknown operator {step.op!r}", did_you_mean(step.op, catalogue.names()))
    cls = catalogue.load(step.op)
    for key in step.params:
        if key not in cls.model_fields:
            raise spec_error(step.where, f"{step.op} has no parameter {key!r}", did_you_mean(key, [*cls.model_fields, *OP_WORDS]))
    try:
        return make_op(cls, step.params)
    except SpecError as error:
        raise spec_error(step.where, error.message, error.fix) from None


def step_said(step: AnyStep) -> str:
    """A step in one line, as it could stand after the dash of a recipe; ``when`` and the like are told apart."""
    said = plain_step(step.model_copy(update={"when": None, "lazy": False, "table": "rows"}))
    if isinstance(step, KeepStep):
        return f"keep: {step.condition.text}"
    if isinstance(said, str):
        return said
    head, value = next(iter(said.items()))
    return f"{head}: {document.flow(value)}"
