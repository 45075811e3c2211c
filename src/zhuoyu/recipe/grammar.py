"""The grammar of conditions: SQL text to a small tree of our own, everything else refused with a sentence.

sqlglot parses; what it parsed is walked against a whitelist, so that no statement, subquery, aggregate, cast or window ever
reaches a backend. The tree is plain frozen values: it pickles, hashes, and does not depend on sqlglot's classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zhuoyu.errors import did_you_mean
from zhuoyu.recipe.position import Fault
from zhuoyu.recipe.regex import check_regex

LONGEST = 20_000
DEEPEST = 100
FUNCTIONS: dict[str, tuple[int, int]] = {
    "length": (1, 1),
    "lower": (1, 1),
    "upper": (1, 1),
    "abs": (1, 1),
    "round": (1, 2),
    "coalesce": (2, 99),
    "least": (2, 99),
    "greatest": (2, 99),
    "starts_with": (2, 2),
    "ends_with": (2, 2),
    "contains": (2, 2),
    "regexp_matches": (2, 2),
}
"""Every function with the fewest and the most arguments it takes."""
PATTERNS = frozenset({"starts_with", "ends_with", "contains", "regexp_matches", "like", "ilike"})
"""Their second argument is a text literal."""
COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text or a truth value."""

    value: int | float | str | bool
    at: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a field of a struct column: ``path`` has one name a level."""

    path: tuple[str, ...]
    at: int = 0

    @property
    def name(self) -> str:
        """``_origin.uri``."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation: and or not = != < <= > >= in like ilike is_null + - * / % neg, or a name in FUNCTIONS."""

    op: str
    args: tuple[Node, ...]
    at: int = 0


Node = Literal | Column | Call


