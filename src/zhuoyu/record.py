"""The record: system columns, ids, leaves, digests.

**Row format 1** (``ZYR1``). A leaf is the SHA-256 of one row's content columns, written so that equal *values* give equal bytes
whatever held them: batch, slice, column order, dictionary, view and large variants, engine or file layout. Integers are little-endian.

    row       "ZYR1"  u32 columns  column*                  columns in ascending order of the UTF-8 bytes of their name
    column    u32 bytes of the name, the name, value
    value     one tag byte, then:
      00      null (of any type)
      62 b    one byte, 0 or 1                                boolean
      69 i    i64; 49 I: i128 when it does not fit            every integer type: int32 5 and int64 5 encode alike
      66 f    f64; NaN is 7ff8000000000000, -0 is +0          half, float, double
      64 d    i32 exponent, u64 length, ASCII digits          decimals: coefficient without trailing zeros ("-15", -1 is -1.5)
      65 e    i64 milliseconds since 1970-01-01               date32, date64
      68 h    i64 nanoseconds since midnight; 48 H: i128      time32, time64
      74 t    i64 nanoseconds since the epoch, UTC; 54 T: i128    timestamps (one without a zone is written as it stands)
      75 u    i64 nanoseconds; 55 U: i128                     durations
      76 v    i32 months, i32 days, i64 nanoseconds           intervals
      73 s    u64 length, UTF-8 bytes                         string variants
      78 x    u64 length, bytes                               binary variants, fixed-size too
      6c l    u64 count, value*                               list variants, fixed-size and view too
      6d m    u64 count, (key value, item value)*             maps: entries in ascending order of their bytes
      72 r    u32 fields, column*                             structs: fields as the columns of a row

Dictionaries and run-ends are written as the values they stand for, extension types as their storage. A union has no one value
per type and is a SpecError. The row format says values; the *types* are in the schema's digest, so int32 5 and int64 5 share a
leaf but not a table digest.

**Table format 1.** Bucket b (0..255) is the SHA-256 over the leaves whose first byte is b, ascending. Root: SHA-256 over ``ZYM1``,
u64 count, the 256 buckets. Schema: SHA-256 over ``ZYS1`` and, by name, name and canonical type, each u32 length + bytes. Table: SHA-256
over ``ZYT1``, root, schema. Version: SHA-256 over ``ZYV1``, u32 count and, by name, u32 length + name + table digest.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from zhuoyu.errors import SpecError
from zhuoyu.kernels.encode import by_name, is_list
from zhuoyu.op import CELLS

ORIGIN = pa.struct([("source", pa.string()), ("uri", pa.string()), ("locator", pa.string())])
SYNTHETIC = pa.struct([("generator", pa.string()), ("model", pa.string()), ("prompt", pa.string()), ("seed", pa.string())])

SYSTEM = pa.schema(
    [
        ("_id", pa.string()),
        ("_origin", ORIGIN),
        ("_batch", pa.string()),
        ("_parents", pa.list_(pa.string())),
        ("_time", pa.timestamp("ns", "UTC")),
        ("_license", pa.string()),
        ("_grade", pa.string()),
        ("_synthetic", SYNTHETIC),
        ("_cells", CELLS),
    ]
)
"""In every table of every version, in this order, before the user's own columns."""

REJECTION = pa.schema([("_step", pa.int32()), ("_reason", pa.string()), ("_found", pa.string())])
"""Added in a rejected table: the step's index (-1: the reader), why, and the values that failed."""

LEAF = pa.field("_leaf", pa.binary(32))
"""The row's SHA-256, stored beside it in both tables."""

LEAF_TYPE = pa.binary(32)


def row_id(source: str, *parts: str | bytes | int | None) -> str:
    """A row's name: 32 hex digits of a SHA-256 over the source and what names the row in it.

    Parts are typed and length-prefixed: ``("a", "b")``, ``("ab",)``, ``(1,)`` and ``("1",)`` give four ids.

    >>> row_id("docs", "README.md")
    '6685ca7406c889ea388aa70d056c5cc6'
    """
    said = [_part(source)]
    said += [_part(p) for p in parts]
    return hashlib.sha256(b"ZYI1" + b"".join(said)).hexdigest()[:32]


def child_id(parent: str, op: str, ordinal: int) -> str:
    """The id of the ordinal-th row (from 0) that operator OP (its name) made of PARENT.

    >>> child_id("doc", "document.chunks", 0) == child_id("doc", "document.chunks", 1)
    False
    """
    return row_id(parent, op, ordinal)


