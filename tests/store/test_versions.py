"""Versions: numbers without gaps or twins, one open version a run, and every name a version answers to."""

from __future__ import annotations

import time
from typing import Any

import pytest

from store.processes import heard, process, tell
from zhuoyu.errors import DataError
from zhuoyu.store import assessments, batches, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.runs import Lease
from zhuoyu.store.tables import Batch, Dataset, Event, Source, Version


def lease(store: Store, work: str = "work") -> Lease:
    with store.session() as s:
        run = runs.create(s, "build", {}, work)
    return runs.claim(store, run, 60)


def sealed(store: Store, dataset: str = "docs", digest: str = "d" * 64, version_id: str | None = None) -> Version:
    held = lease(store)
    with store.session() as s:
        one = versions.open_version(s, held, dataset)
        if version_id is not None:
            one.id = version_id
            s.flush()
        return seal(s, held, one.id, digest)


def seal(s: Any, held: Lease, version_id: str, digest: str = "d") -> Version:
    return versions.seal(s, held, version_id, digest=digest, tables={"rows": {"rows": 1}}, measures={}, counts={"kept": 1}, signature="s")


def test_a_sealed_version_has_a_number_and_an_event(store: Store) -> None:
    one, two, other = sealed(store), sealed(store), sealed(store, "images")
    assert [v.number for v in (one, two, other)] == [1, 2, 1]
    with store.reading() as s:
        kept = s.get_one(Version, one.id)
        assert (kept.state, kept.digest, kept.counts, kept.tables) == ("sealed", "d" * 64, {"kept": 1}, {"rows": {"rows": 1}})
        assert kept.sealed_at is not None
        assert [(e.action, e.object_id, e.details["number"]) for e in s.query(Event).order_by(Event.seq)] == [
            ("seal", one.id, 1),
            ("seal", two.id, 2),
            ("seal", other.id, 1),
        ]
        assert [v.id for v in versions.all_versions(s, "docs")] == [two.id, one.id]
        assert len(versions.all_versions(s)) == 3


def test_processes_that_seal_at_once_get_one_number_each(store: Store) -> None:
    code = """
store = Store.open()
with store.session() as s: run = runs.create(s, "build", {}, sys.argv[1])
lease = runs.claim(store, run, 60)
with store.session() as s: version = versions.open_version(s, lease, "docs").id
say("ready"); wait()
with store.session() as s:
    one = versions.seal(s, lease, version, digest=sys.argv[1], tables={}, measures={}, counts={}, signature="")
    time.sleep(0.2)
say(one.number)
"""
    with process(code, "a") as a, process(code, "b") as b, process(code, "c") as c:
        assert [heard(p) for p in (a, b, c)] == ["ready"] * 3
        for p in (a, b, c):
            tell(p)
        assert sorted(heard(p) for p in (a, b, c)) == ["1", "2", "3"]


def test_every_opening_is_a_version_of_its_own(store: Store) -> None:
    """A process that wakes late writes into its own folder, never into the one that another attempt sealed."""
    held = lease(store)
    with store.session() as s:
        first = versions.open_version(s, held, "docs", parents=["p"])
        again = versions.open_version(s, held, "docs", parents=["q"])
    with store.session() as s:
        assert first.id != again.id
        assert seal(s, held, again.id).number == 1
        assert s.query(Dataset).count() == 1
        assert [v.parents for v in versions.all_versions(s)] == [["q"]]


def test_a_version_is_sealed_once_and_by_its_own_run(store: Store) -> None:
    mine, other = lease(store), lease(store)
    with store.session() as s:
        one = versions.open_version(s, mine, "docs").id
    with pytest.raises(DataError, match="not an open one of run"), store.session() as s:
        seal(s, other, one)
    with store.session() as s:
        seal(s, mine, one)
    for version in (one, "none"):
        with pytest.raises(DataError, match="not an open one"), store.session() as s:
            seal(s, mine, version)
    with store.reading() as s:
        assert [v.number for v in versions.all_versions(s)] == [1]


def test_a_seal_that_fails_leaves_the_version_open(store: Store) -> None:
    held = lease(store)
    with store.session() as s:
        one = versions.open_version(s, held, "docs").id
    with pytest.raises(KeyError), store.session() as s:  # noqa: PT012
        seal(s, held, one)
        raise KeyError
    with store.session() as s:
        assert seal(s, held, one).number == 1
        assert s.query(Event).count() == 1


