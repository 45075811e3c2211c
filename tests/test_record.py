"""Ids, leaves, roots: what may never drift."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuoyu import record
from zhuoyu.errors import SpecError
from zhuoyu.kernels import canonical, encode
from zhuoyu.op import CELLS
from zhuoyu.record import Root, child_id, content_columns, leaves, measure_digest, row_id, schema_digest, table_digest, version_digest


def slow(batch: pa.RecordBatch) -> list[bytes]:
    """Leaves by the book."""
    names = sorted(batch.schema.names, key=str.encode)
    return [hashlib.sha256(raw).digest() for raw in encode.rows({n: batch.column(n) for n in names}, batch.num_rows)]


def fast(batch: pa.RecordBatch) -> list[bytes]:
    return leaves(batch, batch.schema.names).to_pylist()


def one(array: pa.Array, name: str = "x") -> list[bytes]:
    return fast(pa.record_batch({name: array}))


def halves(*values: float | None) -> pa.Array:
    return pa.array([None if v is None else np.float16(v) for v in values], pa.float16())


UNION = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
LONG_AGO = pa.array([-(2**62), 2**62, None, 0], pa.int64())
EVERY_TYPE: dict[str, pa.Array] = {
    "null": pa.nulls(3),
    "bool": pa.array([True, False, None, True]),
    **{
        str(t): pa.array([0, 1, None, 127], t)
        for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32())
    },
    "uint64": pa.array([0, 2**63 - 1, None, 2**64 - 1], pa.uint64()),
    "uint64 small": pa.array([0, 9, None], pa.uint64()),
    "half": halves(0.5, -0.0, None, float("nan")),
    "float": pa.array([0.5, -0.0, None, float("nan"), float("inf")], pa.float32()),
    "double": pa.array([0.1, -0.0, None, float("nan"), float("-inf")]),
    "decimal128": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-100.00"), None, decimal.Decimal(0)], pa.decimal128(12, 2)),
    "decimal256": pa.array([decimal.Decimal("1" * 40), None], pa.decimal256(60, 2)),
    "decimal negative scale": pa.array([decimal.Decimal(1200), None], pa.decimal128(5, -2)),
    "date32": pa.array([0, -1, None, 2**31 - 1], pa.int32()).cast(pa.date32()),
    "date64": pa.array([0, -86_400_000, None], pa.int64()).cast(pa.date64()),
    "time32": pa.array([0, 86_399, None], pa.int32()).cast(pa.time32("s")),
    "time64": pa.array([0, 86_399_999_999, None], pa.int64()).cast(pa.time64("us")),
    "timestamp s, far off": LONG_AGO.cast(pa.timestamp("s")),
    "timestamp ms zone": pa.array([0, -1, None], pa.int64()).cast(pa.timestamp("ms", "Asia/Shanghai")),
    "timestamp ns": pa.array([0, 2**63 - 1, None, -(2**63)], pa.int64()).cast(pa.timestamp("ns", "UTC")),
    "duration": pa.array([0, -5, None], pa.int64()).cast(pa.duration("ms")),
    "duration far off": LONG_AGO.cast(pa.duration("s")),
    "interval": pa.array([pa.MonthDayNano([1, -2, 3]), None], pa.month_day_nano_interval()),
    "string": pa.array(["", "é", None, "数据\0\n", "x" * 1000]),
    "large_string": pa.array(["", "é", None, "数据"], pa.large_string()),
    "string_view": pa.array(["", "é", None, "longer than twelve bytes"], pa.string_view()),
    "binary": pa.array([b"", b"\0\xff", None], pa.binary()),
    "large_binary": pa.array([b"", b"\0\xff", None], pa.large_binary()),
    "binary_view": pa.array([b"", b"\0\xff" * 20, None], pa.binary_view()),
    "fixed binary": pa.array([b"abcd", None, b"\0\0\0\0"], pa.binary(4)),
    "list": pa.array([[1, None], [], None, [3]], pa.list_(pa.int32())),
    "large_list": pa.array([["a", None], [], None], pa.large_list(pa.string())),
    "list_view": pa.array([[1, 2], None, [], [3]], pa.list_view(pa.int32())),
    "large_list_view": pa.array([["a"], None, []], pa.large_list_view(pa.string())),
    "fixed list": pa.array([[1.0, -0.0], None, [None, 2.0]], pa.list_(pa.float32(), 2)),
    "list of list": pa.array([[[1], None, []], None, []], pa.list_(pa.list_(pa.int64()))),
    "struct": pa.array([{"b": 1, "a": "x"}, None, {"b": None, "a": None}], pa.struct([("b", pa.int64()), ("a", pa.string())])),
    "struct without fields": pa.array([{}, None], pa.struct([])),
    "cells": pa.array([[{"column": "t", "start": 1, "end": 2, "how": "masked", "by": "op@1"}], None, [], [None]], CELLS),
    "map": pa.array([[("b", 1), ("a", None)], None, []], pa.map_(pa.string(), pa.int32())),
    "map of structs": pa.array([[(1, {"z": [1]})], None], pa.map_(pa.int8(), pa.struct([("z", pa.list_(pa.int8()))]))),
    "dictionary": pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2], pa.int8()), pa.array(["a", "b", None])),
    "dictionary in list": pa.array([["a", "b"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "run ends": pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["a", None])),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16, None], pa.binary(16))),
    "json": pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(["{}", None])),
    "tensor": pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.int8(), [2]), pa.array([[1, 2], None], pa.list_(pa.int8(), 2))),
}


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_fast_path_writes_what_the_book_says(name: str) -> None:
    array = EVERY_TYPE[name]
    assert one(array) == slow(pa.record_batch({"x": array}))
    nested = pa.StructArray.from_arrays([array, array], names=["é", "a"], mask=pa.array([i == 1 for i in range(len(array))]))
    assert one(nested) == slow(pa.record_batch({"x": nested}))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, None, len(array)], pa.int32()), array)
    assert one(lists) == slow(pa.record_batch({"x": lists}))


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_a_slice_and_other_batching_give_the_same_leaves(name: str) -> None:
    array = pa.concat_arrays([EVERY_TYPE[name]] * 3) if name != "run ends" else EVERY_TYPE[name]
    whole = one(array)
    for start in range(len(array)):
        assert one(array.slice(start, 2)) == whole[start : start + 2]
    assert one(array.slice(len(array))) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (pa.array([5, None], pa.int32()), pa.array([5, None], pa.uint64())),
        (pa.array([0.5], pa.float32()), pa.array([0.5], pa.float64())),
        (halves(0.5), pa.array([0.5])),
        (pa.array([-0.0]), pa.array([0.0])),
        (pa.array([np.uint64(0x7FF8000000000000)]).view(pa.float64()), pa.array([np.uint64(0xFFF0000000000001)]).view(pa.float64())),
        (pa.array(["a", None]), pa.array(["a", None], pa.string_view())),
        (pa.array(["a", None]), pa.array(["a", None]).dictionary_encode()),
        (pa.array(["a", "a"]), pc.run_end_encode(pa.array(["a", "a"]))),
        (pa.array([b"ab"], pa.binary()), pa.array([b"ab"], pa.binary(2))),
        (pa.array([[1, 2]], pa.list_(pa.int64())), pa.array([[1, 2]], pa.list_(pa.int64(), 2))),
        (pa.array([[1, 2]], pa.list_(pa.int64())), pa.array([[1, 2]], pa.large_list_view(pa.int8()))),
        (pa.array([decimal.Decimal("1.5")], pa.decimal128(5, 1)), pa.array([decimal.Decimal("1.50")], pa.decimal256(50, 2))),
        (pa.array([0]).cast(pa.timestamp("s", "UTC")), pa.array([0]).cast(pa.timestamp("ns", "Asia/Shanghai"))),
        (pa.array([dt.date(2020, 1, 1)], pa.date32()), pa.array([dt.date(2020, 1, 1)], pa.date64())),
        (
            pa.array([[("a", 1), ("b", 2)]], pa.map_(pa.string(), pa.int8())),
            pa.array([[("b", 2), ("a", 1)]], pa.map_(pa.string(), pa.int64())),
        ),
        (pa.array([{"a": 1, "b": 2}]), pa.array([{"b": 2, "a": 1}])),
        (pa.nulls(2), pa.array([None, None], pa.list_(pa.string()))),
    ],
)
def test_equal_values_have_equal_leaves_whatever_holds_them(a: pa.Array, b: pa.Array) -> None:
    assert one(a) == one(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (pa.array(["5"]), pa.array([5])),
        (pa.array([5]), pa.array([5.0])),
        (pa.array(["a"]), pa.array([b"a"])),
        (pa.array([None], pa.string()), pa.array([""])),
        (pa.array([[]], pa.list_(pa.int8())), pa.array([None], pa.list_(pa.int8()))),
        (pa.array([[None]], pa.list_(pa.int8())), pa.array([[]], pa.list_(pa.int8()))),
        (pa.array([["ab", "c"]]), pa.array([["a", "bc"]])),
        (pa.array([{"a": None}], pa.struct([("a", pa.int8())])), pa.array([None], pa.struct([("a", pa.int8())]))),
        (pa.array([1]).cast(pa.timestamp("s")), pa.array([1]).cast(pa.timestamp("ms"))),
        (pa.array([True]), pa.array([1])),
        (pa.array([2**63], pa.uint64()), pa.array([-(2**63)])),
        (pa.array([1e300]), pa.array([float("inf")])),
    ],
)
def test_unequal_values_have_unequal_leaves(a: pa.Array, b: pa.Array) -> None:
    assert one(a) != one(b)


def test_names_of_columns_are_content_and_their_order_is_not() -> None:
    batch = pa.record_batch({"b": [1, 2], "a": ["x", None], "é": [1.0, None]})
    assert leaves(batch, ["é", "a", "b"]) == leaves(batch.select(["é", "b", "a"]), ["b", "a", "é"])
    assert one(pa.array([1]), "a") != one(pa.array([1]), "b")


VALUES = {
    "i": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    "f": st.lists(st.none() | st.floats()),
    "s": st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
    "l": st.lists(st.none() | st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5))),
    "n": st.lists(
        st.none() | st.fixed_dictionaries({"p": st.none() | st.lists(st.none() | st.integers(0, 9)), "q": st.none() | st.booleans()})
    ),
}
TYPES = {
    "i": pa.int64(),
    "f": pa.float64(),
    "s": pa.string(),
    "l": pa.list_(pa.large_string()),
    "n": pa.struct([("q", pa.bool_()), ("p", pa.large_list(pa.uint8()))]),
}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(0, 3))
def test_fast_equals_slow_on_anything(data: st.DataObject, skip: int) -> None:
    columns = {name: data.draw(values) for name, values in VALUES.items()}
    n = min(map(len, columns.values()))
    batch = pa.record_batch({k: pa.array(v[:n], TYPES[k]) for k, v in columns.items()}).slice(min(skip, n))
    assert fast(batch) == slow(batch)


def test_a_batch_larger_than_the_buffer_is_hashed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pa.record_batch({"a": [f"{i} " * (i % 40) for i in range(2000)], "b": [[i] * (i % 3) for i in range(2000)]})
    whole = fast(batch)
    monkeypatch.setattr(canonical, "_PIECE", 700)
    assert fast(batch) == whole == slow(batch)


@pytest.mark.parametrize(
    ("batch", "columns", "says"),
    [
        (pa.record_batch({"u": UNION}), ["u"], "canonical form"),
        (pa.record_batch({"u": pa.ListArray.from_arrays(pa.array([0], pa.int32()), UNION.slice(1))}), ["u"], "canonical form"),
        (pa.record_batch({"a": [1]}), ["b"], "expected one column 'b', found 0"),
        (pa.record_batch({"a": [1]}), ["a", "a"], "twice"),
        (pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), ["a"], "found 2"),
        (pa.record_batch({"s": pa.StructArray.from_arrays([pa.array([1])] * 2, names=["a", "a"])}), ["s"], "'a' twice"),
    ],
)
def test_what_has_no_leaf_is_a_spec_error(batch: pa.RecordBatch, columns: list[str], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        leaves(batch, columns)


def test_content_is_system_and_user_columns() -> None:
    measure = pa.field("text_words", pa.int64(), metadata={"op": "text.length"})
    user = pa.field("text", pa.string(), metadata={"grade": "core"})
    schema = pa.schema([*record.SYSTEM, user, record.LEAF, measure, *record.REJECTION])
    assert content_columns(schema) == [*record.SYSTEM.names, "text"]


def test_ids_are_unambiguous_and_stable() -> None:
    said = [row_id("s", *p) for p in [("a", "b"), ("ab",), ("a", "b", None), (1,), ("1",), (b"1",), (), ("",)]] + [row_id("sa", "b")]
    assert len(set(said)) == len(said)
    assert all(len(i) == 32 and set(i) <= set("0123456789abcdef") for i in said)
    assert child_id("p", "op", 1) != child_id("p", "op", 11) != child_id("p1", "op", 1)


def roots(n: int, seed: int = 0) -> pa.Array:
    return pa.array([hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(n)], pa.binary(32))


def test_a_root_knows_no_order_no_batches_and_merges() -> None:
    every = roots(1000)
    whole = Root()
    whole.add(every)
    order = list(range(1000))
    random.Random(1).shuffle(order)
    parts = Root()
    for start in range(0, 1000, 97):
        part = Root()
        part.add(every.take(pa.array(order[start : start + 97])))
        part.digest()
        parts.merge(part)
    parts.merge(Root())
    assert (parts.digest(), parts.count) == (whole.digest(), 1000)
    assert parts.buckets() == whole.buckets()


def test_a_changed_leaf_changes_one_bucket_and_the_root() -> None:
    a, b = Root(), Root()
    a.add(roots(500))
    b.add(pa.concat_arrays([roots(500).slice(1), pa.array([b"\x07" * 32], pa.binary(32))]))
    differing = [i for i, (x, y) in enumerate(zip(a.buckets(), b.buckets(), strict=True)) if x != y]
    assert set(differing) == {roots(1)[0].as_py()[0], 7}
    assert a.digest() != b.digest()


def test_a_root_counts_equal_leaves_and_leaves_that_end_in_zero() -> None:
    zeros = pa.array([b"a" + b"\0" * 31, b"a" + b"\0" * 30 + b"\1"], pa.binary(32))
    once, twice = Root(), Root()
    once.add(zeros)
    twice.add(zeros)
    twice.add(zeros.slice(1))
    expected = hashlib.sha256(b"".join(sorted(zeros.to_pylist()))).hexdigest()
    assert once.buckets()[ord("a")] == expected
    assert once.digest() != twice.digest()
    with pytest.raises(SpecError):
        once.add(pa.array([None], pa.binary(32)))


def test_the_schema_digest_says_types_and_not_variants_or_metadata() -> None:
    a = pa.schema([("n", pa.int32()), pa.field("t", pa.string(), metadata={"grade": "core"}), pa.field("l", pa.list_(pa.string()))])
    b = pa.schema([("l", pa.large_list(pa.large_string())), ("t", pa.dictionary(pa.int8(), pa.string_view())), ("n", pa.int32(), False)])
    assert schema_digest(a) == schema_digest(b)
    assert schema_digest(a) != schema_digest(pa.schema([("n", pa.int64()), a.field("t"), a.field("l")]))
    assert table_digest(Root(), a) != table_digest(Root(), pa.schema([]))


def test_a_measure_digest_knows_no_order_and_says_value_row_and_type() -> None:
    ids = pa.chunked_array([["a"], ["b", "c"]])
    assert measure_digest(ids, pa.chunked_array([[1, 2], [None]])) == measure_digest(pa.array(["c", "a", "b"]), pa.array([None, 1, 2]))
    assert measure_digest(pa.array(["a", "b"]), pa.array([1, 2])) != measure_digest(pa.array(["a", "b"]), pa.array([2, 1]))
    assert measure_digest(pa.array(["a"]), pa.array([1])) != measure_digest(pa.array(["a"]), pa.array([1], pa.int8()))


GOLDEN = Path(__file__).with_name("record_golden.json")


def golden() -> dict[str, str]:
    """What the format gives for fixed input; the committed digests never change without a new format number."""
    found = {name: hashlib.sha256(b"".join(one(array))).hexdigest() for name, array in EVERY_TYPE.items()}
    system = pa.RecordBatch.from_pylist(
        [{"_id": "1", "_cells": [{"column": "t"}], "text": "琢玉"}, {"_id": "2"}], pa.schema([*record.SYSTEM, ("text", pa.string())])
    )
    found["system row"] = fast(system)[0].hex()
    root = Root()
    root.add(leaves(system, system.schema.names))
    found["root"] = root.digest()
    found["root of nothing"] = Root().digest()
    found["schema"] = schema_digest(pa.schema([(name, array.type) for name, array in EVERY_TYPE.items()]))
    found["table"] = table_digest(root, system.schema)
    found["version"] = version_digest({"rows": found["table"], "rows.rejected": found["table"]})
    found["measure"] = measure_digest(pa.array(["1", "2"]), pa.array([0.5, None]))
    found["row id"] = row_id("source", "a", b"b", 3, None)
    found["child id"] = child_id(found["row id"], "document.chunks", 7)
    return found


def test_the_format_never_drifts() -> None:
    assert golden() == json.loads(GOLDEN.read_text())
