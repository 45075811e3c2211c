"""The canonical encoding of one value, by the book (the format is specified in ``zhuoyu.record``).

This is the reading of the specification that the fast path is compared with, and what it falls back to for the rare
types (decimals, maps, intervals, instants outside 64-bit nanoseconds). It works on any Arrow array, value by value.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import SpecError

NULL = b"\0"
ROW = b"ZYR1"
_NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_DAY_MS = 86_400_000
_T = pa.types


def by_name(dtype: pa.StructType) -> list[pa.Field]:
    """A struct's fields in canonical order: ascending UTF-8 bytes of their names.

    Raises:
        SpecError: two fields share a name.
    """
    fields = sorted((dtype.field(i) for i in range(dtype.num_fields)), key=lambda f: f.name.encode())
    for a, b in pairwise(fields):
        if a.name == b.name:
            raise SpecError(f"expected field names of a struct to differ, found {a.name!r} twice", fix="rename one of them", field=a.name)
    return fields


def is_list(dtype: pa.DataType) -> bool:
    """True for lists of any offset width and for list views; not for fixed-size lists."""
    return bool(_T.is_list(dtype) or _T.is_large_list(dtype) or _T.is_list_view(dtype) or _T.is_large_list_view(dtype))


def is_text(dtype: pa.DataType) -> bool:
    """True for every string variant."""
    return bool(_T.is_string(dtype) or _T.is_large_string(dtype) or _T.is_string_view(dtype))


def is_bytes(dtype: pa.DataType) -> bool:
    """True for every binary variant, fixed-size too."""
    return bool(_T.is_binary(dtype) or _T.is_large_binary(dtype) or _T.is_binary_view(dtype) or _T.is_fixed_size_binary(dtype))


def nanos(dtype: pa.DataType) -> int:
    """How many nanoseconds one tick of a time type is."""
    return _NANOS[dtype.unit]


def plain(array: pa.Array) -> pa.Array:
    """The same values without extension, dictionary, run-ends or list views at the top; nested ones are left for their turn."""
    while True:
        dtype = array.type
        if isinstance(dtype, pa.BaseExtensionType):
            array = array.storage
        elif _T.is_dictionary(dtype):
            array = array.dictionary_decode()
        elif _T.is_run_end_encoded(dtype):
            array = pc.run_end_decode(array)
        elif _T.is_list_view(dtype) or _T.is_large_list_view(dtype):
            array = _from_view(array)
        else:
            return array


def _from_view(array: pa.Array) -> pa.Array:
    ends = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(pc.fill_null(array.value_lengths(), 0).cast(pa.int64()))])
    mask = array.is_null() if array.null_count else None
    return pa.LargeListArray.from_arrays(ends, array.flatten(), mask=mask)


def wide(tag: bytes, value: int) -> bytes:
    """A lower-case tag with an i64, or its upper-case twin with an i128.

    >>> wide(b"i", 5).hex()
    '690500000000000000'
    """
    return tag + struct.pack("<q", value) if -(2**63) <= value < 2**63 else tag.upper() + value.to_bytes(16, "little", signed=True)


def number(value: float) -> bytes:
    """A float with one NaN and one zero."""
    return b"f" + (struct.pack("<Q", 0x7FF8000000000000) if math.isnan(value) else struct.pack("<d", value + 0.0))


def decimal(value: Decimal) -> bytes:
    """Coefficient without trailing zeros and exponent, so that 1.5 and 1.50 encode alike.

    >>> decimal(Decimal("1.50")) == decimal(Decimal("1.5"))
    True
    """
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    power = int(exponent) + len(text) - len(short) if short else 0
    raw = (("-" if sign else "") + short if short else "0").encode()
    return b"d" + struct.pack("<iQ", power, len(raw)) + raw


def prefix(name: str) -> bytes:
    """A column's or field's name as it stands before its value."""
    raw = name.encode()
    return struct.pack("<I", len(raw)) + raw


def _sized(tag: bytes, raw: bytes) -> bytes:
    return tag + struct.pack("<Q", len(raw)) + raw


def _interval(value: pa.MonthDayNano) -> bytes:
    return b"v" + struct.pack("<iiq", value.months, value.days, value.nanoseconds)


_SCALARS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Scalar, pa.DataType], bytes]], ...] = (
    (_T.is_boolean, lambda v, _: b"b\x01" if v.as_py() else b"b\x00"),
    (_T.is_integer, lambda v, _: wide(b"i", v.as_py())),
    (_T.is_floating, lambda v, _: number(float(v.as_py()))),
    (_T.is_decimal, lambda v, _: decimal(v.as_py())),
    (_T.is_date32, lambda v, _: wide(b"e", v.value * _DAY_MS)),
    (_T.is_date64, lambda v, _: wide(b"e", v.value)),
    (_T.is_time, lambda v, t: wide(b"h", v.value * nanos(t))),
    (_T.is_timestamp, lambda v, t: wide(b"t", v.value * nanos(t))),
    (_T.is_duration, lambda v, t: wide(b"u", v.value * nanos(t))),
    (_T.is_interval, lambda v, _: _interval(v.as_py())),
    (is_text, lambda v, _: _sized(b"s", v.as_buffer().to_pybytes())),
    (is_bytes, lambda v, _: _sized(b"x", v.as_buffer().to_pybytes())),
)


def values(array: pa.Array) -> list[bytes]:
    """The canonical bytes of every value.

    Raises:
        SpecError: the type has no canonical form.

    >>> values(pa.array([True, None])) == [b"b" + bytes([1]), bytes([0])]
    True
    """
    array = plain(array)
    dtype = array.type
    if _T.is_null(dtype):
        return [NULL] * len(array)
    if is_list(dtype) or _T.is_fixed_size_list(dtype):
        return [_list(v) for v in array]
    if _T.is_map(dtype):
        return [_map(v) for v in array]
    if _T.is_struct(dtype):
        return _struct(array)
    one = next((encode for match, encode in _SCALARS if match(dtype)), None)
    if one is None:
        raise no_form(dtype)
    return [one(v, dtype) if v.is_valid else NULL for v in array]


def _list(value: pa.Scalar) -> bytes:
    return b"l" + struct.pack("<Q", len(value.values)) + b"".join(values(value.values)) if value.is_valid else NULL


def _map(value: pa.Scalar) -> bytes:
    if not value.is_valid:
        return NULL
    pairs = value.values
    entries = sorted(k + v for k, v in zip(values(pairs.field(0)), values(pairs.field(1)), strict=True))
    return b"m" + struct.pack("<Q", len(entries)) + b"".join(entries)


def _struct(array: pa.StructArray) -> list[bytes]:
    fields = by_name(array.type)
    parts = [(prefix(f.name), values(array.field(array.type.get_field_index(f.name)))) for f in fields]
    head = b"r" + struct.pack("<I", len(fields))
    valid = array.is_valid().to_pylist()
    return [head + b"".join(name + encoded[i] for name, encoded in parts) if ok else NULL for i, ok in enumerate(valid)]


def rows(columns: dict[str, pa.Array], count: int) -> list[bytes]:
    """The canonical bytes of every row; COLUMNS in canonical order."""
    parts = [(prefix(name), values(array)) for name, array in columns.items()]
    head = ROW + struct.pack("<I", len(columns))
    return [head + b"".join(name + encoded[i] for name, encoded in parts) for i in range(count)]


def check(dtype: pa.DataType) -> None:
    """Nothing for a type that has a canonical form.

    Raises:
        SpecError: it, or a type inside it, has none.
    """
    if isinstance(dtype, pa.BaseExtensionType):
        check(dtype.storage_type)
    elif _T.is_dictionary(dtype) or _T.is_run_end_encoded(dtype) or is_list(dtype) or _T.is_fixed_size_list(dtype):
        check(dtype.value_type)
    elif _T.is_map(dtype):
        check(dtype.key_type)
        check(dtype.item_type)
    elif _T.is_struct(dtype):
        for field in by_name(dtype):
            check(field.type)
    elif not _T.is_null(dtype) and not any(match(dtype) for match, _ in _SCALARS):
        raise no_form(dtype)


def no_form(dtype: pa.DataType) -> SpecError:
    """The error for a type that cannot reach a version."""
    return SpecError(
        f"expected a type with a canonical form, found {dtype}",
        fix="convert the column: a union to a struct with one field per case, a day-time interval to a duration",
        type=str(dtype),
    )
