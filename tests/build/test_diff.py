"""Diff: by id and leaf, whatever the order, in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sealed import SCHEMA, rows, sealed
from zhuoyu.build import diff as module
from zhuoyu.build.diff import Change, changes, diff
from zhuoyu.errors import DataError
from zhuoyu.store.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, url="")


def edited(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows 0 and 1 gone, row 5 changed, two new; the order turned round."""
    more = [row | {"_id": f"{100 + i:032x}"} for i, row in enumerate(made[:2])]
    kept = [row | {"text": "new"} if row["_id"] == f"{5:032x}" else row for row in made[2:]]
    return [*more, *kept][::-1]


@pytest.mark.parametrize("bucket_rows", [500_000, 3])
def test_rows_added_removed_and_changed(store: Store, bucket_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUCKET_ROWS", bucket_rows)
    a, b = sealed(store, {"rows": rows(20)}), sealed(store, {"rows": edited(rows(20))})
    found = diff(store, a.id, b.id)
    table = found.tables["rows"]
    assert (table.added, table.removed, table.changed, table.unchanged) == (2, 2, 1, 17)
    assert sorted(table.examples["removed"]) == [f"{i:032x}" for i in (0, 1)]
    assert found.schema == []
    assert not found.same
    every = set(changes(store, a.id, b.id))
    assert Change("changed", "rows", f"{5:032x}") in every
    assert len(every) == 5
    assert "2 added, 2 removed, 1 changed, 17 unchanged" in "\n".join(found.lines())
    assert found.to_json()["tables"]["rows"]["changed"] == 1


def test_the_same_rows_in_another_order_are_the_same(store: Store) -> None:
    a, b = sealed(store, {"rows": rows(9)}), sealed(store, {"rows": rows(9)[::-1]})
    assert diff(store, a.id, b.id).same
    assert a.digest == b.digest


def test_examples_are_bounded(store: Store) -> None:
    a, b = sealed(store, {"rows": []}), sealed(store, {"rows": rows(30)})
    found = diff(store, a.id, b.id, examples=4)
    assert found.tables["rows"].added == 30
    assert found.tables["rows"].examples["added"] == [f"{i:032x}" for i in range(4)]


def test_schema_changes_name_type_and_what_computes_a_measure(store: Store) -> None:
    other = pa.field("text_words", pa.int64(), metadata={"op": "text.length", "version": "2"})
    schema = pa.schema([*[f for f in SCHEMA if f.name not in ("text_words", "text")], ("text", pa.binary()), ("extra", pa.int8()), other])
    a = sealed(store, {"rows": rows(3)})
    b = sealed(store, {"rows": rows(3, text=lambda i: b"x"), "chunks": []}, schema=schema)
    found = {(c.table, c.column): (c.before, c.after) for c in diff(store, a.id, b.id).schema}
    assert found["rows", "text"] == ("string", "binary")
    assert found["rows", "extra"] == ("", "int8")
    assert found["rows", "text_words"] == ("int64 by text.length@1", "int64 by text.length@2")
    assert found["chunks", "_id"] == ("", "string")


def test_rejected_rows_can_be_compared(store: Store) -> None:
    lost = {"_step": lambda i: 0, "_reason": lambda i: "r", "_found": lambda i: ""}
    a, b = (sealed(store, {"rows": rows(2)}, {"rows": rows(n, **lost)}) for n in (3, 5))
    assert diff(store, a.id, b.id, rejected=True).tables["rows"].added == 2


def test_an_unknown_table_is_said(store: Store) -> None:
    a = sealed(store, {"rows": rows(2)})
    with pytest.raises(DataError, match="neither version"):
        list(changes(store, a.id, a.id, "chunks"))
