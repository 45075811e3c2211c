"""Who only reads takes no writer's lock: it waits for no run, and no run waits for it."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import event, text

from sealed import rows, sealed
from zhuoyu.build.diff import changes, diff
from zhuoyu.build.verify import verify
from zhuoyu.release.export import export
from zhuoyu.store import door
from zhuoyu.store.database import Store


def two(store: Store) -> list[str]:
    """Two versions, the second with a row more."""
    return [sealed(store, {"rows": rows(n)}, {"rows": rows(1, _step=lambda i: 0)}).id for n in (3, 4)]


def test_diff_and_verify_work_while_somebody_writes(store: Store) -> None:
    before, after = two(store)
    with store.session() as writer:
        writer.execute(text("UPDATE dataset SET name = name"))
        began = time.monotonic()
        assert diff(store, before, after).tables["rows"].added == 1
        assert [c.kind for c in changes(store, before, after)] == ["added"]
        assert verify(store, after, isolate=False).status == "ok"
        assert time.monotonic() - began < 10, "a writer would have been waited for"


def test_only_what_is_written_down_takes_the_lock(sqlite_store: Store, tmp_path: Path) -> None:
    """On SQLite; on PostgreSQL readers and writers never wait for each other."""
    store, begun = sqlite_store, []
    before, after = two(store)

    @event.listens_for(store.engine, "before_cursor_execute")
    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            begun.append(statement)

    diff(store, before, after)
    verify(store, before, isolate=False)
    assert begun == []
    door.read(store, door.local_principal(), before).table()
    assert len(begun) == 1, "the event of the read"
    export(store, door.local_principal(), before, tmp_path / "out")
    assert len(begun) == 3, "the event of the read and that of the export"
