"""The event log: one chain from many writers, no text in it, and every way to tamper with it found up to the last checkpoint."""

from __future__ import annotations

import json
import shutil
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from zhuoyu.errors import SpecError
from zhuoyu.store import events
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Event

COLUMNS = [c.name for c in Event.__table__.columns]
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
CODES = st.from_regex(r"[A-Za-z0-9_.:/+=-]{1,12}", fullmatch=True)
DETAILS = st.dictionaries(
    CODES, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | CODES, max_size=4
)
PROVED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def log(store: Store, many: int, checkpoints: set[int] = frozenset(), details: Any = None) -> None:  # type: ignore[assignment]
    """A new log of MANY events, with a checkpoint after some of them."""
    with store.session() as s:
        s.execute(text("DELETE FROM event"))
    lines(store).unlink(missing_ok=True)
    for n in range(1, many + 1):
        with store.session() as s:
            events.append(s, "ada", "read", "version", f"v{n}", details or {"rows": n, "digest": "ab" * 8}, "因为")
        if n in checkpoints:
            events.checkpoint(store)


def lines(store: Store) -> Any:
    return store.home / "checkpoints" / "events.jsonl"


def raw(store: Store, sql: str, **values: Any) -> None:
    with store.session() as s:
        s.execute(text(sql), values)


def count(store: Store) -> int:
    with store.reading() as s:
        return len(s.scalars(select(Event.seq)).all())


def test_an_honest_log_has_no_findings(store: Store) -> None:
    assert events.verify(store) == []
    assert events.checkpoint(store) is None
    log(store, 5, {1, 3, 5})
    assert events.verify(store) == []
    assert len(lines(store).read_text().splitlines()) == 3
    assert events.verify(store, lines(store)) == []


@given(details=DETAILS, reason=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=50))
@PROVED
def test_whatever_may_be_logged_comes_back_as_it_was(store: Store, details: dict[str, Any], reason: str) -> None:
    with store.session() as s:
        events.append(s, "张三 Ada", "read", "version", "v", details, reason)
    assert events.verify(store) == []
    with store.reading() as s:
        last = s.scalars(select(Event).order_by(Event.seq.desc()).limit(1)).one()
        assert (last.details, last.reason) == (details, reason)


@given(data=st.data(), many=st.integers(2, 6), column=st.sampled_from(COLUMNS))
@PROVED
def test_any_edit_of_any_column_is_found(store: Store, data: st.DataObject, many: int, column: str) -> None:
    log(store, many, {many})
    seq = data.draw(st.integers(1, many))
    with store.reading() as s:
        before = getattr(s.get_one(Event, seq), column)
    new: Any
    if column == "seq":
        new = data.draw(st.integers(-5, 50).filter(lambda n: n < 1 or n > many + 1))
    elif column == "details":
        new = json.dumps(data.draw(DETAILS | st.lists(CODES, max_size=2) | st.none()), sort_keys=True)
        assume(new != json.dumps(before, sort_keys=True))
    else:
        new = data.draw(WORDS | st.sampled_from([f"{before} ", before[:-1], before.upper()]).filter(lambda w: w != before))
        assume(new != before)
    value = "CAST(:new AS JSON)" if column == "details" and store.engine.dialect.name == "postgresql" else ":new"
    raw(store, f"UPDATE event SET {column} = {value} WHERE seq = :seq", new=new, seq=seq)
    assert events.verify(store) != []


@given(data=st.data(), many=st.integers(2, 7))
@PROVED
def test_any_deletion_is_found(store: Store, data: st.DataObject, many: int) -> None:
    log(store, many, {data.draw(st.integers(1, many)), many})
    gone = data.draw(st.sets(st.integers(1, many + 1), min_size=1).filter(lambda g: g != {many + 1}))
    for seq in gone:
        raw(store, "DELETE FROM event WHERE seq = :seq", seq=seq)
    assert events.verify(store) != []


