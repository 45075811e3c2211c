"""Every attempt of a run has a version of its own: what a late one writes or removes is never what another sealed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zhuoyu.errors import DataError, OpError
from zhuoyu.store import datasets, runs, versions
from zhuoyu.store.database import Store
from zhuoyu.store.runs import Lease
from zhuoyu.store.tables import Version


def claimed(store: Store, seconds: float = 60) -> Lease:
    with store.session() as s:
        run = runs.create(s, "build", {"recipe": "docs"})
    return runs.claim(store, run, seconds)


def opened(store: Store, lease: Lease, parents: list[str] | None = None) -> Path:
    """The folder of a new open version, with a file in it."""
    with store.session() as s:
        version = versions.open_version(s, lease, "docs", parents)
    folder = store.home / "versions" / version.id
    folder.mkdir()
    (folder / "rows").write_text(f"of token {lease.token}")
    return folder


def seal(store: Store, lease: Lease, folder: Path, digest: str = "d" * 64) -> Version:
    with store.session() as s:
        return versions.seal(s, lease, folder.name, digest=digest, tables={}, measures={}, counts={}, signature="")


def test_a_late_attempt_cannot_touch_what_the_next_one_sealed(store: Store) -> None:
    late = claimed(store, -1)
    theirs = opened(store, late)
    heir = runs.claim(store, late.run_id, 60)
    ours = opened(store, heir)
    seal(store, heir, ours)
    shutil.rmtree(theirs)  # how a late process begins to write its tables
    assert (ours / "rows").read_text() == "of token 2"
    with pytest.raises(runs.LostLease):
        seal(store, late, theirs)


def test_sweep_removes_what_nobody_can_seal_and_nothing_else(store: Store) -> None:
    failed = claimed(store)
    of_failed = opened(store, failed)
    with store.session() as s:
        runs.finish(s, failed, "failed", error={})
    first = claimed(store, -1)
    of_first = opened(store, first)
    second = runs.claim(store, first.run_id, 60)
    of_second = opened(store, second)
    done = claimed(store)
    sealed = opened(store, done)
    seal(store, done, sealed)
    unknown = store.home / "versions" / "another-databases"
    unknown.mkdir()
    assert sorted(versions.sweep(store)) == sorted([of_failed.name, of_first.name])
    assert sorted(p.name for p in (store.home / "versions").iterdir()) == sorted([of_second.name, sealed.name, unknown.name])
    assert versions.sweep(store) == []
    assert seal(store, second, of_second, "e" * 64).number == 2


def test_a_lease_seals_only_versions_of_its_own_run(store: Store) -> None:
    mine, other = claimed(store), claimed(store)
    folder = opened(store, mine)
    with pytest.raises(DataError, match="not an open one of run"):
        seal(store, other, folder)
    seal(store, mine, folder)
    with pytest.raises(DataError, match="not an open one of run"):
        seal(store, mine, folder)


def test_parents_come_in_their_order(store: Store) -> None:
    lease = claimed(store)
    made = [seal(store, lease, opened(store, lease), digest=str(n) * 64) for n in range(3)]
    child = seal(store, lease, opened(store, lease, [made[2].id, "unknown here", made[0].id]), digest="c" * 64)
    with store.reading() as s:
        assert [v.number for v in versions.parents(s, versions.find(s, child.id))] == [3, 1]
        assert versions.parents(s, versions.find(s, "docs@1")) == []


def test_a_retired_dataset_gets_no_more_versions_and_keeps_those_it_has(store: Store) -> None:
    lease = claimed(store)
    seal(store, lease, opened(store, lease))
    with store.session() as s:
        datasets.retire(s, "docs", "ada", "replaced by docs-2")
        assert datasets.retire(s, "docs", "ada").state == "retired"
    with pytest.raises(DataError, match="retired: it gets no more versions"), store.session() as s:
        versions.open_version(s, lease, "docs")
    with store.reading() as s:
        assert versions.find(s, "docs").number == 1
        assert [d.name for d in datasets.all_datasets(s)] == ["docs"]
        with pytest.raises(DataError, match="did you mean 'docs'"):
            datasets.get(s, "dosc")


def test_cancelling_takes_the_run_from_whoever_works_on_it(store: Store) -> None:
    lease = claimed(store)
    folder = opened(store, lease)
    for _ in range(2):
        with store.session() as s:
            assert runs.cancel(s, lease.run_id).state == "cancelled"
    with pytest.raises(runs.LostLease, match=r"has ended \(cancelled\)"):
        seal(store, lease, folder)
    with pytest.raises(runs.LostLease):
        runs.renew(store, lease)
    assert versions.sweep(store) == [folder.name]


def test_what_has_ended_is_not_cancelled(store: Store) -> None:
    lease = claimed(store)
    with pytest.raises(OpError, match="not 'sealed'"), store.session() as s:
        runs.finish(s, lease, "sealed")
    with store.session() as s:
        runs.finish(s, lease, "succeeded", record={})
    with pytest.raises(DataError, match="only a run that goes on"), store.session() as s:
        runs.cancel(s, lease.run_id)


def test_the_same_work_is_found_by_its_spec(store: Store) -> None:
    digest = runs.digest_of({"limit": 3, "recipe": "docs"})
    made = []
    for state in ("succeeded", "succeeded", "failed"):
        with store.session() as s:
            made.append(runs.create(s, "build", {"recipe": "docs", "limit": 3}))
            assert runs.unfinished(s, digest) == made[-1]
        lease = runs.claim(store, made[-1], 60)
        with store.session() as s:
            runs.finish(s, lease, state, record={})
    with store.reading() as s:
        found = runs.same_work(s, digest)
        assert found is not None
        assert found.id == max(made[:2])
        assert runs.same_work(s, "another") is None


def test_a_process_number_of_another_container_says_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same host name, another table of processes: the number is free there and the run is not."""
    lease = claimed(store)
    monkeypatch.setattr(runs, "here", lambda: runs.socket.gethostname() + "/0.pid:[1]")
    monkeypatch.setattr(runs, "pid_alive", lambda _pid: False)
    with pytest.raises(DataError, match="being worked on"):
        runs.claim(store, lease.run_id, 60)
