"""The Arrow type of JSON values seen so far, and whether a later value still fits it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

_EXACT = 2**53
_KIND: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "string", list: "list", dict: "object"}


class Shape:
    """What values a column has held. The commonest kind wins; whole and broken numbers widen to float64.

    >>> s = Shape()
    >>> for v in (1, 2.5, None, "x"): s.see(v)
    >>> s.type()
    DataType(double)
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.fields: dict[str, Shape] = {}
        self.item: Shape | None = None

    def see(self, value: Any) -> None:
        """Take one more value into account; null says nothing."""
        if value is None:
            return
        kind = _KIND[type(value)]
        self.kinds[kind] += 1
        if kind == "object":
            for name, inner in value.items():
                if is_name(name):
                    self.fields.setdefault(name, Shape()).see(inner)
        elif kind == "list":
            self.item = self.item or Shape()
            for inner in value:
                self.item.see(inner)

    def type(self) -> pa.DataType:
        """The type so far; text where nothing but null was seen."""
        counts = Counter(self.kinds)
        if counts["float"]:
            counts["float"] += counts.pop("int", 0)
        # An object without a field has no type that tables can hold; it reads as null.
        if counts["object"] and not self.fields:
            del counts["object"]
        if not any(counts.values()):
            return pa.large_string()
        kind = max(counts, key=lambda k: counts[k])
        if kind == "object":
            return pa.struct([pa.field(n, s.type()) for n, s in self.fields.items()])
        if kind == "list":
            return pa.list_((self.item or Shape()).type())
        return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "string": pa.large_string()}[kind]


def is_name(text: str) -> bool:
    """Whether TEXT can name a field: not empty, and free of halves of surrogate pairs."""
    return bool(text) and _is_text(text)


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def misfit(value: Any, dtype: pa.DataType) -> str | None:
    """Why VALUE does not fit, in words; null when it does.

    >>> misfit(1.5, pa.int64()), misfit(None, pa.int64())
    ('1.5 is not int64', None)
    """
    if value is None or value == {}:
        return None
    if pa.types.is_struct(dtype):
        return _misfit_object(value, dtype)
    if pa.types.is_list(dtype):
        if type(value) is not list:
            return f"{_shown(value)} is not a list"
        return next((m for m in (misfit(v, dtype.value_type) for v in value) if m), None)
    return None if _FITS[dtype](value) else f"{_shown(value)} is not {'text' if dtype == pa.large_string() else dtype}"


def _misfit_object(value: Any, dtype: pa.StructType) -> str | None:
    if type(value) is not dict:
        return f"{_shown(value)} is not an object"
    known = {f.name: f.type for f in dtype}
    for name, inner in value.items():
        if name not in known:
            return f"field {name!r} was not in the rows the schema was taken from"
        found = misfit(inner, known[name])
        if found:
            return found
    return None


_FITS: dict[pa.DataType, Callable[[Any], bool]] = {
    pa.bool_(): lambda v: type(v) is bool,
    pa.int64(): lambda v: type(v) is int and -(2**63) <= v < 2**63,
    pa.float64(): lambda v: type(v) is float or (type(v) is int and abs(v) <= _EXACT),
    pa.large_string(): lambda v: type(v) is str and _is_text(v),
}
_EXACTLY: dict[pa.DataType, set[type]] = {pa.int64(): {int}, pa.float64(): {float}, pa.bool_(): {bool}, pa.large_string(): {str}}


def _shown(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not _is_text(value) else repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def json_array(values: Sequence[Any], dtype: pa.DataType) -> tuple[pa.Array, dict[int, str]]:
    """VALUES as an array of DTYPE, and the positions of those that do not fit, with the reason; they are null in the array."""
    scalar = not pa.types.is_nested(dtype)
    plain = _EXACTLY.get(dtype, set()) | {type(None)}
    if scalar and set(map(type, values)) <= plain:
        try:
            return pa.array(values, dtype), {}
        except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            scalar = True
    bad = {i: why for i, why in ((i, misfit(v, dtype)) for i, v in enumerate(values)) if why}
    kept = [None if i in bad or v == {} else _without_empty(v) for i, v in enumerate(values)]
    return pa.array(kept, dtype), bad


def _without_empty(value: Any) -> Any:
    """Empty objects inside become null, as they have no fields to hold."""
    if type(value) is list:
        return [_without_empty(v) for v in value]
    if type(value) is dict:
        return {k: _without_empty(v) for k, v in value.items()} or None
    return value
