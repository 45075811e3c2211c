"""Arrow values as plain JSON and back: readable, and lossless when the type is known.

Instants, dates and times are ISO 8601 text (a tick count where the calendar ends), binary is base64, decimals and the
floats JSON has no word for ("NaN", "Infinity", "-Infinity") are text, durations are ticks, maps are lists of pairs.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import encode

_T = pa.types
_FIRST, _LAST = np.datetime64("0001-01-01", "s"), np.datetime64("9999-12-31", "s")


def to_json(array: pa.Array) -> list[Any]:
    """One JSON value a row.

    >>> to_json(pa.array([0, None]).cast(pa.timestamp("ns", "UTC")))
    ['1970-01-01T00:00:00.000000000Z', None]
    """
    array = encode.plain(array)
    dtype = array.type
    if _T.is_map(dtype):
        return [None if not v.is_valid else _pairs(v.values) for v in array]
    if encode.is_list(dtype) or _T.is_fixed_size_list(dtype):
        return [to_json(v.values) if v.is_valid else None for v in array]
    if _T.is_struct(dtype):
        fields = {dtype.field(i).name: to_json(array.field(i)) for i in range(dtype.num_fields)}
        return [{k: v[i] for k, v in fields.items()} if ok else None for i, ok in enumerate(array.is_valid().to_pylist())]
    if _T.is_temporal(dtype) and not _T.is_interval(dtype):
        ticks = array.cast(pa.int32() if dtype.bit_width == 32 else pa.int64()).to_pylist()
        return [None if t is None else _said(t, dtype) for t in ticks]
    change = next((f for match, f in _TO if match(dtype)), None)
    values = array.to_pylist()
    return values if change is None else [None if v is None else change(v) for v in values]


def _pairs(entries: pa.StructArray) -> list[list[Any]]:
    return [list(p) for p in zip(to_json(entries.field(0)), to_json(entries.field(1)), strict=True)]


def _float(value: float) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


_TO: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], Any]], ...] = (
    (_T.is_floating, _float),
    (_T.is_decimal, str),
    (encode.is_bytes, lambda v: base64.b64encode(v).decode()),
    (_T.is_interval, list),
)


def _unit(dtype: pa.DataType) -> Any:
    return "D" if _T.is_date32(dtype) else "ms" if _T.is_date64(dtype) else str(dtype.unit)


def _said(ticks: int, dtype: pa.DataType) -> str | int:
    if _T.is_duration(dtype):
        return ticks
    at = np.datetime64(ticks, _unit(dtype))
    if not _FIRST <= at.astype("datetime64[s]") < _LAST or abs(ticks) > 2**62:
        return ticks
    text = str(np.datetime_as_string(at))
    if _T.is_time(dtype):
        return text.split("T", 1)[1]
    return text + "Z" if _T.is_timestamp(dtype) and dtype.tz else text


def from_json(values: list[Any], dtype: pa.DataType) -> pa.Array:
    """The array of a known type that ``to_json`` wrote.

    >>> from_json(["NaN", 0.5, None], pa.float64()).to_pylist()
    [nan, 0.5, None]
    """
    if isinstance(dtype, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(dtype, from_json(values, dtype.storage_type))
    if _T.is_map(dtype):
        return _maps(values, dtype)
    if _T.is_fixed_size_list(dtype):
        flat = [x for v in values for x in (v if v is not None else [None] * dtype.list_size)]
        return pa.FixedSizeListArray.from_arrays(from_json(flat, dtype.value_type), type=dtype, mask=_nulls(values))
    if _T.is_list(dtype) or _T.is_large_list(dtype):
        make = pa.ListArray if _T.is_list(dtype) else pa.LargeListArray
        inner = from_json([x for v in values for x in v or []], dtype.value_type)
        return make.from_arrays(_offsets(values, make), inner, type=dtype, mask=_nulls(values))
    if _T.is_struct(dtype):
        parts = [from_json([v and v[dtype.field(i).name] for v in values], dtype.field(i).type) for i in range(dtype.num_fields)]
        return pa.StructArray.from_arrays(parts, fields=list(dtype), mask=_nulls(values))
    if _T.is_temporal(dtype) and not _T.is_interval(dtype):
        width = pa.int32() if dtype.bit_width == 32 else pa.int64()
        return pa.array([None if v is None else _ticks(v, dtype) for v in values], width).cast(dtype)
    change = next((f for match, f in _FROM if match(dtype)), None)
    return pa.array(values if change is None else [None if v is None else change(v) for v in values], dtype)


_FROM: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], Any]], ...] = (
    (_T.is_float16, lambda v: np.float16(float(v))),
    (_T.is_floating, float),
    (_T.is_decimal, Decimal),
    (encode.is_bytes, base64.b64decode),
    (_T.is_interval, pa.MonthDayNano),
)


def _nulls(values: list[Any]) -> pa.Array:
    return pa.array([v is None for v in values], pa.bool_())


def _offsets(values: list[Any], make: type) -> pa.Array:
    ends = np.cumsum([0, *(len(v or []) for v in values)])
    return pa.array(ends, pa.int32() if make is pa.ListArray else pa.int64())


def _maps(values: list[Any], dtype: pa.MapType) -> pa.Array:
    pairs = [p for v in values for p in v or []]
    keys, items = from_json([p[0] for p in pairs], dtype.key_type), from_json([p[1] for p in pairs], dtype.item_type)
    offsets = [None if v is None else o for v, o in zip(values, _offsets(values, pa.ListArray).to_pylist(), strict=False)] + [len(pairs)]
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, type=dtype)


def _ticks(value: str | int, dtype: pa.DataType) -> int:
    if isinstance(value, int):
        return value
    text = f"1970-01-01T{value}" if _T.is_time(dtype) else value.removesuffix("Z")
    return int(np.datetime64(text, _unit(dtype)).astype(np.int64))
