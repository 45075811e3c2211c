"""Stages are pruned in the order of their last use, and a workspace of an older schema keeps what it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update

from zhuoyu.store import runs, shards
from zhuoyu.store.database import HEAD_REVISION, Store
from zhuoyu.store.tables import Shard, now


def committed(store: Store, *stages: str) -> None:
    with store.session() as s:
        run = runs.create(s, "build", {})
    lease = runs.claim(store, run, 60)
    with store.session() as s:
        for stage in stages:
            for shard in ("0", "1"):
                assert shards.commit(s, lease, stage, shard, {"kept": f"{stage}-{shard}"}, {"rows": 1}) is True


def age(store: Store, stage: str, hours: float) -> None:
    then = now() - timedelta(hours=hours)
    with store.session() as s:
        s.execute(update(Shard).where(Shard.stage == stage).values(created_at=then, used_at=then))


def test_asking_for_a_stage_is_using_it(store: Store) -> None:
    committed(store, "a", "b", "c")
    for stage, hours in (("a", 30), ("b", 20), ("c", 0.5)):
        age(store, stage, hours)
    with store.reading() as s:
        assert list(shards.stages(s)) == ["a", "b", "c"]
        assert list(shards.done(s, "a")) == ["0", "1"], "a snapshot only looks"
    with store.reading() as s:
        before = shards.stages(s)
        assert list(before) == ["a", "b", "c"]
    with store.session() as s:
        assert [one.files["kept"] for one in shards.done(s, "a").values()] == ["a-0", "a-1"]
        shards.done(s, "c")
    with store.reading() as s:
        after = shards.stages(s)
    assert list(after) == ["b", "c", "a"]
    assert after["c"] == before["c"], "to the hour: not every question writes"
    assert abs(after["a"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_workspace_of_the_first_schema_is_brought_up_with_what_it_has(store: Store) -> None:
    committed(store, "a")
    with store.session() as s:
        s.execute(text("ALTER TABLE shard DROP COLUMN used_at"))
        s.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    url = store.engine.url.set(drivername=store.engine.dialect.name).render_as_string(hide_password=False)
    again = Store.open(store.home, url)
    try:
        with again.reading() as s:
            assert s.scalar(text("SELECT version_num FROM alembic_version")) == HEAD_REVISION
            assert list(shards.stages(s)) == ["a"]
        with again.session() as s:
            assert list(shards.done(s, "a")) == ["0", "1"]
    finally:
        again.close()
