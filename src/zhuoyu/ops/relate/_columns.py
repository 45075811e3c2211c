"""Columns that a Relate's parameters name (a group, a stratum, a weight) as arrays, whatever type they arrive in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import SpecError
from zhuoyu.kernels import draw
from zhuoyu.kernels.arrow import Flags, Floats, Longs, validity
from zhuoyu.kernels.hashing import Hashes
from zhuoyu.op import Column
from zhuoyu.units import Signature

KEY = Column("key", pa.uint64(), Signature, "64 random bits of the row's _id")


def id_keys(ids: pa.Array, purpose: str, seed: int) -> pa.Array:
    """The signature ``KEY`` of rows: the same for the same ``_id``, purpose and seed, whatever rows there are beside it."""
    return pa.array(draw.keys(ids.cast(pa.large_string()), purpose, seed), pa.uint64(), mask=~validity(ids))


def keyed(rows: pa.Table) -> tuple[Hashes, Flags]:
    """The signatures ``KEY`` of a Relate's rows, and which rows have one: ``when`` leaves out the others."""
    key = whole(rows.column("key"))
    return np.asarray(key.fill_null(0).to_numpy()), validity(key)


def as_text(column: pa.ChunkedArray, name: str, parameter: str) -> pa.LargeStringArray:
    """The values of the column that PARAMETER names, as text; null stays null.

    Raises:
        SpecError: lists, structs and bytes have no text of their own.

    >>> as_text(pa.chunked_array([[1, None]]), "shard", "group").to_pylist()
    ['1', None]
    """
    try:
        return whole(column.cast(pa.large_string()))
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise SpecError(
            f"{parameter}: expected a column of single values, found {column.type} in {name!r}", fix="name another column", column=name
        ) from None


def as_floats(column: pa.ChunkedArray, name: str, parameter: str) -> Floats:
    """The numbers of the column that PARAMETER names; NaN for null.

    Raises:
        SpecError: it holds no numbers.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise SpecError(f"{parameter}: expected a column of numbers, found {kind} in {name!r}", fix="name another column", column=name)
    numbers = whole(column.cast(pa.float64(), safe=False)).fill_null(float("nan"))
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)


def coded(text: pa.LargeStringArray) -> tuple[Longs, list[str | None]]:
    """The place of each text among the different ones, sorted, and those; null is a value of its own, the last.

    >>> values = coded(pa.array(["b", None, "a", "b"], pa.large_string()))
    >>> values[0].tolist(), values[1]
    ([1, 2, 0, 1], ['a', 'b', None])
    """
    found = pc.unique(text).drop_null()
    values = found.take(pc.sort_indices(found))
    at = pc.index_in(text, value_set=values).fill_null(len(values))
    names: list[str | None] = values.to_pylist()
    return np.asarray(at.to_numpy(zero_copy_only=False)).astype(np.int64), [*names, None] if text.null_count else names


def whole(column: pa.ChunkedArray) -> pa.Array:
    """One contiguous array."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
