"""Leaves at speed: the canonical encoding of whole columns into one buffer, then a SHA-256 a row.

A type is planned as a tree of nodes. A node says how many bytes each of its values takes and writes every value at a
given position; a position of -1 is a value whose parent is null, and is not written. Numbers, strings, lists, structs
and nulls go through numba kernels; decimals, maps, intervals and far-off instants are encoded by ``kernels.encode`` and
copied in. The format is specified in ``zhuoyu.record``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import encode
from zhuoyu.kernels.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_PIECE = 8 << 20
"""Bytes of a buffer that is filled before its rows are hashed: about the last-level cache."""
_NAN = np.uint64(0x7FF8000000000000).astype(np.int64)
_LIMIT = 2**63 - 1
_T = pa.types


@compiled
def _write_const(out: Bytes, at: Longs, raw: Bytes) -> None:
    for i in range(len(at)):
        p = at[i]
        if p >= 0:
            for k in range(len(raw)):
                out[p + k] = raw[k]


@compiled
def _write_long(out: Bytes, p: int, value: int) -> None:
    for k in range(8):
        out[p + k] = (value >> (8 * k)) & 0xFF


@compiled
def _write_tags(out: Bytes, at: Longs, valid: Bytes, tag: int) -> None:
    for i in range(len(at)):
        if at[i] >= 0:
            out[at[i]] = tag if valid[i] else 0


@compiled
def _write_longs(out: Bytes, at: Longs, valid: Bytes, tag: int, values: Longs) -> None:
    for i in range(len(at)):
        p = at[i]
        if p < 0:
            continue
        if valid[i]:
            out[p] = tag
            _write_long(out, p + 1, values[i])
        else:
            out[p] = 0


@compiled
def _write_bools(out: Bytes, at: Longs, valid: Bytes, values: Bytes) -> None:
    for i in range(len(at)):
        p = at[i]
        if p < 0:
            continue
        if valid[i]:
            out[p] = 0x62
            out[p + 1] = values[i]
        else:
            out[p] = 0


@compiled
def _write_sized(out: Bytes, at: Longs, valid: Bytes, tag: int, offsets: Longs, data: Bytes) -> None:
    for i in range(len(at)):
        p = at[i]
        if p < 0:
            continue
        if not valid[i]:
            out[p] = 0
            continue
        start = offsets[i]
        size = offsets[i + 1] - start
        out[p] = tag
        _write_long(out, p + 1, size)
        out[p + 9 : p + 9 + size] = data[start : start + size]


@compiled
def _write_raw(out: Bytes, at: Longs, offsets: Longs, data: Bytes) -> None:
    for i in range(len(at)):
        p = at[i]
        if p >= 0:
            out[p : p + offsets[i + 1] - offsets[i]] = data[offsets[i] : offsets[i + 1]]


@compiled
def _list_sizes(valid: Bytes, offsets: Longs, inner: Longs) -> Longs:
    sizes = np.ones(len(valid), np.int64)
    for i in range(len(valid)):
        if valid[i]:
            total = 9
            for j in range(offsets[i], offsets[i + 1]):
                total += inner[j]
            sizes[i] = total
    return sizes


@compiled
def _list_places(out: Bytes, at: Longs, valid: Bytes, offsets: Longs, inner: Longs) -> Longs:
    places = np.full(len(inner), -1, np.int64)
    for i in range(len(at)):
        if at[i] < 0:
            continue
        if not valid[i]:
            out[at[i]] = 0
            continue
        out[at[i]] = 0x6C
        _write_long(out, at[i] + 1, offsets[i + 1] - offsets[i])
        p = at[i] + 9
        for j in range(offsets[i], offsets[i + 1]):
            places[j] = p
            p += inner[j]
    return places


class Node(Protocol):
    """One array on its way into the buffer."""

    sizes: Longs

    def write(self, out: Bytes, at: Longs) -> None:
        """Write value i at ``at[i]`` unless that is -1."""


class _Null:
    def __init__(self, count: int) -> None:
        self.sizes = np.ones(count, np.int64)
        self._valid = np.zeros(count, np.uint8)

    def write(self, out: Bytes, at: Longs) -> None:
        _write_tags(out, at, self._valid, 0)


class _Longs:
    def __init__(self, array: pa.Array, tag: str, values: Longs) -> None:
        self._valid, self._tag, self._values = _valid(array), ord(tag), values
        self.sizes = np.where(self._valid, 9, 1).astype(np.int64)

    def write(self, out: Bytes, at: Longs) -> None:
        _write_longs(out, at, self._valid, self._tag, self._values)


class _Bools:
    def __init__(self, array: pa.Array) -> None:
        self._valid = _valid(array)
        self._values = _flat(pc.fill_null(array, False).cast(pa.uint8()), np.uint8)
        self.sizes = np.where(self._valid, 2, 1).astype(np.int64)

    def write(self, out: Bytes, at: Longs) -> None:
        _write_bools(out, at, self._valid, self._values)


class _Sized:
    def __init__(self, array: pa.Array, tag: str) -> None:
        self._valid, self._tag = _valid(array), ord(tag)
        self._offsets, self._data = _bytes_of(array)
        self.sizes = np.where(self._valid, 9 + np.diff(self._offsets), 1).astype(np.int64)

    def write(self, out: Bytes, at: Longs) -> None:
        _write_sized(out, at, self._valid, self._tag, self._offsets, self._data)


class _Encoded:
    """Values that ``encode`` wrote one by one."""

    def __init__(self, array: pa.Array) -> None:
        raw = encode.values(array)
        self.sizes = np.fromiter(map(len, raw), np.int64, len(raw))
        self._offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.sizes)])
        self._data = np.frombuffer(b"".join(raw), np.uint8)

    def write(self, out: Bytes, at: Longs) -> None:
        _write_raw(out, at, self._offsets, self._data)


class _List:
    def __init__(self, array: pa.Array, offsets: Longs, inner: pa.Array) -> None:
        self._valid, self._offsets, self._inner = _valid(array), offsets, plan(inner)
        self.sizes = _list_sizes(self._valid, offsets, self._inner.sizes)

    def write(self, out: Bytes, at: Longs) -> None:
        places = _list_places(out, at, self._valid, self._offsets, self._inner.sizes)
        if len(places):
            self._inner.write(out, places)


class _Struct:
    """Fields in canonical order, each behind its name; also a row, which has another head and no null."""

    def __init__(self, valid: Bytes, head: bytes, fields: dict[str, pa.Array]) -> None:
        self._valid, self._head = valid, np.frombuffer(head, np.uint8)
        self._fields = [(np.frombuffer(encode.prefix(name), np.uint8), plan(array)) for name, array in fields.items()]
        whole = np.full(len(valid), len(head), np.int64)
        for name, node in self._fields:
            whole += node.sizes + len(name)
        self.sizes = np.where(valid, whole, 1)

    def write(self, out: Bytes, at: Longs) -> None:
        if not self._valid.all():
            _write_tags(out, at, self._valid, 0)
            at = np.where(self._valid, at, -1)
        _write_const(out, at, self._head)
        here = at >= 0
        at = np.where(here, at + len(self._head), -1)
        for name, node in self._fields:
            _write_const(out, at, name)
            at = np.where(here, at + len(name), -1)
            node.write(out, at)
            at = np.where(here, at + node.sizes, -1)


def plan(array: pa.Array) -> Node:
    """The node that writes an array of a checked type."""
    array = encode.plain(array)
    dtype = array.type
    if _T.is_null(dtype) or array.null_count == len(array):
        return _Null(len(array))
    if _T.is_boolean(dtype):
        return _Bools(array)
    if encode.is_text(dtype) or encode.is_bytes(dtype):
        return _Sized(array, "s" if encode.is_text(dtype) else "x")
    return _nested(array) or _numbers(array) or _Encoded(array)


def _nested(array: pa.Array) -> Node | None:
    dtype = array.type
    if _T.is_struct(dtype):
        fields = {f.name: array.field(dtype.get_field_index(f.name)) for f in encode.by_name(dtype)}
        return _Struct(_valid(array), b"r" + struct.pack("<I", len(fields)), fields)
    if _T.is_fixed_size_list(dtype):
        n, size = len(array), dtype.list_size
        return _List(array, np.arange(n + 1, dtype=np.int64) * size, array.values.slice(array.offset * size, n * size))
    if encode.is_list(dtype):
        offsets = _flat(array.offsets.cast(pa.int64()), np.int64)
        start, end = int(offsets[0]), int(offsets[-1])
        return _List(array, offsets - start, array.values.slice(start, end - start))
    return None


_TAGS: tuple[tuple[Any, str], ...] = (
    (_T.is_integer, "i"),
    (_T.is_date, "e"),
    (_T.is_time, "h"),
    (_T.is_timestamp, "t"),
    (_T.is_duration, "u"),
)


def _numbers(array: pa.Array) -> Node | None:
    """A node for numbers and instants whose every value fits an i64, else None."""
    dtype = array.type
    if _T.is_floating(dtype):
        with np.errstate(invalid="ignore"):
            floats = _flat(pc.fill_null(array, 0).cast(pa.float64()), np.float64) + 0.0
        return _Longs(array, "f", np.where(np.isnan(floats), _NAN, floats.view(np.int64)))
    tag = next((tag for match, tag in _TAGS if match(dtype)), "")
    if not tag:
        return None
    if _T.is_integer(dtype):
        times, numpy_type = 1, np.dtype(str(dtype)).type
    else:
        times = 86_400_000 if _T.is_date32(dtype) else 1 if _T.is_date64(dtype) else encode.nanos(dtype)
        numpy_type = {32: np.int32, 64: np.int64}[dtype.bit_width]
    ticks = np.where(_valid(array), _flat(array, numpy_type), numpy_type(0))
    if len(ticks) and (int(ticks.max()) > _LIMIT // times or int(ticks.min()) < -(_LIMIT // times)):
        return None
    return _Longs(array, tag, ticks.astype(np.int64) * times)


def _valid(array: pa.Array) -> Bytes:
    if not array.null_count:
        return np.ones(len(array), np.uint8)
    return _flat(array.is_valid().cast(pa.uint8()), np.uint8).copy()


def _flat(array: pa.Array, dtype: Any) -> npt.NDArray[Any]:
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array), dtype)
    size = np.dtype(dtype).itemsize
    return np.frombuffer(buffer, dtype, len(array), array.offset * size).copy()


def _bytes_of(array: pa.Array) -> tuple[Longs, Bytes]:
    """Offsets (i64, n + 1) and the data they point into, read-only."""
    dtype = array.type
    if _T.is_string_view(dtype) or _T.is_binary_view(dtype):
        array = array.cast(pa.large_string() if encode.is_text(dtype) else pa.large_binary())
    if _T.is_fixed_size_binary(dtype):
        offsets = (np.arange(len(array) + 1, dtype=np.int64) + array.offset) * dtype.byte_width
        return offsets, np.frombuffer(array.buffers()[1] or b"", np.uint8)
    _, places, data = array.buffers()
    if places is None or not len(array):
        return np.zeros(len(array) + 1, np.int64), np.frombuffer(b"", np.uint8)
    kind = np.int64 if _T.is_large_string(array.type) or _T.is_large_binary(array.type) else np.int32
    offsets = np.frombuffer(places, kind, len(array) + 1, array.offset * np.dtype(kind).itemsize)
    return offsets.astype(np.int64), np.frombuffer(data or b"", np.uint8)


def _pieces(columns: dict[str, pa.Array], count: int) -> Iterator[Node]:
    head = encode.ROW + struct.pack("<I", len(columns))
    size = sum(array.nbytes for array in columns.values())
    step = max(1, count * _PIECE // max(size, _PIECE)) if size > _PIECE else max(count, 1)
    for start in range(0, count, step):
        n = min(step, count - start)
        yield _Struct(np.ones(n, np.uint8), head, {name: array.slice(start, n) for name, array in columns.items()})


def leaves(columns: dict[str, pa.Array], count: int) -> pa.FixedSizeBinaryArray:
    """One SHA-256 a row; COLUMNS in canonical order, each COUNT long.

    Raises:
        SpecError: a type has no canonical form.
    """
    for array in columns.values():
        encode.check(array.type)
    digests: list[bytes] = []
    sha = hashlib.sha256
    for node in _pieces(columns, count):
        ends = np.cumsum(node.sizes)
        out = np.empty(int(ends[-1]), np.uint8)
        node.write(out, ends - node.sizes)
        view = memoryview(out.data)
        digests += [sha(view[a:b]).digest() for a, b in zip((ends - node.sizes).tolist(), ends.tolist(), strict=True)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(b"".join(digests))])
