"""The one door: nothing above the clearance leaves, and every read is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from sealed import SCHEMA, rows, sealed
from zhuoyu.errors import DataError, Denied, SpecError
from zhuoyu.record import REJECTION, SYSTEM
from zhuoyu.store import door
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Event

SECRET = "the planted secret"
NOTE = pa.field("note", pa.large_string(), metadata={"grade": "important"})
NOTE_WORDS = pa.field("note_words", pa.int64(), metadata={"op": "text.length", "inputs": "note"})
NOTE_SCORE = pa.field("score", pa.float64(), metadata={"op": "x", "inputs": "text,note_words"})
GRADED = pa.schema([*SCHEMA, NOTE, NOTE_WORDS, NOTE_SCORE])
GRADED_REJECTED = pa.schema([*SYSTEM, SCHEMA.field("text"), NOTE, *REJECTION])
VIEWER = door.Principal("vera", frozenset({"viewer"}), "general-2")
ENGINEER = door.Principal("eva", frozenset({"engineer"}), "general-2")
OWNER = door.Principal("olga", frozenset({"owner"}), "core")
GRADES = [None, "general-1", "general-2", "general-3", "important", "core", "from another scheme"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, url="")


@pytest.fixture
def graded(store: Store) -> str:
    made = rows(7, _grade=lambda i: GRADES[i], note=lambda i: SECRET, note_words=lambda i: 3, score=lambda i: 0.5)
    bad = rows(2, note=lambda i: SECRET, _step=lambda i: 0, _reason=lambda i: SECRET, _found=lambda i: f"note = {SECRET}")
    return sealed(store, {"rows": made}, {"rows": bad}, schema=GRADED, rejected_schema=GRADED_REJECTED).id


def events(store: Store) -> list[str]:
    with store.session() as s:
        return [
            f"{e.actor} {e.object_kind} {e.object_id} {e.details} {e.reason}"
            for e in s.scalars(select(Event).where(Event.action == "read").order_by(Event.seq))
        ]


@pytest.mark.parametrize(("clearance", "seen"), [("general-1", 2), ("general-2", 3), ("general-4", 4), ("important", 5), ("core", 7)])
def test_rows_above_the_clearance_stay_inside(store: Store, graded: str, clearance: str, seen: int) -> None:
    who = door.Principal("v", frozenset({"viewer"}), clearance)
    got = door.read(store, who, graded).table()
    assert got["_grade"].to_pylist() == GRADES[:seen]


@pytest.mark.parametrize("rejected", [False, True])
def test_no_column_that_reads_a_graded_one_leaves(store: Store, graded: str, rejected: bool) -> None:
    opened = door.read(store, ENGINEER, graded, rejected=rejected)
    hidden = {"note", "_leaf", "_reason", "_found"} if rejected else {"note", "note_words", "score", "_leaf"}
    assert set(opened.hidden) == hidden
    assert not hidden & set(opened.schema.names)
    assert SECRET not in str(opened.table().to_pylist())
    everything = door.read(store, OWNER, graded, rejected=rejected)
    assert everything.hidden == ()
    assert SECRET in str(everything.table().to_pylist())


def test_a_condition_on_a_hidden_column_is_denied(store: Store, graded: str) -> None:
    for where in ("note = 'a'", "text = 'a' or note_words > 2", "score > 0"):
        with pytest.raises(Denied, match="above the clearance"):
            door.read(store, VIEWER, graded, columns=["_id"], where=where)
    assert door.read(store, OWNER, graded, columns=["_id"], where="note_words > 2").table().num_rows == 7


def test_asking_only_for_hidden_columns_is_denied_and_others_are_kept(store: Store, graded: str) -> None:
    with pytest.raises(Denied, match="every column"):
        door.read(store, VIEWER, graded, columns=["note", "note_words"])
    assert door.read(store, VIEWER, graded, columns=["text", "note"]).schema.names == ["text"]


def test_rejected_rows_need_a_role(store: Store, graded: str) -> None:
    with pytest.raises(Denied, match="rejected rows"):
        door.read(store, VIEWER, graded, rejected=True)
    with pytest.raises(Denied, match="no role"):
        door.read(store, door.Principal("nobody", frozenset(), "core"), graded)


def test_where_ids_and_limit(store: Store) -> None:
    version = sealed(store, {"rows": rows(20)}).id

    def ids(**said: Any) -> list[int]:
        return [int(i, 16) for i in door.read(store, OWNER, version, columns=["_id"], **said).table()["_id"].to_pylist()]

    assert ids(where="_license = 'MIT'", limit=3) == [1, 2, 4]
    assert ids(ids=[f"{i:032x}" for i in (7, 3, 99)]) == [3, 7]
    assert ids(limit=0) == []
    assert ids(limit=5, batch_rows=2) == [0, 1, 2, 3, 4]
    assert sum(ids()) == 190


def test_every_read_leaves_one_event_without_content(store: Store, graded: str) -> None:
    before = len(events(store))
    door.read(store, OWNER, graded, where=f"note = '{SECRET}'", limit=2).table()
    with pytest.raises(Denied):
        door.read(store, VIEWER, graded, columns=["note"])
    found = events(store)[before:]
    assert len(found) == 1
    assert SECRET not in found[0]
    assert found[0].startswith(f"olga version {graded} ")
    assert "'rows_at_most': 2" in found[0]


def test_what_is_not_there_is_said(store: Store, graded: str) -> None:
    with pytest.raises(DataError, match="no table 'chunks'"):
        door.read(store, OWNER, graded, "chunks")
    with pytest.raises(SpecError, match="did you mean 'text'"):
        door.read(store, OWNER, graded, columns=["txt"])
    with pytest.raises(SpecError):
        door.read(store, OWNER, graded, where="text >")
    with pytest.raises(SpecError, match="clearance"):
        door.read(store, door.Principal("x", frozenset({"viewer"}), "genral-1"), graded)


def test_another_scheme_is_data(store: Store, graded: str) -> None:
    scheme = door.Scheme(("general-1", "important"))
    low = door.Principal("x", frozenset({"viewer"}), "general-1")
    assert door.read(store, low, graded, columns=["_grade"], scheme=scheme).table()["_grade"].to_pylist() == [None, "general-1"]


def test_a_measure_of_a_column_that_is_gone_is_above_all() -> None:
    lost = pa.field("m", pa.int64(), metadata={"op": "x", "inputs": "gone"})
    loop = pa.field("l", pa.int64(), metadata={"op": "x", "inputs": "l"})
    assert door.grades(pa.schema([lost, loop])) == {"m": 6, "l": 6}


def test_the_local_principal_owns_the_workspace() -> None:
    who = door.local_principal()
    assert who.name
    assert who.roles == {"admin"}
    assert door.GENERAL.clearance(who.clearance) > door.GENERAL.rank("core")