@given(many=st.integers(2, 7), data=st.data())
@PROVED
def test_a_cut_tail_is_found_with_every_checkpoint_after_it(store: Store, many: int, data: st.DataObject) -> None:
    log(store, many, {many})
    keep = data.draw(st.integers(0, many - 1))
    raw(store, "DELETE FROM event WHERE seq > :keep", keep=keep)
    assert any("is gone" in f.what for f in events.verify(store))


@given(data=st.data(), many=st.integers(2, 7))
@PROVED
def test_any_reordering_is_found(store: Store, data: st.DataObject, many: int) -> None:
    log(store, many, {many})
    order = data.draw(st.permutations(range(1, many + 1)).filter(lambda p: list(p) != sorted(p)))
    raw(store, "UPDATE event SET seq = -seq")
    for old, new in enumerate(order, 1):
        raw(store, "UPDATE event SET seq = :new WHERE seq = :old", new=new, old=-old)
    raw(store, "UPDATE event SET seq = -seq WHERE seq < 0")
    assert events.verify(store) != []


def rebuild(store: Store, keep: Any) -> None:
    """What a tamperer with the database and our code does: chosen events, every hash made anew."""
    with store.session() as s:
        old = [dict(e._mapping) for e in s.execute(select(*Event.__table__.columns).order_by(Event.seq)) if keep(e)]
        s.execute(text("DELETE FROM event"))
        previous = events.GENESIS
        for seq, e in enumerate(old, 1):
            e |= {"seq": seq, "previous": previous}
            fields = ("time", "actor", "action", "object_kind", "object_id", "details", "reason", "previous")
            e["hash"] = previous = events._hash(seq, *(e[f] for f in fields))
            s.add(Event(**e))


@given(data=st.data(), many=st.integers(2, 7))
@PROVED
def test_a_chain_made_anew_is_found(store: Store, data: st.DataObject, many: int) -> None:
    log(store, many, {many})
    seq = data.draw(st.integers(1, many))
    if data.draw(st.booleans()):
        rebuild(store, lambda e: e.seq != seq)
    else:
        raw(store, "UPDATE event SET actor = 'eve' WHERE seq = :seq", seq=seq)
        rebuild(store, lambda _: True)
    assert any("signed" in f.what or "is gone" in f.what for f in events.verify(store))


@given(data=st.data())
@PROVED
def test_any_change_of_the_checkpoint_file_is_found(store: Store, data: st.DataObject) -> None:
    log(store, 4, {1, 2, 4})
    body = lines(store).read_bytes()
    all_lines = body.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(body) - 1))
    number = data.draw(st.integers(0, 2))
    changed = data.draw(
        st.sampled_from(
            [
                body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :],
                body[:at] + body[at + 1 :],
                body[:at] + b" " + body[at:],
                body[:at] + b"\n" + body[at:],
                body[:at],
                b"".join(all_lines[:number] + all_lines[number + 1 :]),
                b"".join(all_lines[:number]),
                b"".join([all_lines[number], *all_lines]),
                b"".join(reversed(all_lines)),
                b"",
            ]
        )
    )
    assume(changed != body)
    lines(store).write_bytes(changed)
    assert events.verify(store) != []


def test_a_removed_checkpoint_file_is_found(store: Store) -> None:
    log(store, 3, {2})
    lines(store).unlink()
    assert [(f.seq, "not in the file" in f.what) for f in events.verify(store)] == [(3, True)]


def test_a_checkpoint_by_another_key_is_found(store: Store) -> None:
    log(store, 3, {3})
    key = store.home / "keys" / "ed25519.pem"
    key.unlink()
    events.keys._key.cache_clear()
    assert any("not signed by this workspace" in f.what for f in events.verify(store))


def test_who_rewrites_database_and_files_is_found_by_a_copy_kept_elsewhere(store: Store) -> None:
    log(store, 4, {2, 4})
    copy = store.home.parent / "copy.jsonl"
    shutil.copy(lines(store), copy)
    lines(store).unlink()
    rebuild(store, lambda e: e.action != "checkpoint" and e.object_id != "v3")
    assert events.verify(store) == []
    assert any("kept checkpoint" in f.what for f in events.verify(store, copy))


