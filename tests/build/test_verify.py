"""Verify: a sealed version is what was sealed, or the answer says what changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sealed import rows, sealed
from zhuoyu.build.verify import Verification, verify
from zhuoyu.store import lance
from zhuoyu.store.database import Store

Change = Callable[[pa.Table], pa.Table]
LOST = {"_step": lambda i: 0, "_reason": lambda i: "short", "_found": lambda i: "text_words = 3"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, url="")


@pytest.fixture
def version(store: Store) -> str:
    return sealed(store, {"rows": rows(50), "chunks": rows(4)}, {"rows": rows(6, **LOST)}).id


def rewrite(store: Store, version: str, change: Change, table: str = "rows", rejected: bool = False) -> None:
    path = lance.path_of(store.home, version, table, rejected=rejected)
    old = lance.open_table(path)
    new = change(pa.Table.from_batches(list(old.scan()), old.schema))
    shutil.rmtree(path)
    lance.write(path, iter(new.to_batches()), new.schema)


def with_value(name: str, at: int, value: Any) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        values[at] = value
        return table.set_column(
            table.schema.get_field_index(name), table.schema.field(name), pa.array(values, table.schema.field(name).type)
        )

    return change


def checked(store: Store, version: str) -> Verification:
    return verify(store, version, isolate=False)


def test_an_untouched_version_is_ok_in_any_order_and_layout(store: Store, version: str) -> None:
    assert checked(store, version).status == "ok"
    rewrite(store, version, lambda t: t.take(pa.array(list(reversed(range(50))))))
    found = checked(store, version)
    assert (found.status, found.found, found.missing, found.added, found.rows_changed) == ("ok", found.stored, 0, 0, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("text", "text 7 数据 "), ("_license", "GPL"), ("_grade", "core"), ("_time", 5), ("text", None), ("_cells", [{"column": "text"}])],
)
def test_a_flipped_value_is_found_and_its_row_named(store: Store, version: str, name: str, value: Any) -> None:
    rewrite(store, version, with_value(name, 7, value))
    found = checked(store, version)
    assert found.status == "changed"
    assert found.rows_changed == [f"{7:032x}"]
    assert found.found != found.stored
    assert [t.status for t in found.tables if t.table == "chunks"] == ["ok", "ok"]


def test_a_flipped_value_among_rejected_rows_is_found(store: Store, version: str) -> None:
    rewrite(store, version, with_value("text", 2, "x"), rejected=True)
    assert checked(store, version).rows_changed == [f"{2:032x}"]


def test_a_forged_leaf_is_found(store: Store, version: str) -> None:
    rewrite(store, version, with_value("_leaf", 3, b"\0" * 32))
    assert checked(store, version).rows_changed == [f"{3:032x}"]


def test_rows_that_went_or_came_are_counted(store: Store, version: str) -> None:
    rewrite(store, version, lambda t: t.slice(2))
    found = checked(store, version)
    assert (found.status, found.missing, found.added) == ("changed", 2, 0)
    rewrite(store, version, lambda t: pa.concat_tables([t, t.slice(0, 5)]))
    assert (checked(store, version).missing, checked(store, version).added) == (0, 3)


def test_a_row_replaced_together_with_its_leaf_is_found_by_the_root(store: Store, version: str) -> None:
    def forge(table: pa.Table) -> pa.Table:
        from zhuoyu.record import content_columns, leaves

        changed = with_value("text", 1, "forged")(table).combine_chunks()
        leaf = leaves(changed.to_batches()[0], content_columns(changed.schema))
        return changed.set_column(changed.schema.get_field_index("_leaf"), changed.schema.field("_leaf"), leaf)

    rewrite(store, version, forge)
    found = checked(store, version)
    assert (found.status, found.rows_changed) == ("changed", [])
    assert any("instead of" in line for line in found.lines())


def test_a_changed_measure_is_named_and_content_is_not_blamed(store: Store, version: str) -> None:
    rewrite(store, version, with_value("text_words", 4, 99))
    found = checked(store, version)
    assert found.status == "changed"
    assert found.rows_changed == []
    assert [t.measures_changed for t in found.tables if t.measures_changed] == [["text_words"]]
    rewrite(store, version, lambda t: t.drop_columns(["text_words"]))
    assert checked(store, version).status == "changed"


def test_a_changed_reason_of_a_rejected_row_is_found(store: Store, version: str) -> None:
    rewrite(store, version, with_value("_reason", 1, "other"), rejected=True)
    found = checked(store, version)
    assert (found.status, found.rows_changed) == ("changed", [])
    assert [t.measures_changed for t in found.tables if t.measures_changed] == [["_reason"]]


def test_a_measure_added_later_leaves_the_content_ok(store: Store, version: str) -> None:
    schema = pa.schema([pa.field("more", pa.int8(), metadata={"op": "x"})])
    lance.add_columns(lance.path_of(store.home, version), iter([pa.record_batch([[1] * 50], schema=schema)]), schema)
    assert checked(store, version).status == "ok"


def test_a_changed_column_type_is_found_by_the_schema(store: Store, version: str) -> None:
    rewrite(
        store, version, lambda t: t.set_column(4, pa.field("_time", pa.timestamp("us", "UTC")), t["_time"].cast(pa.timestamp("us", "UTC")))
    )
    found = checked(store, version)
    assert (found.status, found.rows_changed) == ("changed", [])


@pytest.mark.parametrize("at", [10, -1, -40])
def test_a_damaged_file_is_a_clear_answer(store: Store, version: str, at: int, capfd: pytest.CaptureFixture[str]) -> None:
    path = lance.path_of(store.home, version)
    file = max((path / "data").iterdir(), key=lambda p: p.stat().st_size)
    raw = bytearray(file.read_bytes())
    for k in range(8):
        raw[at - k] ^= 0xFF
    file.write_bytes(raw)
    found = verify(store, version)
    assert found.status == "changed"
    assert "Traceback" not in "".join(found.lines())
    assert capfd.readouterr().err == ""


def test_a_missing_table_is_a_clear_answer(store: Store, version: str) -> None:
    shutil.rmtree(lance.path_of(store.home, version))
    found = checked(store, version)
    assert (found.status, found.found) == ("changed", "")
    assert any("found none" in line for line in found.lines())
    assert found.to_json()["status"] == "changed"


def test_an_empty_version_is_ok(store: Store) -> None:
    assert checked(store, sealed(store, {"rows": []}).id).status == "ok"
