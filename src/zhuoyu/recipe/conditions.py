"""Conditions: one text, one outcome (true, false, unknown) for a row, whichever backend looks at it.

``/`` is a float division; ``x / 0`` and ``x % 0`` are null; ``%`` has the sign of its left side; arithmetic is done in 64-bit
floats; NaN counts as null everywhere; texts are compared by code point; ``least`` and ``greatest`` skip nulls; ``round`` takes
halves away from zero; times are compared in microseconds, one
without a zone is UTC; ``lower``, ``upper`` and ``ilike`` map letters one to one. There alone backends differ,
measured over all code points: DuckDB in 55 of the newest letters, Lance in lower(İ), a final Σ, and upper of 102 letters such as ß, ﬁ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import SpecError
from zhuoyu.recipe import grammar, sql
from zhuoyu.recipe.arrow import compile_condition
from zhuoyu.recipe.kinds import guess, kind, kinds_of
from zhuoyu.recipe.position import Fault, Position, caret, spec_error

_SHOWN = 60


@dataclass(frozen=True)
class Condition:
    """A parsed condition; equal when its text is equal.

    >>> c = Condition.parse("text_words >= 50 and text_language in ('en', 'zh')")
    >>> c.columns
    ('text_words', 'text_language')
    >>> c.evaluate(pa.record_batch({"text_words": [60, 7, None], "text_language": ["en", "en", "fr"]})).to_pylist()
    [True, False, False]
    """

    text: str
    node: grammar.Node = field(compare=False, repr=False)
    where: Position | None = field(default=None, compare=False, repr=False)
    _compiled: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, where: Position | None = None) -> Condition:
        """Read a condition.

        Raises:
            SpecError: it is not one; the message holds the text and a caret below the mistake.
        """
        text = text.strip()
        try:
            return cls(text, grammar.parse(text), where)
        except Fault as fault:
            raise _error(text, where, fault) from None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_compiled": {}}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, in order of appearance; fields of structs with their dots."""
        return grammar.columns(self.node)

    def check(self, schema: pa.Schema) -> None:
        """Refuse columns that SCHEMA has not, and comparisons of values that do not go together.

        Raises:
            SpecError: which, with a caret.
        """
        self._kinds(schema)

    def evaluate(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """One outcome a row: true, false, or null where it cannot be known.

        Raises:
            SpecError: as ``check``.
        """
        types = tuple(
            batch.schema.field(i).type if i >= 0 else None for i in (batch.schema.get_field_index(c.split(".")[0]) for c in self.columns)
        )
        run: Callable[[pa.RecordBatch], pa.BooleanArray] | None = self._compiled.get(types)
        if run is None:
            kinds = self._kinds(batch.schema)
            try:
                run = self._compiled[types] = compile_condition(self.node, kinds)
            except Fault as fault:
                raise _error(self.text, self.where, fault) from None
        return run(batch)

    def to_duckdb(self, schema: pa.Schema | None = None) -> str:
        """A SQL expression for DuckDB. Without SCHEMA the kinds of columns are guessed from what they are compared with."""
        return self._write(schema, sql.DUCKDB)

    def to_lance(self, schema: pa.Schema | None = None) -> str:
        """A filter for a Lance scan. Without SCHEMA as ``to_duckdb``; narrow integers and times need it."""
        return self._write(schema, sql.LANCE)

    def parts(self) -> list[Condition]:
        """What AND joins, so that a rejected row can name what failed.

        >>> [p.columns for p in Condition.parse("a > 1 and (b > 2 or c)").parts()]
        [('a',), ('b', 'c')]
        """
        key = "parts"
        if key not in self._compiled:
            nodes = grammar.conjuncts(self.node)
            self._compiled[key] = [self] if len(nodes) == 1 else [Condition(self.text, n, self.where) for n in nodes]
        return list(self._compiled[key])

    def found(self, batch: pa.RecordBatch, row: int) -> str:
        """The values that failed in one row: ``text_words = 7``."""
        return self.founds(batch, [row])[0]

    def founds(self, batch: pa.RecordBatch, rows: Sequence[int]) -> list[str]:
        """As ``found`` for many rows at once; one gather and one evaluation for all of them."""
        if not len(rows):
            return []
        tops = list(dict.fromkeys(c.split(".")[0] for c in self.columns))
        few = batch.select(tops).take(pa.array(rows, pa.int64()))
        parts = self.parts()
        failed = [pc.fill_null(pc.invert(p.evaluate(few)), False).to_pylist() for p in parts] if len(parts) > 1 else [[True] * len(rows)]
        values = {c: self._values(few, c) for c in self.columns}
        out = []
        for i in range(len(rows)):
            names = dict.fromkeys(c for p, bad in zip(parts, failed, strict=True) if bad[i] for c in p.columns)
            out.append(", ".join(f"{c} = {_shown(values[c][i])}" for c in names or self.columns))
        return out

    def unknown(self, batch: pa.RecordBatch, row: int) -> str:
        """Why the outcome of a row is null: the first column that is null (or NaN) there, else the condition."""
        return self.unknowns(batch, [row])[0]

    def unknowns(self, batch: pa.RecordBatch, rows: Sequence[int]) -> list[str]:
        """As ``unknown`` for many rows at once."""
        if not len(rows):
            return []
        few = (
            batch.select(list(dict.fromkeys(c.split(".")[0] for c in self.columns))).take(pa.array(rows, pa.int64()))
            if self.columns
            else batch
        )
        empty = {c: self._empty(few, c) for c in self.columns}
        return [next((c for c in self.columns if empty[c][i]), self.text) for i in range(len(rows))]

    def _empty(self, batch: pa.RecordBatch, name: str) -> list[bool]:
        top, *rest = name.split(".")
        array = pc.struct_field(batch.column(top), rest) if rest else batch.column(top)
        empty: list[bool] = pc.is_null(array, nan_is_null=pa.types.is_floating(array.type)).to_pylist()
        return empty

    def _values(self, batch: pa.RecordBatch, name: str) -> list[Any]:
        top, *rest = name.split(".")
        array = batch.column(top)
        values: list[Any] = (pc.struct_field(array, rest) if rest else array).to_pylist()
        return values

    def _kinds(self, schema: pa.Schema) -> dict[str, str]:
        try:
            kinds = kinds_of(self.node, schema)
            if kind(self.node, kinds) != "bool":
                raise Fault(self.node.at, "a condition is true or false, this is a value", "compare it with something, such as >= 50")
        except Fault as fault:
            raise _error(self.text, self.where, fault) from None
        return kinds

    def _write(self, schema: pa.Schema | None, to: sql.Dialect) -> str:
        try:
            kinds = guess(self.node) if schema is None else self._kinds(schema)
            return sql.write(self.node, kinds, to)
        except Fault as fault:
            raise _error(self.text, self.where, fault) from None


def _error(text: str, where: Position | None, fault: Fault) -> SpecError:
    error = spec_error(where, fault.message, fault.fix + caret(text, fault.at))
    error.facts["at"] = fault.at
    return error


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)[:_SHOWN]
