"""Leases with real processes: a dead one gives way at once, a sleeping one when its lease runs out, and a late one commits nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import update

from store.processes import heard, process, tell
from zhuoyu.errors import DataError
from zhuoyu.store import runs, shards, versions
from zhuoyu.store.database import Store, pid_alive
from zhuoyu.store.runs import Lease, LostLease
from zhuoyu.store.tables import Run

WORK = """
store = Store.open()
lease = runs.claim(store, sys.argv[1], float(sys.argv[2]))
with store.session() as s:
    version = versions.open_version(s, lease, "docs").id
say(lease.token, version)
def tried(what):
    try:
        with store.session() as s: done = what(s)
    except ZhuoyuError as e: done = type(e).__name__
    say(done)
while order := wait():
    if order == "commit": tried(lambda s: shards.commit(s, lease, "stage", "late", {}, {}))
    empty = {"digest": "d", "tables": {}, "measures": {}, "counts": {}, "signature": ""}
    if order == "seal": tried(lambda s: versions.seal(s, lease, version, **empty).number)
    if order == "renew":
        try: say(runs.renew(store, lease, 30))
        except ZhuoyuError as e: say(type(e).__name__)
"""


def made(store: Store, digest: str = "work") -> str:
    with store.session() as s:
        return runs.create(s, "build", {"n": 1}, digest)


def test_a_killed_process_gives_way_at_once(store: Store) -> None:
    run = made(store)
    with process(WORK, run, 300) as child:
        token, version = heard(child).split()
        assert token == "1"
        with pytest.raises(DataError, match=f"being worked on by process {child.pid} on .* stop that process"):
            runs.claim(store, run, 30)
        child.send_signal(signal.SIGKILL)
        child.wait()
        lease = runs.claim(store, run, 30)
    assert (lease.token, lease.attempt) == (2, 2)
    with store.session() as s:
        assert versions.open_version(s, lease, "docs").id != version
        with pytest.raises(DataError):
            versions.find(s, "docs")


def test_a_stopped_process_is_refused_when_it_wakes(store: Store) -> None:
    run = made(store)
    with process(WORK, run, 0.7) as child:
        assert heard(child).startswith("1 ")
        tell(child, "commit")
        assert heard(child) == "True"
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(DataError, match="being worked on"):
            runs.claim(store, run, 30)
        time.sleep(0.8)
        lease = runs.claim(store, run, 30)
        assert lease.token == 2
        os.kill(child.pid, signal.SIGCONT)
        for order in ("commit", "renew", "seal"):
            tell(child, order)
            assert heard(child) == "LostLease", order
    with store.session() as s:
        assert list(shards.done(s, "stage")) == ["late"]
        assert versions.all_versions(s) == []
        taken = versions.open_version(s, lease, "docs")
        sealed = versions.seal(s, lease, taken.id, digest="d", tables={}, measures={}, counts={}, signature="")
        assert sealed.number == 1


def test_of_many_that_claim_at_once_one_gets_it(store: Store) -> None:
    run = made(store)
    got: list[Lease] = []
    refused: list[DataError] = []

    def claim() -> None:
        try:
            got.append(runs.claim(store, run, 30))
        except DataError as error:
            refused.append(error)

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [lease.token for lease in got] == [1]
    assert len(refused) == 5


def test_tokens_rise_and_every_older_lease_is_lost(store: Store) -> None:
    run = made(store)
    leases = []
    for _ in range(4):
        leases.append(runs.claim(store, run, 0.001))
        time.sleep(0.01)
    assert [lease.token for lease in leases] == [1, 2, 3, 4]
    for lease in leases[:-1]:
        with pytest.raises(LostLease), store.session() as s:
            runs.note(s, lease, {"late": True})
    with store.session() as s:
        runs.note(s, leases[-1], {"late": False})
    with store.reading() as s:
        assert runs.get(s, run).record == {"late": False}


def test_what_a_session_read_before_does_not_hide_the_new_holder(store: Store) -> None:
    """PostgreSQL lets another process claim between the two reads; SQLite's writers exclude each other."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("PostgreSQL only")
    run = made(store)
    lease = runs.claim(store, run, 0.001)
    time.sleep(0.01)
    with pytest.raises(LostLease), store.session() as s:  # noqa: PT012
        assert runs.get(s, run).token == 1
        assert runs.claim(store, run, 30).token == 2
        shards.commit(s, lease, "stage", "a", {}, {})