def _part(value: str | bytes | int | None) -> bytes:
    if value is None:
        return b"\0"
    tag, raw = (
        (b"x", value) if isinstance(value, bytes) else (b"s", value.encode()) if isinstance(value, str) else (b"i", str(value).encode())
    )
    return tag + struct.pack("<Q", len(raw)) + raw


def is_measure(field: pa.Field) -> bool:
    """True for a column an operator wrote beside the content."""
    return bool(field.metadata) and b"op" in field.metadata


def content_columns(schema: pa.Schema) -> list[str]:
    """What a leaf covers: system and user columns; not measures, not ``_leaf``, not why a row was rejected.

    A rejected row keeps the leaf it would have as a kept row; its rejection columns have a digest of their own
    (``measure_digest``).

    >>> content_columns(pa.schema([("_id", pa.string()), ("text", pa.string()), LEAF, ("_reason", pa.string())]))
    ['_id', 'text']
    """
    aside = {LEAF.name, *REJECTION.names}
    return [f.name for f in schema if f.name not in aside and not is_measure(f)]


def leaves(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.FixedSizeBinaryArray:
    """One SHA-256 a row over the canonical encoding of COLUMNS (the order they are given in does not matter).

    Nulls are part of a row's content; an empty batch gives an empty array.

    Raises:
        SpecError: a column is missing, named twice, or of a type that has no canonical form (union).

    >>> a = pa.record_batch({"n": pa.array([5], pa.int32()), "t": pa.array(["é"])})
    >>> b = pa.record_batch({"t": pa.array(["é"], pa.large_string()), "n": pa.array([5])})
    >>> leaves(a, ["n", "t"]) == leaves(b, ["t", "n"])
    True
    """
    from zhuoyu.kernels import canonical

    return canonical.leaves({name: _column(batch, name) for name in _names(columns)}, batch.num_rows)


def _names(columns: Sequence[str]) -> list[str]:
    if len(set(columns)) != len(columns):
        twice = sorted({c for c in columns if list(columns).count(c) > 1})
        raise SpecError(
            f"expected each column once, found {', '.join(twice)} twice", fix="give every column a name of its own", columns=twice
        )
    return sorted(columns, key=str.encode)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    at = batch.schema.get_all_field_indices(name)
    if len(at) != 1:
        raise SpecError(f"expected one column {name!r}, found {len(at)}", fix=f"columns: {', '.join(batch.schema.names)}", column=name)
    return batch.column(at[0])


class Root:
    """Leaves of one table on their way to a Merkle root: 32 bytes a row, in any order, from any number of workers.

    >>> a, b = Root(), Root()
    >>> a.add(pa.array([b"1" * 32, b"2" * 32], pa.binary(32)))
    >>> b.add(pa.array([b"2" * 32], pa.binary(32)))
    >>> c = Root()
    >>> c.add(pa.array([b"1" * 32], pa.binary(32)))
    >>> b.merge(c)
    >>> a.digest() == b.digest(), a.count
    (True, 2)
    """

    def __init__(self) -> None:
        self._pieces: list[np.ndarray] = []
        self.count = 0

    def add(self, array: pa.FixedSizeBinaryArray | pa.ChunkedArray) -> None:
        """Take the leaves of some more rows.

        Raises:
            SpecError: the array is not of 32-byte values, or has nulls.
        """
        if array.type != LEAF_TYPE or array.null_count:
            raise SpecError(
                f"expected leaves of {LEAF_TYPE} without nulls, found {array.type} with {array.null_count} nulls",
                fix="pass what leaves() returns",
            )
        for chunk in array.chunks if isinstance(array, pa.ChunkedArray) else [array]:
            raw = np.frombuffer(chunk.buffers()[1] or b"", np.uint8)
            piece = raw[32 * chunk.offset : 32 * (chunk.offset + len(chunk))].copy().view("S32")
            self._pieces.append(piece)
            self.count += len(piece)

    def merge(self, other: Root) -> None:
        """Take all leaves of another root; it stays as it was."""
        self._pieces.extend(other._pieces)
        self.count += other.count

    def buckets(self) -> list[str]:
        """256 hex digests, one per first byte: where two tables differ without comparing every leaf."""
        every = np.sort(np.concatenate(self._pieces)) if self._pieces else np.empty(0, "S32")
        self._pieces = [every]
        raw = every.tobytes()
        ends = np.searchsorted(every.view(np.uint8).reshape(-1, 32)[:, 0], np.arange(257))
        return [hashlib.sha256(raw[32 * a : 32 * b]).hexdigest() for a, b in pairwise(ends)]

    def digest(self) -> str:
        """The root, in hex; a table without rows has one too."""
        return hashlib.sha256(b"ZYM1" + struct.pack("<Q", self.count) + bytes.fromhex("".join(self.buckets()))).hexdigest()


def schema_digest(schema: pa.Schema) -> str:
    """Names and types of the content columns, whatever their order, field metadata, or string and list variant.

    >>> a = pa.schema([("a", pa.string()), pa.field("m", pa.int64(), metadata={"op": "text.length"})])
    >>> schema_digest(a) == schema_digest(pa.schema([("a", pa.large_string())]))
    True
    """
    said = b"".join(
        _prefixed(name) + _prefixed(type_name(schema.field(name).type)) for name in sorted(content_columns(schema), key=str.encode)
    )
    return hashlib.sha256(b"ZYS1" + said).hexdigest()


def table_digest(root: Root | str, schema: pa.Schema) -> str:
    """A table's digest: its root (or the root's hex digest) and its schema."""
    of_rows = root.digest() if isinstance(root, Root) else root
    return hashlib.sha256(b"ZYT1" + bytes.fromhex(of_rows) + bytes.fromhex(schema_digest(schema))).hexdigest()


def version_digest(tables: Mapping[str, str]) -> str:
    """A version's digest over its tables' (``rows``, ``rows.rejected``, ``chunks`` …: name to hex digest).

    >>> version_digest({"rows": "00" * 32, "rows.rejected": "11" * 32}) == version_digest({"rows.rejected": "11" * 32, "rows": "00" * 32})
    True
    """
    names = sorted(tables, key=str.encode)
    said = b"".join(_prefixed(n) + bytes.fromhex(tables[n]) for n in names)
    return hashlib.sha256(b"ZYV1" + struct.pack("<I", len(names)) + said).hexdigest()


def measure_leaves(ids: pa.Array, column: pa.Array) -> pa.FixedSizeBinaryArray:
    """One SHA-256 a row over (``_id``, value): what a column beside the content contributes to its digest."""
    return leaves(pa.RecordBatch.from_arrays([ids, column], names=["_id", "value"]), ["_id", "value"])


def measure_digest(ids: pa.Array | pa.ChunkedArray, column: pa.Array | pa.ChunkedArray) -> str:
    """The digest of one measure, independent of row order and of the column's name.

    >>> measure_digest(pa.array(["a", "b"]), pa.array([1, 2])) == measure_digest(pa.array(["b", "a"]), pa.array([2, 1]))
    True
    """
    root = Root()
    table = pa.table([ids, column], names=["_id", "value"])
    for batch in table.to_batches():
        root.add(measure_leaves(batch.column(0), batch.column(1)))
    return column_digest(root, column.type)


def column_digest(root: Root, dtype: pa.DataType) -> str:
    """The digest of a measure whose ``measure_leaves`` were gathered batch by batch."""
    return hashlib.sha256(b"ZYC1" + bytes.fromhex(root.digest()) + _prefixed(type_name(dtype))).hexdigest()


def _prefixed(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<I", len(raw)) + raw


_BASE: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], str]], ...] = (
    (lambda t: isinstance(t, pa.BaseExtensionType), lambda t: type_name(t.storage_type)),
    (pa.types.is_dictionary, lambda t: type_name(t.value_type)),
    (pa.types.is_run_end_encoded, lambda t: type_name(t.value_type)),
    (lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t), lambda _: "string"),
    (lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_binary_view(t), lambda _: "binary"),
    (pa.types.is_fixed_size_list, lambda t: f"list<{type_name(t.value_type)}>[{t.list_size}]"),
    (pa.types.is_decimal, lambda t: f"decimal({t.precision},{t.scale})"),
    (pa.types.is_map, lambda t: f"map<{type_name(t.key_type)},{type_name(t.item_type)}>"),
    (is_list, lambda t: f"list<{type_name(t.value_type)}>"),
    (pa.types.is_struct, lambda t: "struct<" + ",".join(json.dumps(f.name) + ":" + type_name(f.type) for f in by_name(t)) + ">"),
)


def type_name(dtype: pa.DataType) -> str:
    """The canonical name of a type: variants that hold the same values share one.

    >>> type_name(pa.dictionary(pa.int8(), pa.large_string())), type_name(pa.list_(pa.int32()))
    ('string', 'list<int32>')
    """
    return next((name(dtype) for match, name in _BASE if match(dtype)), str(dtype))