def parse(text: str) -> Node:
    """The tree of a condition.

    Raises:
        Fault: it is not a condition of this grammar.

    >>> parse("text_words between 5 and 9").op
    'and'
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not text.strip():
        raise Fault(0, "expected a condition, found nothing", "write one, such as text_words >= 50")
    if len(text) > LONGEST:
        raise Fault(0, f"a condition has at most {LONGEST:,} characters, this one has {len(text):,}", "split it into several keep steps")
    try:
        trees = [t for t in sqlglot.parse(text) if t is not None]
    except SqlglotError as error:
        raise _unreadable(text, error) from None
    except RecursionError:
        raise Fault(0, "this condition is nested too deeply", "split it into several keep steps") from None
    if len(trees) != 1:
        raise Fault(
            max(text.find(";"), 0),
            f"expected one condition, found {len(trees)} statements",
            "write one boolean expression without a semicolon",
        )
    node = _Reader(text).read(trees[0], 0)
    if (isinstance(node, Literal) and not isinstance(node.value, bool)) or (isinstance(node, Call) and node.op in _VALUES):
        raise Fault(node.at, "a condition is true or false, this is a value", "compare it with something, such as >= 50")
    return node


_VALUES = ARITHMETIC | {"neg", "length", "lower", "upper", "abs", "round"}


def _unreadable(text: str, error: Any) -> Fault:
    said = (getattr(error, "errors", None) or [{}])[0]
    highlight = said.get("highlight") or ""
    lines = text.split("\n")[: max(int(said.get("line") or 1) - 1, 0)]
    at = sum(len(line) + 1 for line in lines) + int(said.get("col") or 0) - len(highlight)
    if "missing for" in (said.get("description") or ""):
        return Fault(max(at, 0), f"something is missing beside {highlight!r}", "write the value that belongs there")
    return Fault(
        max(at, 0), f"cannot read {highlight!r} here" if highlight else "cannot read this condition", "write a SQL boolean expression"
    )


_BINARY = {
    "EQ": "=", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "And": "and", "Or": "or",
    "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%", "Like": "like", "ILike": "ilike",
}  # fmt: skip
_NAMED = {
    "Length": "length", "Lower": "lower", "Upper": "upper", "Abs": "abs", "Round": "round", "Coalesce": "coalesce",
    "Least": "least", "Greatest": "greatest", "StartsWith": "starts_with", "EndsWith": "ends_with", "Contains": "contains",
}  # fmt: skip
_REFUSED = {
    "Cast": "casts are not part of conditions: a column keeps its type",
    "TryCast": "casts are not part of conditions: a column keeps its type",
    "Select": "subqueries are not part of conditions: a condition sees one row",
    "Subquery": "subqueries are not part of conditions: a condition sees one row",
    "Exists": "subqueries are not part of conditions: a condition sees one row",
    "Window": "windows are not part of conditions: a condition sees one row",
    "Case": "case is not part of conditions",
    "If": "if() is not part of conditions",
    "Escape": "like takes no escape clause: a backslash makes % and _ plain",
    "Bracket": "list elements are not part of conditions",
    "DPipe": "joining text with || is not part of conditions",
    "Null": "nothing equals null",
    "Alias": "names are not part of conditions",
}
_FIXES = {
    "Null": "write `is null` or `is not null`",
    "Case": "write it with and, or, not",
    "If": "write it with and, or, not",
    "Escape": r"write like '100\%'",
    "Alias": "write one boolean expression",
}


class _Reader:
    """Walks sqlglot's tree."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, e: Any, depth: int) -> Node:
        """The node for one expression, or a Fault."""
        if depth > DEEPEST:
            raise Fault(_at(e), "this condition is nested too deeply", "split it into several keep steps")
        kind = type(e).__name__
        if kind in ("Boolean", "Literal", "Column"):
            leaf: Callable[[Any], Node] = getattr(self, f"_{kind.lower()}")
            return leaf(e)
        special: Callable[[Any, int], Node] | None = getattr(self, f"_{kind.lower()}", None)
        if special is not None:
            return special(e, depth + 1)
        if kind in _BINARY:
            return self._call(_BINARY[kind], [e.this, e.expression], e, depth + 1)
        if kind in _NAMED:
            return self._call(_NAMED[kind], _arguments(e), e, depth + 1)
        raise self._refused(e, kind)

    def _refused(self, e: Any, kind: str) -> Fault:
        from sqlglot import exp

        if isinstance(e, exp.AggFunc):
            return Fault(
                _at(e),
                f"{kind.lower()}() is an aggregate; a condition sees one row",
                "use an operator of the kind Relate, or an indicator of the assessment",
            )
        if kind in _REFUSED:
            return Fault(_at(e), _REFUSED[kind], _FIXES.get(kind, "use an operator that writes the column you need"))
        if isinstance(e, exp.Func):
            name = str(e.sql_name()).lower()
            return Fault(_at(e), f"there is no function {name!r}", did_you_mean(name, FUNCTIONS))
        if isinstance(e, exp.Query | exp.DDL | exp.DML | exp.Command | exp.Drop | exp.Alter):
            return Fault(0, "statements are not part of conditions", "write one boolean expression, such as text_words >= 50")
        return Fault(
            _at(e),
            f"{kind} is not part of conditions",
            "use comparisons, in, between, like, is null, and, or, not, + - * / % and functions",
        )

    def _call(self, op: str, args: list[Any], e: Any, depth: int) -> Node:
        read = tuple(self.read(a, depth) for a in args)
        at = _at(e)
        if op in FUNCTIONS:
            fewest, most = FUNCTIONS[op]
            if not fewest <= len(read) <= most:
                number = f"{fewest}{'' if fewest == most else f' to {most}' if most < 99 else ' or more'}"
                raise Fault(at, f"{op} takes {number} arguments, found {len(read)}", f"write {op}({', '.join('xyz'[:fewest])})")
        if op in PATTERNS:
            pattern = read[1]
            if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
                raise Fault(pattern.at, f"the pattern of {op} is a text in quotes", f"write {op}{'(' if op in FUNCTIONS else ' '}…'text'")
            if op == "regexp_matches":
                check_regex(pattern.value, pattern.at)
        if (
            op == "round"
            and len(read) == 2
            and not (isinstance(read[1], Literal) and type(read[1].value) is int and 0 <= read[1].value <= 9)
        ):
            raise Fault(read[1].at, "round takes 0 to 9 decimal places, as a number", "write round(x, 2)")
        return Call(op, read, at)

    def _paren(self, e: Any, depth: int) -> Node:
        return self.read(e.this, depth)

    def _boolean(self, e: Any) -> Node:
        return Literal(bool(e.this), _at(e))

    def _literal(self, e: Any) -> Node:
        if e.is_string:
            return Literal(e.this, _at(e))
        try:
            whole = int(e.this)
        except ValueError:
            return Literal(_finite(float(e.this), _at(e)), _at(e))
        return Literal(whole if whole < 2**63 else float(whole), _at(e))

    def _neg(self, e: Any, depth: int) -> Node:
        inner = self.read(e.this, depth)
        if isinstance(inner, Literal) and isinstance(inner.value, int | float) and not isinstance(inner.value, bool):
            return Literal(-inner.value, inner.at)
        return Call("neg", (inner,), inner.at)

    def _not(self, e: Any, depth: int) -> Node:
        return Call("not", (self.read(e.this, depth),), _at(e))

    def _column(self, e: Any) -> Node:
        if type(e.this).__name__ == "Star":
            raise Fault(_at(e), "* is not a column", "name one column")
        parts = [e.args.get(k) for k in ("catalog", "db", "table")]
        return Column(tuple(str(p.this) for p in [*parts, e.this] if p is not None), _at(e))

    def _dot(self, e: Any, depth: int) -> Node:
        inner = self.read(e.this, depth)
        if not isinstance(inner, Column) or type(e.expression).__name__ != "Identifier":
            raise Fault(_at(e), "only columns have fields", "write column.field")
        return Column((*inner.path, str(e.expression.this)), inner.at)

    def _is(self, e: Any, depth: int) -> Node:
        if type(e.expression).__name__ != "Null":
            raise Fault(_at(e), "is goes with null only", "write `is null`, `is not null`, or compare with =")
        return Call("is_null", (self.read(e.this, depth),), _at(e))

    def _in(self, e: Any, depth: int) -> Node:
        if e.args.get("query") is not None or not e.expressions:
            raise Fault(_at(e), "in takes a list of values", "write in ('en', 'zh')")
        read = [self.read(x, depth) for x in e.expressions]
        for item in read:
            if not isinstance(item, Literal):
                raise Fault(item.at, "in takes a list of values, not columns", "write x = a or x = b")
        return Call("in", (self.read(e.this, depth), *read), _at(e))

    def _between(self, e: Any, depth: int) -> Node:
        x = self.read(e.this, depth)
        low, high = (self.read(e.args[k], depth) for k in ("low", "high"))
        return Call("and", (Call(">=", (x, low), x.at), Call("<=", (x, high), x.at)), x.at)

    def _anonymous(self, e: Any, depth: int) -> Node:
        name = str(e.this).lower()
        if name not in FUNCTIONS:
            raise Fault(_at(e), f"there is no function {name!r}", did_you_mean(name, FUNCTIONS))
        return self._call(name, e.expressions, e, depth)


