"""Sources and batches: declared with an event, suspended with effect, landed once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from zhuoyu.errors import DataError
from zhuoyu.store import batches, sources
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Batch, Event, Source

FACTS = {"files": 2, "bytes": 30, "rows": None, "license": "MIT", "basis": {"kind": "licence"}}


def land(store: Store, digest: str = "b" * 64, **facts: object) -> Batch:
    with store.session() as s:
        return batches.add(s, digest=digest, source="corpus", manifest="batches/b/manifest.json", facts={**FACTS, **facts})


def actions(store: Store) -> list[str]:
    with store.reading() as s:
        return list(s.scalars(select(Event.action).order_by(Event.seq)))


def test_a_batch_is_recorded_once_with_its_source(store: Store) -> None:
    first = land(store)
    again = land(store, files=99)
    assert (again.id, again.files, again.facts) == (first.id, 2, FACTS)
    with store.reading() as s:
        assert s.scalar(select(func.count()).select_from(Batch)) == s.scalar(select(func.count()).select_from(Source)) == 1
        source = sources.get(s, "corpus")
        assert (source.state, source.license, source.basis) == ("active", "MIT", {"kind": "licence"})


def test_another_declaration_of_a_source_leaves_an_event(store: Store) -> None:
    land(store)
    land(store)
    assert actions(store) == ["declare"]
    land(store, "c" * 64, license="GPL-3.0-only")
    assert actions(store) == ["declare", "declare"]
    with store.reading() as s:
        assert sources.get(s, "corpus").license == "GPL-3.0-only"


def test_nothing_is_landed_from_a_suspended_source(store: Store) -> None:
    land(store)
    for _ in range(2):
        with store.session() as s:
            sources.suspend(s, "corpus", "security", "complaint 7")
    with pytest.raises(DataError, match="'corpus' is suspended"):
        land(store, "c" * 64)
    with store.session() as s:
        sources.resume(s, "corpus", "security", "settled")
    land(store, "c" * 64)
    assert actions(store) == ["declare", "suspend", "resume"]


def test_unknown_ones_are_said(store: Store) -> None:
    land(store)
    with store.reading() as s:
        with pytest.raises(DataError, match="did you mean 'corpus'"):
            sources.get(s, "corpsu")
        with pytest.raises(DataError, match="batch cccccccccccc is not in this workspace"):
            batches.get(s, "c" * 64)