def test_details_edited_to_what_is_no_json_is_a_finding(home: Any) -> None:
    store = Store.open(url="")
    log(store, 3)
    for bad in ("not json", "[1", "", "NaN"):
        raw(store, "UPDATE event SET details = :bad WHERE seq = 2", bad=bad)
        assert [f.seq for f in events.verify(store)] == [2]
    store.close()


def test_a_checkpoint_is_made_once_for_one_head(store: Store) -> None:
    log(store, 2, {2})
    first = events.checkpoint(store)
    assert events.checkpoint(store) == first
    assert count(store) == 3
    with store.session() as s:
        events.append(s, "ada", "read", "version", "v")
    assert events.checkpoint(store) != first
    assert events.verify(store) == []


def test_a_crash_while_a_checkpoint_is_written_is_no_finding(store: Store) -> None:
    log(store, 3, {3})
    with lines(store).open("ab") as out:
        out.write(b'{"number": 2, "seq"')
    assert events.verify(store) == []
    with store.session() as s:
        events.append(s, "ada", "read", "version", "v")
    events.checkpoint(store)
    assert events.verify(store) == []
    assert len(lines(store).read_text().splitlines()) == 2
    last = count(store)
    raw(store, "DELETE FROM event WHERE seq = :seq", seq=last)
    assert events.verify(store) == [], "the line is written before the event that tells of it"
    events.checkpoint(store)
    assert events.verify(store) == []


def test_threads_append_to_one_chain(store: Store) -> None:
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for i in range(5):
                with store.session() as s:
                    events.append(s, f"thread {n}", "read", "version", f"v{i}")
                if i == n:
                    events.checkpoint(store)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failed == []
    assert events.verify(store) == []
    assert count(store) == 30 + len(lines(store).read_text().splitlines())


def test_workspaces_that_share_a_database_each_keep_their_checkpoints(store: Store, tmp_path: Any) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("PostgreSQL only: a SQLite file has one workspace")
    other = Store.open(tmp_path / "other")
    log(store, 2, {2})
    with other.session() as s:
        events.append(s, "eve", "read", "version", "v")
    events.checkpoint(other)
    assert events.verify(store) == events.verify(other) == []
    (other.home / "checkpoints" / "events.jsonl").unlink()
    assert events.verify(store) == []
    assert len(events.verify(other)) == 1
    other.close()


@pytest.mark.parametrize(
    "details",
    [
        {"where": "the patient said that he was ill"},
        {"mail": "ada@example.org"},
        {"text": "x" * 129},
        {"deep": {"list": ["fine", "not fine"]}},
        {"a long key is text too": 1},
        {1: "x"},
        {"n": float("nan")},
        {"n": float("inf")},
        {"b": b"bytes"},
        {"line": "a\n"},
        {"nul": "a\0"},
        {"half": "\udcff"},
    ],
)
def test_details_hold_no_text(store: Store, details: Any) -> None:
    with pytest.raises(SpecError, match="ids, digests, codes and numbers") as caught, store.session() as s:
        events.append(s, "ada", "read", "version", "v", details)
    for value in ("ill", "ada@", "xxx", "not fine"):
        assert value not in str(caught.value)
    assert count(store) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": "x" * 1001},
        {"reason": "two\nlines"},
        {"actor": "x" * 129},
        {"actor": "a\0"},
        {"reason": "\udcff"},
        {"object_id": "what was read"},
        {"action": "read it"},
    ],
)
def test_the_other_fields_are_short_lines_and_codes(store: Store, changed: dict[str, str]) -> None:
    said = {"actor": "ada", "action": "read", "object_kind": "version", "object_id": "v", "reason": ""} | changed
    with pytest.raises(SpecError), store.session() as s:
        events.append(s, **said)
    assert count(store) == 0
