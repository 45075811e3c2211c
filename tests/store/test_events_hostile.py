"""Edits that leave the parsed value as it was, values only SQLite lets stand, and a checkpoint written while verifying."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import event, text

from zhuoyu.store import events
from zhuoyu.store.database import Store


def log(store: Store) -> None:
    for n in range(4):
        with store.session() as s:
            events.append(s, "ada", "seal", "version", f"v{n}", {"digest": "good", "n": 1})
    events.checkpoint(store)


@pytest.mark.parametrize("details", ['{"digest": "evil", "digest": "good", "n": 1}', '{"digest":"good","n":1}'])
def test_details_written_another_way_are_found(store: Store, details: str) -> None:
    """Of a key that stands there twice, Python reads the last value and SQL the first."""
    log(store)
    value = "CAST(:details AS json)" if store.engine.dialect.name == "postgresql" else ":details"
    with store.session() as s:
        s.execute(text(f"UPDATE event SET details = {value} WHERE seq = 2"), {"details": details})
    assert [str(f) for f in events.verify(store)] == ["event 2: was edited"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = CAST(x'ff' AS TEXT) WHERE seq = 2",
        "UPDATE event SET hash = CAST(hash AS BLOB) WHERE seq = 2",
        "UPDATE event SET actor = x'00' WHERE seq = 2",
        "UPDATE event SET details = '{' WHERE seq = 2",
        "UPDATE event SET details = x'ff' WHERE seq = 2",
        "DROP TABLE event",
    ],
)
def test_what_no_program_of_ours_writes_is_found_not_raised(store: Store, statement: str) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite lets a column hold what is not of its type")
    log(store)
    with store.session() as s:
        s.execute(text(statement))
    assert events.verify(store)


def test_a_checkpoint_written_while_verifying_is_no_finding(store: Store) -> None:
    """It falls between the reading of the checkpoint file and the snapshot of the events."""
    log(store)
    with store.session() as s:
        events.append(s, "ada", "read", "version", "v1")
    pending = [True]

    def meanwhile(_connection: object) -> None:
        if pending and pending.pop():
            thread = threading.Thread(target=events.checkpoint, args=(store,))
            thread.start()
            thread.join()

    event.listen(store.engine, "begin", meanwhile, insert=True)
    try:
        assert events.verify(store) == []
    finally:
        event.remove(store.engine, "begin", meanwhile)
    assert not pending
    assert len((store.home / "checkpoints" / "events.jsonl").read_text().splitlines()) == 2
    assert events.verify(store) == []