@pytest.fixture
def three(store: Store) -> list[Version]:
    made = []
    for dataset, digest, version_id in (
        ("docs", "abcdef00" + "1" * 56, "1111111100000001"),
        ("docs", "abcdef11" + "2" * 56, "1111111100000002"),
        ("abcdef", "99999999" + "3" * 56, "2222222200000003"),
    ):
        made.append(sealed(store, dataset, digest, version_id))
        time.sleep(0.002)
    return made


@pytest.mark.parametrize(
    ("ref", "which"),
    [
        ("docs", 1),
        ("docs@latest", 1),
        ("docs@1", 0),
        ("docs@2", 1),
        ("docs@02", 1),
        ("1111111100000001", 0),
        ("2222222", 2),
        ("abcdef0", 0),
        ("ABCDEF11", 1),
        ("abcdef11" + "2" * 56, 1),
        ("abcdef", 2),
    ],
)
def test_a_version_is_found_by_every_name(store: Store, three: list[Version], ref: str, which: int) -> None:
    with store.reading() as s:
        assert versions.find(s, ref).id == three[which].id


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("docz", "did you mean 'docs@"),
        ("docs@7", "did you mean 'docs@"),
        ("docs@", "a number or latest"),
        ("docs@²", "a number or latest"),
        ("docs@-1", "a number or latest"),
        ("docs@99999999999999999999", "a number or latest"),
        ("docs@newest", "a number or latest"),
        ("111111", r"begins more than one version's id or digest: docs@2, docs@1"),
        ("2222", "there is no version"),
        ("______", "there is no version"),
        ("%%%%%%", "there is no version"),
        ("", "there is no version"),
        ("2222222@1", "there is no version"),
    ],
)
def test_what_no_version_is_called(store: Store, three: list[Version], ref: str, said: str) -> None:
    with pytest.raises(DataError, match=said), store.reading() as s:
        versions.find(s, ref)


def test_of_twins_with_one_digest_the_newest_is_meant(store: Store) -> None:
    sealed(store, "docs", "abcdef" + "0" * 58)
    time.sleep(0.002)
    newest = sealed(store, "copies", "abcdef" + "0" * 58)
    with store.reading() as s:
        assert versions.find(s, "abcdef0").id == newest.id


def test_an_open_version_is_not_found(store: Store) -> None:
    held = lease(store)
    with store.session() as s:
        one = versions.open_version(s, held, "docs")
    for ref in ("docs", "docs@latest", one.id):
        with pytest.raises(DataError, match="run a recipe first"), store.reading() as s:
            versions.find(s, ref)


def test_a_batch_and_its_source_are_recorded_once(store: Store) -> None:
    facts = {"files": 2, "bytes": 10, "rows": None, "license": "MIT"}
    for again in range(2):
        with store.session() as s:
            one = batches.add(s, digest="b" * 64, source="corpus", manifest=f"batches/{again}", facts=facts)
            assert (one.manifest, one.files, one.bytes, one.rows) == ("batches/0", 2, 10, None)
    with store.session() as s:
        batches.add(s, digest="c" * 64, source="corpus", manifest="batches/c", facts=facts)
        assert (s.query(Batch).count(), s.query(Source).count()) == (2, 1)
        assert s.query(Source).one().license == "MIT"


def test_the_newest_assessment_is_the_latest(store: Store) -> None:
    version = sealed(store)
    made = []
    for verdict in ("failed", "passed"):
        with store.session() as s:
            result = {"verdict": verdict}
            made.append(
                assessments.add(s, version_id=version.id, plan_digest="p", verdict=verdict, result=result, run_id="", signature="s").id
            )
        time.sleep(0.002)
    with store.reading() as s:
        latest = assessments.latest(s, version.id)
        assert latest is not None
        assert (latest.id, latest.verdict, latest.run_id) == (made[1], "passed", None)
        assert assessments.get(s, made[0]).result == {"verdict": "failed"}
        assert assessments.latest(s, "none") is None
        with pytest.raises(DataError, match="there is no assessment 'x'"):
            assessments.get(s, "x")
