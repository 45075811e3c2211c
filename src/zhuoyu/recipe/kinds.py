"""What kind of value each part of a condition is, so that every backend compares the same things.

Kinds: int (exact), float (64 bits; NaN is null), text, bool, time (``instant``: a column with a zone), other (only ``is null``),
unknown (no schema was given).
Arithmetic, ``abs`` and ``round`` give float; ``/`` is a float division. An int beside a float is compared as float.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from zhuoyu.errors import did_you_mean
from zhuoyu.recipe.grammar import ARITHMETIC, COMPARISONS, PATTERNS, Call, Column, Literal, Node
from zhuoyu.recipe.position import Fault

Kinds = Mapping[str, str]
NUMBERS = frozenset({"int", "float"})


def kind_of_type(t: pa.DataType) -> str:
    """The kind of an Arrow type. Decimals and uint64 count as float.

    >>> kind_of_type(pa.int8()), kind_of_type(pa.dictionary(pa.int32(), pa.string()))
    ('int', 'text')
    """
    if pa.types.is_dictionary(t):
        return kind_of_type(t.value_type)
    if pa.types.is_boolean(t):
        return "bool"
    if pa.types.is_integer(t):
        return "float" if t == pa.uint64() else "int"
    if pa.types.is_floating(t) or pa.types.is_decimal(t):
        return "float"
    if pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t):
        return "text"
    if pa.types.is_timestamp(t) and t.tz is not None:
        return "instant"
    return "time" if pa.types.is_timestamp(t) or pa.types.is_date(t) else "other"


def type_at(schema: pa.Schema, path: tuple[str, ...], at: int) -> pa.DataType:
    """The type of a column or of a struct's field.

    Raises:
        Fault: there is no such column or field.
    """
    if schema.get_field_index(path[0]) < 0:
        raise Fault(at, f"unknown column {path[0]!r}", did_you_mean(path[0], schema.names))
    t = schema.field(path[0]).type
    for level, name in enumerate(path[1:], 1):
        fields = [t.field(i).name for i in range(t.num_fields)] if pa.types.is_struct(t) else []
        if name not in fields:
            raise Fault(at, f"column {'.'.join(path[:level])!r} has no field {name!r}", did_you_mean(name, fields))
        t = t.field(name).type
    return t


def kinds_of(node: Node, schema: pa.Schema) -> dict[str, str]:
    """Kind by column name, for every column of a condition."""
    if isinstance(node, Column):
        return {node.name: kind_of_type(type_at(schema, node.path, node.at))}
    return {k: v for a in node.args for k, v in kinds_of(a, schema).items()} if isinstance(node, Call) else {}


def guess(node: Node) -> dict[str, str]:
    """Kinds as far as a condition itself says them: a column beside a number is a number."""
    if not isinstance(node, Call):
        return {}
    found = {k: v for a in node.args for k, v in guess(a).items()}
    alone = [a for a in node.args if isinstance(a, Column)]
    if node.op in ARITHMETIC or node.op in ("neg", "abs", "round"):
        return found | {a.name: "float" for a in alone}
    if node.op in ("lower", "upper", "length") or node.op in PATTERNS:
        return found | {a.name: "text" for a in alone}
    if node.op in COMPARISONS or node.op in ("in", "coalesce", "least", "greatest"):
        others = {k for k in (kind(a, found) for a in node.args if not isinstance(a, Column)) if k != "unknown"}
        if others & NUMBERS:
            return {a.name: "float" for a in alone} | found
        if len(others) == 1:
            return {a.name: next(iter(others)) for a in alone} | found
    return found


def kind(node: Node, kinds: Kinds) -> str:
    """The kind of one node.

    Raises:
        Fault: kinds that do not go together.
    """
    if isinstance(node, Literal):
        return "bool" if isinstance(node.value, bool) else {int: "int", float: "float", str: "text"}[type(node.value)]
    if isinstance(node, Column):
        found = kinds.get(node.name, "unknown")
        return "time" if found == "instant" else found
    inner = [kind(a, kinds) for a in node.args]
    if node.op in ("and", "or", "not"):
        return _all(node, inner, {"bool"}, "a condition")
    if node.op == "is_null":
        return "bool"
    if node.op in COMPARISONS or node.op == "in":
        return _same(node, inner)
    if node.op in ARITHMETIC or node.op in ("neg", "abs", "round"):
        _all(node, inner, NUMBERS, "numbers")
        return "float"
    if node.op in ("least", "greatest"):
        _all(node, inner, NUMBERS, "numbers")
        return "float" if "float" in inner else "int"
    if node.op == "coalesce":
        _same(node, inner)
        return "float" if "float" in inner else next((k for k in inner if k != "unknown"), "unknown")
    _all(node, inner, {"text"}, "text")
    return {"length": "int", "lower": "text", "upper": "text"}.get(node.op, "bool")


def _all(node: Call, found: list[str], wanted: frozenset[str] | set[str], say: str) -> str:
    for a, k in zip(node.args, found, strict=True):
        if k not in wanted and k != "unknown":
            raise Fault(
                a.at, f"{_shown(node.op)} takes {say}, found {_said(a, k)}", "use a column of that kind, or compare it with something"
            )
    return "bool"


def _same(node: Call, found: list[str]) -> str:
    known = [(a, k) for a, k in zip(node.args, found, strict=True) if k != "unknown"]
    groups = {"number" if k in NUMBERS else k for _, k in known}
    if groups == {"time", "text"}:
        for a, k in known:
            if k == "text" and not isinstance(a, Literal):
                raise Fault(a.at, f"a time is compared with a time in quotes, found {_said(a, k)}", "write '2024-06-01'")
        groups = {"time"}
    if "other" in groups:
        a, k = next((a, k) for a, k in known if k == "other")
        raise Fault(a.at, f"{_said(a, k)} cannot be compared", "use is null, or one of its fields")
    if len(groups) > 1:
        (a, ka), (b, kb) = known[0], next((b, k) for b, k in known if (k in NUMBERS) != (known[0][1] in NUMBERS) or k != known[0][1])
        raise Fault(
            b.at, f"cannot compare {_said(a, ka)} with {_said(b, kb)}", "compare values of one kind; text stands in quotes, numbers do not"
        )
    if groups == {"bool"} and node.op not in ("=", "!=", "in", "coalesce"):
        raise Fault(node.at, f"truth values have no order for {node.op}", "use = or !=")
    return "bool"


def _shown(op: str) -> str:
    return {"neg": "minus", "is_null": "is null"}.get(op, op)


def _said(node: Node, k: str) -> str:
    word = {"int": "number", "float": "number", "other": "nested or binary value"}.get(k, k)
    if isinstance(node, Column):
        return f"{node.name} ({word})"
    return f"{node.value!r} ({word})" if isinstance(node, Literal) else f"a {word}"