def _arguments(e: Any) -> list[Any]:
    """Everything written between the parentheses of a function that sqlglot knows by name."""
    from sqlglot.expressions import Expression

    given = [v for values in e.args.values() for v in (values if isinstance(values, list) else [values])]
    return [v for v in given if isinstance(v, Expression)]


def _finite(value: float, at: int) -> float:
    if value in (float("inf"), float("-inf")):
        raise Fault(at, "this number is too large", "write a number below 1e308")
    return value


def _at(e: Any) -> int:
    """Where an expression begins: the smallest offset sqlglot kept in it."""
    found = [n.meta["start"] for n in e.walk() if "start" in n.meta]
    return min(found, default=0)


def columns(node: Node) -> tuple[str, ...]:
    """The columns a tree reads, in order of appearance, each once."""
    if isinstance(node, Column):
        return (node.name,)
    if isinstance(node, Call):
        return tuple(dict.fromkeys(c for a in node.args for c in columns(a)))
    return ()


def conjuncts(node: Node) -> list[Node]:
    """What AND joins, from left to right.

    >>> len(conjuncts(parse("a > 1 and b > 2 and (c or d)")))
    3
    """
    if isinstance(node, Call) and node.op == "and":
        return [part for a in node.args for part in conjuncts(a)]
    return [node]
