"""Conditions compiled to closures over pyarrow.compute: what the engine runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.recipe.grammar import Call, Column, Literal, Node
from zhuoyu.recipe.kinds import Kinds, kind
from zhuoyu.recipe.like import simple, to_regex
from zhuoyu.recipe.position import Fault

Run = Callable[[pa.RecordBatch], Any]
_COMPARE = {"=": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal}
_PLAIN = {"+": pc.add, "-": pc.subtract, "*": pc.multiply}
_TIME = pa.timestamp("us", "UTC")
_TYPES = {"int": pa.int64(), "float": pa.float64(), "text": pa.large_string(), "bool": pa.bool_(), "time": _TIME}


def compile_condition(node: Node, kinds: Kinds) -> Callable[[pa.RecordBatch], pa.BooleanArray]:
    """A function from a batch to one truth value a row (true, false or null)."""
    run = _compile(node, kinds, "bool")

    def whole(batch: pa.RecordBatch) -> pa.BooleanArray:
        return _full(run(batch), batch.num_rows)

    return whole


def _compile(node: Node, kinds: Kinds, want: str) -> Run:
    """WANT is the kind the value is needed in: an int becomes float beside a float, a text a time beside a time."""
    if isinstance(node, Literal):
        value = _literal(node, want)
        return lambda _: value
    if isinstance(node, Column):
        return _column(node, want)
    made = _call(node, kinds)
    have = kind(node, kinds)
    if have == "int" and want == "float":
        return lambda batch: pc.cast(made(batch), pa.float64())
    return made


def _literal(node: Literal, want: str) -> pa.Scalar:
    if want == "time":
        return pa.scalar(moment(str(node.value), node.at), _TIME)
    value = float(node.value) + 0.0 if want == "float" else node.value
    return pa.scalar(value, _TYPES[want])


def moment(said: str, at: int) -> dt.datetime:
    """An ISO date or time; without a zone it is UTC.

    Raises:
        Fault: it is neither.
    """
    try:
        value = dt.datetime.fromisoformat(said)
    except ValueError:
        raise Fault(at, f"{said!r} is not a date or a time", "write '2024-06-01' or '2024-06-01T12:00:00'") from None
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _column(node: Column, want: str) -> Run:
    top, rest = node.path[0], list(node.path[1:])
    to = _TYPES.get(want)

    def run(batch: pa.RecordBatch) -> pa.Array:
        array = batch.column(top)
        if rest:
            array = pc.struct_field(array, rest)
        if to is None or array.type == to:
            return _clean(array) if pa.types.is_floating(array.type) else array
        array = _cast(array, to)
        return _clean(array) if to == pa.float64() else array

    return run


def _cast(array: pa.Array, to: pa.DataType) -> pa.Array:
    if to == _TIME and pa.types.is_timestamp(array.type) and array.type.tz is None:
        array = pc.cast(array, pa.timestamp(array.type.unit, "UTC"))
    if to == _TIME and pa.types.is_date(array.type):
        array = pc.cast(pc.cast(array, pa.timestamp("us")), _TIME)
    return pc.cast(array, to, safe=False)


def _clean(array: Any) -> Any:
    """NaN becomes null and -0 becomes 0, as in every backend."""
    if array.type != pa.float64():
        array = pc.cast(array, pa.float64())
    array = pc.add(array, 0.0)
    return pc.if_else(pc.is_nan(array), pa.scalar(None, pa.float64()), array)


def _full(value: Any, rows: int) -> Any:
    if isinstance(value, pa.Scalar):
        return pa.repeat(value, rows) if value.is_valid else pa.nulls(rows, value.type)
    return value


def _call(node: Call, kinds: Kinds) -> Run:
    have = [kind(a, kinds) for a in node.args]
    if node.op in ("+", "-", "*", "/", "%", "neg", "abs", "round"):
        shared = "float"
    elif "time" in have:
        shared = "time"
    elif "float" in have:
        shared = "float"
    else:
        shared = next((k for k in have if k != "unknown"), "unknown")
    if node.op == "round":
        return _round(_compile(node.args[0], kinds, "float"), node.args[1].value if len(node.args) > 1 else 0)  # type: ignore[union-attr, arg-type]
    if node.op == "in":
        return _in(_compile(node.args[0], kinds, shared), [_literal(a, shared) for a in node.args[1:] if isinstance(a, Literal)])
    if len(node.args) == 2 and isinstance(node.args[1], Literal) and node.op in _PATTERNS:
        return _pattern(node.op, _compile(node.args[0], kinds, "text"), str(node.args[1].value))
    return _OPS[node.op](*(_compile(a, kinds, shared) for a in node.args))


def _two(function: Callable[[Any, Any], Any]) -> Callable[[Run, Run], Run]:
    return lambda a, b: lambda batch: function(a(batch), b(batch))


def _one(function: Callable[[Any], Any]) -> Callable[[Run], Run]:
    return lambda a: lambda batch: function(a(batch))


def _number(function: Callable[[Any, Any], Any]) -> Callable[[Run, Run], Run]:
    return lambda a, b: lambda batch: _clean(function(a(batch), b(batch)))


def _many(function: Callable[..., Any]) -> Callable[..., Run]:
    return lambda *args: lambda batch: function(*(_full(a(batch), batch.num_rows) for a in args))


def _not_zero(value: Any) -> Any:
    return pc.if_else(pc.equal(value, 0.0), pa.scalar(None, pa.float64()), value)


def _modulo(a: Run, b: Run) -> Run:
    """The remainder has the sign of the dividend, as in C and in the SQL backends."""

    def run(batch: pa.RecordBatch) -> Any:
        x, y = _full(a(batch), batch.num_rows), _not_zero(_full(b(batch), batch.num_rows))
        with np.errstate(invalid="ignore"):
            out = np.fmod(*(v.fill_null(1.0).to_numpy(zero_copy_only=False) for v in (x, y)))
        known = pc.and_(x.is_valid(), y.is_valid())
        return _clean(pc.if_else(known, pa.array(out, pa.float64()), pa.scalar(None, pa.float64())))

    return run


def _round(a: Run, digits: int) -> Run:
    """Halves go away from zero."""
    scale = 10.0**digits

    def run(batch: pa.RecordBatch) -> Any:
        x = _full(a(batch), batch.num_rows)
        with np.errstate(all="ignore"):
            raw = x.fill_null(0.0).to_numpy(zero_copy_only=False) * scale
            whole = np.trunc(raw)
            out = whole + np.where(np.abs(raw - whole) >= 0.5, np.sign(raw), 0.0)
        out = np.where(np.isfinite(raw), out, raw) / scale
        return _clean(pc.if_else(x.is_valid(), pa.array(out, pa.float64()), pa.scalar(None, pa.float64())))

    return run


def _in(a: Run, values: list[pa.Scalar]) -> Run:
    value_set = pa.array([v.as_py() for v in values], values[0].type)

    def run(batch: pa.RecordBatch) -> Any:
        x = _full(a(batch), batch.num_rows)
        return pc.if_else(pc.is_valid(x), pc.is_in(x, value_set=value_set), pa.scalar(None, pa.bool_()))

    return run


def _pattern(op: str, a: Run, pattern: str) -> Run:
    if op not in ("like", "ilike"):
        return lambda batch: _PATTERNS[op](a(batch), pattern)
    if op == "ilike":
        pattern = pc.utf8_lower(pa.scalar(pattern)).as_py()
    search, said = simple(pattern) or (op, to_regex(pattern))
    function = _PATTERNS[search]
    if op == "ilike":
        return lambda batch: function(pc.utf8_lower(a(batch)), said)
    return lambda batch: function(a(batch), said)


_PATTERNS: dict[str, Callable[[Any, str], Any]] = {
    "starts_with": pc.starts_with,
    "ends_with": pc.ends_with,
    "contains": pc.match_substring,
    "regexp_matches": pc.match_substring_regex,
    "like": pc.match_substring_regex,
    "ilike": pc.match_substring_regex,
}
_OPS: dict[str, Callable[..., Run]] = {
    **{op: _two(function) for op, function in _COMPARE.items()},
    **{op: _number(function) for op, function in _PLAIN.items()},
    "/": _number(lambda x, y: pc.divide(x, _not_zero(y))),
    "%": _modulo,
    "and": _two(pc.and_kleene),
    "or": _two(pc.or_kleene),
    "not": _one(pc.invert),
    "neg": _one(lambda x: pc.subtract(0.0, x)),
    "abs": _one(pc.abs),
    "is_null": _one(pc.is_null),
    "length": _one(lambda x: pc.cast(pc.utf8_length(x), pa.int64())),
    "lower": _one(pc.utf8_lower),
    "upper": _one(pc.utf8_upper),
    "coalesce": _many(pc.coalesce),
    "least": _many(pc.min_element_wise),
    "greatest": _many(pc.max_element_wise),
}
