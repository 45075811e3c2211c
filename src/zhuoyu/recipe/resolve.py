"""From a recipe to a plan: which measures its conditions need, where they are computed, and when they go stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from zhuoyu.errors import did_you_mean
from zhuoyu.recipe.model import DEFAULT_TABLE, AnyStep, JoinStep, KeepStep, OpStep, Recipe, RulesStep
from zhuoyu.recipe.names import Writers
from zhuoyu.recipe.plan import Catalogue, Plan
from zhuoyu.recipe.position import spec_error
from zhuoyu.recipe.rules import expand
from zhuoyu.recipe.table import TablePlan


def resolve(
    recipe: Recipe,
    tables: Mapping[str, pa.Schema],
    catalogue: Catalogue,
    extra_columns: Sequence[str] | Mapping[str, Sequence[str]] = (),
) -> Plan:
    """The plan of RECIPE over TABLES (by name: the user's columns; names that begin with ``_`` are ignored).

    EXTRA_COLUMNS are measures that must exist at the end, on the final content (of table ``rows``, or by table).

    Raises:
        SpecError: an unknown operator, parameter, column or table; a name that is ambiguous or already taken; values that
            do not go together. The message begins with file and line where the recipe has them.
    """
    return _Resolver(recipe, tables, catalogue).plan(extra_columns)


def tables_of(recipe: Recipe, sources: Mapping[str, pa.Schema]) -> dict[str, pa.Schema]:
    """Schemas of tables from those of sources (by source name): sources without ``into`` are concatenated.

    Raises:
        SpecError: two sources of a table disagree, in a column's type or (unless ``schema: extend``) in having it.
    """
    out: dict[str, pa.Schema] = {}
    for source in recipe.source:
        if source.name not in sources:
            continue
        table, schema = source.into or DEFAULT_TABLE, sources[source.name]
        if table not in out:
            out[table] = schema
            continue
        before = out[table]
        for f in schema:
            if f.name in before.names and before.field(f.name).type != f.type:
                said = f"column {f.name!r} is {f.type} in source {source.name!r} and {before.field(f.name).type} in those before it"
                raise spec_error(source.where, said, f"write `into: NAME` for a table of its own, or read both as {f.type}")
        missing = [n for n in before.names if n not in schema.names]
        new = [f for f in schema if f.name not in before.names]
        if (missing or new) and recipe.schema_ != "extend":
            said = "; ".join(
                f"{what} {', '.join(map(repr, names))}"
                for what, names in (("lacks", missing), ("alone has", [f.name for f in new]))
                if names
            )
            raise spec_error(
                source.where,
                f"source {source.name!r} {said}",
                "write `into: NAME` for a table of its own, or `schema: extend` to fill with null",
            )
        out[table] = pa.schema([*before, *new])
    return out


class _Resolver:
    def __init__(self, recipe: Recipe, tables: Mapping[str, pa.Schema], catalogue: Catalogue) -> None:
        self.recipe = recipe
        self.catalogue = catalogue
        self.writers = Writers(catalogue)
        self._next = 0
        self.tables = {name: TablePlan(name, schema, catalogue, self.writers, self._index) for name, schema in tables.items()}

    def _index(self) -> int:
        self._next += 1
        return self._next - 1

    def plan(self, extra: Sequence[str] | Mapping[str, Sequence[str]]) -> Plan:
        for number, step in enumerate(self.recipe.steps):
            for one in expand(step) if isinstance(step, RulesStep) else [step]:
                self._step(number, one)
        wanted = extra if isinstance(extra, Mapping) else {self._main(): extra}
        for table, names in wanted.items():
            for name in names:
                self._table(table, None).want(name)
        self._columns()
        return Plan({n: t.steps for n, t in self.tables.items()}, {n: t.schema(live=True) for n, t in self.tables.items()})

    def _main(self) -> str:
        return DEFAULT_TABLE if DEFAULT_TABLE in self.tables or not self.tables else next(iter(self.tables))

    def _table(self, name: str, step: AnyStep | None) -> TablePlan:
        if name not in self.tables:
            raise spec_error(step.where if step else None, f"there is no table {name!r} here", did_you_mean(name, self.tables))
        return self.tables[name]

    def _step(self, number: int, step: AnyStep) -> None:
        table = self._table(step.table, step)
        if isinstance(step, KeepStep):
            table.keep(number, step)
        elif isinstance(step, OpStep):
            child = table.operate(number, step)
            if child is not None:
                name, schema = child
                if name in self.tables:
                    raise spec_error(step.where, f"{step.op} would make the table {name!r}, which is there already", "add `into: NAME`")
                self.tables[name] = TablePlan(name, schema, self.catalogue, self.writers, self._index)
        elif isinstance(step, JoinStep):
            table.join(number, step, self._table(step.with_, step))

    def _columns(self) -> None:
        """Every column with a grade exists somewhere."""
        known = {n for t in self.tables.values() for n in t.schema(live=False).names}
        for name, spec in self.recipe.columns.items():
            if name not in known:
                raise spec_error(spec.where, f"columns: there is no column {name!r}", did_you_mean(name, known))


def check(recipe: Recipe, catalogue: Catalogue) -> None:
    """Refuse unknown operators and parameters before any source has been read.

    Raises:
        SpecError: which, with file and line.
    """
    from zhuoyu.recipe.table import operator

    for step in recipe.steps:
        if isinstance(step, OpStep):
            operator(step, catalogue)
        elif isinstance(step, RulesStep):
            expand(step)
