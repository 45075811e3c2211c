"""Tables on disk: what comes back is what went in, and only what was committed counts."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from zhuoyu.errors import DataError, SpecError
from zhuoyu.record import content_columns, leaves
from zhuoyu.store import lance

SCHEMA = pa.schema([("_id", pa.string()), pa.field("text", pa.large_string(), metadata={"grade": "core"})])
WORDS = pa.field("text_words", pa.int64(), metadata={"op": "text.length"})


def rows(n: int, start: int = 0) -> pa.RecordBatch:
    return pa.record_batch([[f"r{i}" for i in range(start, start + n)], [f"text {i}" for i in range(start, start + n)]], schema=SCHEMA)


def table(path: Path, n: int = 10) -> Path:
    lance.write(path, iter([rows(n)]), SCHEMA)
    return path


def test_rows_come_back_with_their_types_and_metadata(tmp_path: Path) -> None:
    assert lance.write(tmp_path / "t.lance", iter([rows(3), rows(4, 3)]), SCHEMA) == 7
    found = lance.open_table(tmp_path / "t.lance")
    assert found.schema.equals(SCHEMA, check_metadata=True)
    assert found.count() == 7
    assert pa.Table.from_batches(found.scan()).to_pylist() == rows(7).to_pylist()
    assert lance.disk_bytes(tmp_path / "t.lance") > 0


def test_an_empty_table_keeps_its_schema(tmp_path: Path) -> None:
    assert lance.write(tmp_path / "t", iter([]), SCHEMA) == 0
    assert lance.open_table(tmp_path / "t").schema == SCHEMA
    assert list(lance.open_table(tmp_path / "t").scan(["text"])) == []


def test_scan_takes_columns_in_order_a_condition_and_a_batch_size(tmp_path: Path) -> None:
    found = lance.open_table(table(tmp_path / "t"))
    batches = list(found.scan(["text", "_id"], "_id > 'r6'", 2))
    assert [b.schema.names for b in batches] == [["text", "_id"]] * len(batches)
    assert max(b.num_rows for b in batches) <= 2
    assert [i for b in batches for i in b.column("_id").to_pylist()] == ["r7", "r8", "r9"]
    assert found.count("_id > 'r6'") == 3


def test_take_by_position_and_by_id_keeps_the_asked_order(tmp_path: Path) -> None:
    found = lance.open_table(table(tmp_path / "t"))
    assert found.take([7, 2], ["_id"]).to_pydict() == {"_id": ["r7", "r2"]}
    assert found.take(["r9", "r0", "it's gone", "r5"], ["text"]).to_pydict() == {"text": ["text 9", "text 0", "text 5"]}
    assert found.take([], ["text"]).num_rows == 0


def test_a_column_in_row_order_or_by_id_lies_beside_unchanged_content(tmp_path: Path) -> None:
    path = table(tmp_path / "t")
    before = lance.open_table(path)
    was = [leaves(b, content_columns(b.schema)) for b in before.scan()]
    size = lance.disk_bytes(path)
    other = pa.field("text_chars", pa.int64(), metadata={"op": "text.length"})
    lance.add_columns(
        path,
        iter(
            [pa.record_batch([list(range(4))], schema=pa.schema([WORDS])), pa.record_batch([list(range(4, 10))], schema=pa.schema([WORDS]))]
        ),
        pa.schema([WORDS]),
    )
    keyed = pa.record_batch(
        [[f"r{i}" for i in reversed(range(10))], [i * i for i in reversed(range(10))]], schema=pa.schema([SCHEMA.field("_id"), other])
    )
    assert lance.add_columns(path, iter([keyed.slice(0, 3), keyed.slice(3)]), keyed.schema) == 10
    after = lance.open_table(path)
    got = pa.Table.from_batches(after.scan()).to_pydict()
    assert got["text_words"] == list(range(10))
    assert got["text_chars"] == [i * i for i in range(10)]
    assert after.schema.field("text_words").metadata == {b"op": b"text.length"}
    assert [leaves(b, content_columns(b.schema)) for b in after.scan()] == was
    assert lance.disk_bytes(path) > size
    assert before.schema.names == ["_id", "text"]
    assert list(tmp_path.glob(".columns-*")) == []


def test_columns_added_at_the_same_time_all_arrive(tmp_path: Path) -> None:
    path = table(tmp_path / "t")
    failed: list[Exception] = []

    def add(k: int) -> None:
        schema = pa.schema([pa.field(f"m{k}", pa.int32(), metadata={"op": "x"})])
        try:
            lance.add_columns(path, iter([pa.record_batch([[k] * 10], schema=schema)]), schema)
        except (DataError, SpecError) as error:
            failed.append(error)

    threads = [threading.Thread(target=add, args=(k,)) for k in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failed == []
    assert {f"m{k}" for k in range(5)} <= set(lance.open_table(path).schema.names)


@pytest.mark.parametrize(
    ("field", "values", "error"),
    [
        (WORDS, [1, 2], DataError),
        (WORDS, list(range(11)), DataError),
        (pa.field("text_words", pa.int64()), list(range(10)), SpecError),
        (pa.field("text", pa.int64(), metadata={"op": "x"}), list(range(10)), SpecError),
    ],
)
def test_columns_that_do_not_fit_are_refused_and_leave_nothing(
    tmp_path: Path, field: pa.Field, values: list[int], error: type[Exception]
) -> None:
    path = table(tmp_path / "t")
    size = lance.disk_bytes(path)
    with pytest.raises((DataError, SpecError)) as raised:
        lance.add_columns(path, iter([pa.record_batch([values], schema=pa.schema([field]))]), pa.schema([field]))
    assert raised.type is error or len(values) != 10
    assert lance.open_table(path).schema.equals(SCHEMA, check_metadata=True)
    assert lance.disk_bytes(path) == size


def test_keyed_columns_must_name_every_row_once(tmp_path: Path) -> None:
    path = table(tmp_path / "t", 3)
    schema = pa.schema([SCHEMA.field("_id"), WORDS])
    for ids in (["r0", "r1"], ["r0", "r1", "r1"], ["r0", "r1", "r9"]):
        with pytest.raises(DataError):
            lance.add_columns(path, iter([pa.record_batch([ids, list(range(len(ids)))], schema=schema)]), schema)


def test_append_and_delete_are_commits(tmp_path: Path) -> None:
    path = table(tmp_path / "t", 5)
    assert lance.append(path, iter([rows(2, 5)])) == 2
    lance.delete(path, ["r0", "r6", "it's"])
    assert [r["_id"] for b in lance.open_table(path).scan(["_id"]) for r in b.to_pylist()] == ["r1", "r2", "r3", "r4", "r5"]


def _write_and_die(path: Path) -> None:
    import os

    def batches() -> Iterator[pa.RecordBatch]:
        for i in range(50):
            yield rows(2000, i * 2000)
            if i == 30:
                os._exit(9)

    lance.write(path, batches(), SCHEMA)


def test_a_killed_writer_leaves_no_table(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_write_and_die, args=(tmp_path / "t",))
    process.start()
    process.join(30)
    assert process.exitcode == 9
    assert not lance.exists(tmp_path / "t")
    with pytest.raises(DataError, match="found none"):
        lance.open_table(tmp_path / "t")
    assert lance.write(tmp_path / "t", iter([rows(3)]), SCHEMA) == 3
    assert lance.open_table(tmp_path / "t").count() == 3


def test_views_dictionaries_and_run_ends_are_stored_plain(tmp_path: Path) -> None:
    columns = {
        "view": pa.array(["a", None], pa.string_view()),
        "dict": pa.array(["a", None]).dictionary_encode(),
        "ends": pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), pa.array(["a", None])),
        "lists": pa.array([[1], None], pa.list_view(pa.int8())),
        "nested": pa.array([["a"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16, None], pa.binary(16))),
    }
    batch = pa.record_batch(columns)
    lance.write(tmp_path / "t", iter([batch]), batch.schema)
    (found,) = lance.open_table(tmp_path / "t").scan()
    assert leaves(found, found.schema.names) == leaves(batch, batch.schema.names)


@pytest.mark.parametrize(
    "dtype", [pa.struct([]), pa.month_day_nano_interval(), pa.sparse_union([pa.field("a", pa.int8())]), pa.list_(pa.struct([]))]
)
def test_a_type_no_version_can_hold_is_named(tmp_path: Path, dtype: pa.DataType) -> None:
    with pytest.raises(SpecError, match="'odd'"):
        lance.write(tmp_path / "t", iter([]), pa.schema([("odd", dtype)]))


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    path = table(tmp_path / "t")
    with pytest.raises(DataError, match="expected no table"):
        lance.write(path, iter([rows(1)]), SCHEMA)
    with pytest.raises(SpecError, match="did you mean 'text'"):
        lance.open_table(path).scan(["txt"])
    with pytest.raises((SpecError, DataError)):
        list(lance.open_table(path).scan(["text"], "no_such = 1"))


def test_a_failing_source_leaves_no_table_and_its_own_error(tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield rows(1)
        raise DataError("the source changed while it was read", fix="read it again")

    with pytest.raises(DataError, match="source changed"):
        lance.write(tmp_path / "t", batches(), SCHEMA)
    assert not lance.exists(tmp_path / "t")


@pytest.mark.parametrize("at", [3, 200, -60])
def test_a_damaged_file_is_a_clear_error_or_other_values_never_a_traceback_of_the_library(tmp_path: Path, at: int) -> None:
    path = table(tmp_path / "t", 500)
    (file,) = (path / "data").iterdir()
    raw = bytearray(file.read_bytes())
    raw[at] ^= 0xFF
    file.write_bytes(raw)
    assert _said(path) in ("", "cannot be read")


def _said(path: Path) -> str:
    try:
        list(lance.open_table(path).scan())
    except DataError as error:
        return "cannot be read" if "cannot be read" in str(error) else str(error)
    return ""