def test_a_process_stopped_inside_a_transaction_does_not_hold_postgresql(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("PostgreSQL only: nothing can end a stopped process's SQLite lock")
    with store.engine.connect() as c:
        assert c.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "30s"
        assert c.exec_driver_sql("SHOW lock_timeout").scalar() == "1min"


def test_renewing_holds_a_run_longer(store: Store) -> None:
    run = made(store)
    lease = runs.claim(store, run, 0.3)
    runs.renew(store, lease, 60)
    time.sleep(0.35)
    with store.session() as s:
        s.execute(update(Run).where(Run.id == run).values(host="elsewhere"))
    with pytest.raises(DataError, match="on elsewhere"):
        runs.claim(store, run, 30)


def test_a_dead_process_number_of_another_host_says_nothing(store: Store) -> None:
    run = made(store)
    runs.claim(store, run, 60)
    with store.session() as s:
        s.execute(update(Run).where(Run.id == run).values(host="elsewhere", pid=2**22 + 1))
    with pytest.raises(DataError, match="being worked on"):
        runs.claim(store, run, 30)


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_an_ended_run_stays_ended(store: Store, state: str) -> None:
    run = made(store)
    lease = runs.claim(store, run, 30)
    with store.session() as s:
        runs.finish(s, lease, state, record={"rows": 1}, error=None if state == "succeeded" else {"type": "X"})
    with pytest.raises(DataError, match=rf"has ended \({state}\)"):
        runs.claim(store, run, 30)
    with pytest.raises(LostLease), store.session() as s:
        runs.note(s, lease, {})
    with store.reading() as s:
        one = runs.get(s, run)
        assert (one.state, one.record, one.lease_until) == (state, {"rows": 1}, None)
        assert one.ended_at is not None
        assert runs.unfinished(s, "work") is None


def test_unfinished_is_the_newest_of_the_same_work(store: Store) -> None:
    first, other = made(store), made(store, "other work")
    time.sleep(0.002)
    second = made(store)
    with store.session() as s:
        assert runs.unfinished(s, "work") == second
        assert runs.unfinished(s, "other work") == other
        assert runs.unfinished(s, "no work") is None
        assert [r.id for r in runs.recent(s, 2)] == [second, other] if second > other else [other, second]
        assert first < second


def test_two_who_start_the_same_work_at_once_get_one_run(store: Store) -> None:
    code = """
store = Store.open()
say("ready"); wait()
with store.session() as s:
    found = runs.unfinished(s, "same")
    time.sleep(0.2)
    made = found or runs.create(s, "build", {}, "same")
say(made)
"""
    with process(code) as a, process(code) as b:
        assert heard(a) == heard(b) == "ready"
        tell(a)
        tell(b)
        assert heard(a) == heard(b)


def test_a_record_changed_within_is_written_again(store: Store) -> None:
    lease = runs.claim(store, made(store), 30)
    record = {"steps": [1]}
    with store.session() as s:
        runs.note(s, lease, record)
        s.flush()
        record["steps"].append(2)
        runs.note(s, lease, record)
    with store.reading() as s:
        assert runs.get(s, lease.run_id).record == {"steps": [1, 2]}


def test_the_first_writer_of_a_shard_wins(store: Store) -> None:
    one, two = (runs.claim(store, made(store, d), 60) for d in ("a", "b"))
    answers: dict[str, bool] = {}

    def write(lease: Lease) -> None:
        with store.session() as s:
            answers[lease.run_id] = shards.commit(s, lease, "stage", "0", {"kept": lease.run_id}, {"rows": 1})

    with store.session() as s:
        answers[one.run_id] = shards.commit(s, one, "stage", "0", {"kept": one.run_id}, {"rows": 1})
        thread = threading.Thread(target=write, args=(two,))
        thread.start()
        time.sleep(0.1)
    thread.join()
    assert answers == {one.run_id: True, two.run_id: False}
    with store.session() as s:
        assert shards.done(s, "stage")["0"].files == {"kept": one.run_id}
        assert shards.done(s, "another stage") == {}
        shards.commit(s, one, "stage", "1", {}, {})
        shards.forget(s, ["stage"], "0")
        assert list(shards.done(s, "stage")) == ["1"]
        shards.forget(s, ["stage"])
        assert shards.done(s, "stage") == {}


def test_an_unknown_run_is_said(store: Store) -> None:
    with pytest.raises(DataError, match="there is no run 'x'"), store.reading() as s:
        runs.get(s, "x")
    with pytest.raises(DataError, match="there is no run 'x'"):
        runs.claim(store, "x", 30)


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert Path(f"/proc/{child.pid}").exists()
        assert not pid_alive(child.pid)
    assert not pid_alive(child.pid)
    assert not pid_alive(None)
    assert pid_alive(os.getpid())
    assert pid_alive(1)
