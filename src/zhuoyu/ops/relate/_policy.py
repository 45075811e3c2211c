"""What Relates about duplicates share: the hash of a content, who is preferred, and which rows have equal content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import SpecError
from zhuoyu.kernels.arrow import Flags, Longs, text_buffers
from zhuoyu.kernels.shingles import folded_space

CONTENT = pa.binary(16)
Ignore = Literal["space", "nothing"]
PREFER = r"^-?[A-Za-z_][A-Za-z0-9_]*$"
"""``longest``, ``first``, a column (larger is better) or ``-`` and a column (smaller is better)."""


def content_hashes(text: pa.LargeStringArray, ignore: Ignore = "space") -> pa.Array:
    r"""128 bits of BLAKE2b per text, white space folded when ``ignore`` is ``space``; null for null.

    >>> a, b = content_hashes(pa.array(["a  b\n", "a b"], pa.large_string()))
    >>> a == b
    True
    """
    offsets, data, valid = text_buffers(text)
    if ignore == "space":
        data, offsets = folded_space(text)
    view, ends = memoryview(data.data), offsets.tolist()
    hashes = [
        hashlib.blake2b(view[a:b], digest_size=16).digest() if there else None
        for a, b, there in zip(ends[:-1], ends[1:], valid.tolist(), strict=True)
    ]
    return pa.array(hashes, CONTENT)


@dataclass(frozen=True)
class Ranked:
    """The rows of a Relate by preference. ``order[r]`` is the position of rank r; ``ids[r]`` says how its ``_id`` sorts."""

    order: Longs
    ids: Longs
    groups: npt.NDArray[np.int32]
    valid: Flags
    same: Longs
    """The most preferred rank with the same content in the same group; a row without content is alone."""


def ranked(rows: pa.Table, prefer: str, per: str) -> Ranked:
    """Order ROWS (with ``_id``, ``content`` and what PREFER and PER name) by preference, ties by ``_id``."""
    ids = np.empty(rows.num_rows, np.int64)
    ids[_positions(pc.sort_indices(rows.column("_id")))] = np.arange(rows.num_rows)
    order = np.lexsort((ids, _merit(rows, prefer)))
    groups = _codes(rows.column(per))[order] if per else np.zeros(len(order), np.int32)
    content = _whole(rows.column("content").take(pa.array(order)))
    valid = np.asarray(pc.is_valid(content).to_numpy(zero_copy_only=False), np.bool_)
    return Ranked(order, ids[order], groups, valid, _same(content, groups, valid))


def needed(prefer: str) -> tuple[str, ...]:
    """The column PREFER names, if any.

    >>> needed("-_time"), needed("longest")
    (('_time',), ())
    """
    return () if prefer in ("longest", "first") else (prefer.removeprefix("-"),)


def written_ids(rows: pa.Table, at: Longs) -> pa.Array:
    """The ``_id`` at each position of AT; null where it is negative."""
    return _whole(rows.column("_id").take(pa.array(at, mask=at < 0)).cast(pa.string()))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _positions(array: pa.Array) -> Longs:
    return np.asarray(array.to_numpy(zero_copy_only=False)).astype(np.int64)


def _merit(rows: pa.Table, prefer: str) -> Longs:
    """Smaller is preferred; nulls come last."""
    if prefer == "first":
        return np.zeros(rows.num_rows, np.int64)
    if prefer == "longest":
        return -_positions(rows.column("size").fill_null(0))
    column = rows.column(prefer.removeprefix("-"))
    column = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    direction = "ascending" if prefer.startswith("-") else "descending"
    try:
        return _positions(pc.rank(column, sort_keys=direction, tiebreaker="dense"))
    except pa.ArrowNotImplementedError:
        raise SpecError(
            f"prefer: expected a column of numbers, texts or times, found {column.type} in {prefer!r}",
            fix="name another column",
            column=prefer,
        ) from None


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """A number per different value; nulls are equal to each other."""
    try:
        coded = _whole(column).dictionary_encode(null_encoding="encode")
    except pa.ArrowNotImplementedError:
        raise SpecError(f"per: expected a column of single values, found {column.type}", fix="name another column") from None
    return np.asarray(coded.indices.to_numpy(zero_copy_only=False)).astype(np.int32)


def _same(content: pa.Array, groups: npt.NDArray[np.int32], valid: Flags) -> Longs:
    at = np.flatnonzero(valid)
    same = np.arange(len(valid))
    if len(at) == 0:
        return same
    raw = np.frombuffer(content.buffers()[1], np.uint64, 2 * len(content), 16 * content.offset).reshape(-1, 2)[at]
    order = np.lexsort((at, raw[:, 1], raw[:, 0], groups[at]))
    keys = np.column_stack([groups[at].astype(np.uint64), raw])[order]
    new = np.concatenate([[True], (keys[1:] != keys[:-1]).any(axis=1)])
    same[at[order]] = at[order][new][np.cumsum(new) - 1]
    return same
