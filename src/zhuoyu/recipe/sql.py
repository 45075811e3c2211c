"""Conditions written as SQL for DuckDB and for Lance, with the same outcome in every row as ``arrow``.

Only what the grammar knows is written, with every name quoted, so that no text of a recipe reaches a database as SQL.
Floats pass through NULLIF (NaN is null) and ``+ 0`` (Lance orders -0 before 0); integers are widened where they meet floats.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from zhuoyu.recipe.arrow import moment
from zhuoyu.recipe.grammar import ARITHMETIC, COMPARISONS, Call, Column, Literal, Node
from zhuoyu.recipe.kinds import Kinds, kind
from zhuoyu.recipe.like import to_like
from zhuoyu.recipe.regex import to_rust

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAN = "CAST('nan' AS DOUBLE)"


@dataclass(frozen=True)
class Dialect:
    """What differs between the backends."""

    quote: str
    length: str
    regex: str
    escape: str
    rust: bool


DUCKDB = Dialect('"', "length", "regexp_matches", " ESCAPE '\\'", rust=False)
LANCE = Dialect("`", "character_length", "regexp_like", "", rust=True)


def write(node: Node, kinds: Kinds, to: Dialect) -> str:
    """The SQL of a condition."""
    return _Writer(kinds, to).write(node, "bool")


def text(value: str) -> str:
    """A SQL text literal.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def _clean(said: str) -> str:
    """NaN (of both signs) to null, -0 to 0."""
    return f"NULLIF(NULLIF({said} + 0e0, {_NAN}), -{_NAN})"


class _Writer:
    def __init__(self, kinds: Kinds, to: Dialect) -> None:
        self.kinds, self.to = kinds, to

    def write(self, node: Node, want: str) -> str:
        if isinstance(node, Literal):
            return self._literal(node, want)
        if isinstance(node, Column):
            return self._column(node, want)
        said = self._call(node)
        return f"CAST({said} AS DOUBLE)" if want == "float" and kind(node, self.kinds) == "int" else said

    def _literal(self, node: Literal, want: str) -> str:
        if isinstance(node.value, bool):
            return "TRUE" if node.value else "FALSE"
        if want == "time":
            when = moment(str(node.value), node.at)
            return (
                f"CAST('{when:%Y-%m-%d %H:%M:%S.%f}' AS TIMESTAMP)"
                if self.to.rust
                else str((when - _EPOCH) // dt.timedelta(microseconds=1))
            )
        if isinstance(node.value, str):
            return text(node.value)
        return f"CAST('{float(node.value) + 0.0!r}' AS DOUBLE)" if want == "float" else str(node.value)

    def _column(self, node: Column, want: str) -> str:
        q = self.to.quote
        name = ".".join(q + part.replace(q, q + q) + q for part in node.path)
        have = self.kinds.get(node.name, "unknown")
        if have == "float" or want == "float":
            return _clean(f"CAST({name} AS DOUBLE)")
        if want == "time" and not self.to.rust:
            # as numbers, because a cast of a zoned time to a plain one follows the session's time zone
            return f"epoch_us(CAST({name} AS {'TIMESTAMPTZ' if have == 'instant' else 'TIMESTAMP'}))"
        return f"CAST({name} AS BIGINT)" if have == "int" else name

    def _call(self, node: Call) -> str:
        have = [kind(a, self.kinds) for a in node.args]
        op = node.op
        if op in ARITHMETIC or op in ("neg", "abs", "round"):
            return self._number(op, [self.write(a, "float") for a in node.args[: 1 if op == "round" else 2]], node)
        shared = "time" if "time" in have else "float" if "float" in have else next((k for k in have if k != "unknown"), "unknown")
        if op in ("and", "or"):
            return "(" + f" {op.upper()} ".join(self.write(a, "bool") for a in node.args) + ")"
        args = [self.write(a, shared) for a in node.args]
        if op in COMPARISONS:
            return f"({args[0]} {'<>' if op == '!=' else op} {args[1]})"
        if op == "in":
            return f"({args[0]} IN ({', '.join(args[1:])}))"
        return self._other(op, args, node)

    def _number(self, op: str, args: list[str], node: Call) -> str:
        if op == "neg":
            return f"(0e0 - {args[0]})"
        if op == "abs":
            return f"abs({args[0]})"
        if op == "round":
            digits = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], Literal) else 0
            scale = f"CAST('{10.0 ** int(digits)!r}' AS DOUBLE)"
            return _clean(f"(round({args[0]} * {scale}) / {scale})")
        right = f"NULLIF({args[1]}, 0e0)" if op in "/%" else args[1]
        return _clean(f"({args[0]} {op} {right})")

    def _other(self, op: str, args: list[str], node: Call) -> str:
        if op == "not":
            return f"(NOT {args[0]})"
        if op == "is_null":
            return f"({args[0]} IS NULL)"
        if op in ("like", "ilike"):
            left, right = args[0], text(to_like(str(node.args[1].value)))  # type: ignore[union-attr]
            return f"(lower({left}) LIKE lower({right}){self.to.escape})" if op == "ilike" else f"({left} LIKE {right}{self.to.escape})"
        if op == "regexp_matches":
            pattern = str(node.args[1].value)  # type: ignore[union-attr]
            return f"{self.to.regex}({args[0]}, {text(to_rust(pattern) if self.to.rust else pattern)})"
        return f"{self.to.length if op == 'length' else op}({', '.join(args)})"
