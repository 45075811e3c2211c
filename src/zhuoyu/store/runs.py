"""Runs and their leases: one process at a time works on a run, and a late one can commit nothing."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from zhuoyu.errors import DataError, OpError
from zhuoyu.settings import settings
from zhuoyu.store.database import Store, pid_alive
from zhuoyu.store.tables import Run, now

Json = dict[str, Any]
ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Lease:
    """The right to work on a run. ``token`` rises with every claim: the fencing token."""

    run_id: str
    attempt: int
    token: int


class LostLease(DataError):  # noqa: N818  what happened, as users read it
    """Another process took the run over, or it was ended."""


def digest_of(spec: Json) -> str:
    """Names the work a run does: SHA-256 of its spec, whatever the order of keys.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def create(s: Session, kind: str, spec: Json, spec_digest: str = "") -> str:
    """A queued run; its id sorts by time. SPEC_DIGEST defaults to the digest of SPEC."""
    run_id = f"{int(time.time() * 1000):012x}-{uuid.uuid4().hex[:8]}"
    s.add(Run(id=run_id, kind=kind, spec=spec, spec_digest=spec_digest or digest_of(spec)))
    s.flush()
    return run_id


def get(s: Session, run_id: str) -> Run:
    """The run of this id.

    Raises:
        DataError: there is none.
    """
    run = s.get(Run, run_id)
    if run is None:
        raise DataError(f"there is no run {run_id!r}", fix="`zhuoyu runs` lists them")
    return run


def recent(s: Session, limit: int = 20) -> list[Run]:
    """Newest first."""
    return list(s.scalars(select(Run).order_by(Run.id.desc()).limit(limit)))


def unfinished(s: Session, spec_digest: str) -> str | None:
    """The newest run of the same work that nobody ended. Until the transaction ends nobody else finds or creates one."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(select(func.pg_advisory_xact_lock(2025093, func.hashtext(spec_digest))))
    return s.scalars(select(Run.id).where(Run.spec_digest == spec_digest, Run.state.not_in(ENDED)).order_by(Run.id.desc()).limit(1)).first()


def same_work(s: Session, spec_digest: str) -> Run | None:
    """The newest run that succeeded at the same work."""
    query = select(Run).where(Run.spec_digest == spec_digest, Run.state == "succeeded")
    return s.scalars(query.order_by(Run.id.desc()).limit(1)).first()


def _locked(s: Session, run_id: str) -> Run:
    """The run as it is now, not as this session read it before, and nobody else's until the transaction ends."""
    run = s.scalars(select(Run).where(Run.id == run_id).with_for_update().execution_options(populate_existing=True)).first()
    if run is None:
        raise DataError(f"there is no run {run_id!r}", fix="`zhuoyu runs` lists them")
    return run


def _clock(s: Session) -> float:
    """Seconds by one clock for all who share the database: hosts disagree."""
    if s.get_bind().dialect.name == "postgresql":
        return float(s.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)
    return time.time()


def claim(store: Store, run_id: str, lease_seconds: float) -> Lease:
    """Take a run: it is free, its lease ran out, or its process on this host is dead.

    Raises:
        DataError: another process works on it, or it has ended.
    """
    with store.session() as s:
        run = _locked(s, run_id)
        if run.state in ENDED:
            raise DataError(f"run {run_id} has ended ({run.state})", fix="start the same work again for a new run", run=run_id)
        clock = _clock(s)
        live = run.state == "running" and (run.lease_until or 0) > clock
        if live and (run.host != here() or pid_alive(run.pid)):
            until = time.strftime("%H:%M:%S", time.localtime(run.lease_until))
            raise DataError(
                f"run {run_id} is being worked on by process {run.pid} on {(run.host or '').partition('/')[0]} until {until} at least",
                fix="wait for it, or stop that process and start again",
                run=run_id,
                pid=run.pid,
            )
        run.state, run.attempt, run.token = "running", run.attempt + 1, run.token + 1
        run.lease_until, run.pid, run.host = clock + lease_seconds, os.getpid(), here()
        run.started_at = run.started_at or now()
        return Lease(run_id, run.attempt, run.token)


def check(s: Session, lease: Lease) -> Run:
    """The run, locked, if LEASE still holds it: to be asked in the transaction that commits.

    Raises:
        LostLease: another process claimed it, or it was ended.
    """
    run = _locked(s, lease.run_id)
    if run.token != lease.token or run.state != "running":
        what = f"has ended ({run.state})" if run.state in ENDED else f"was taken over by another process (attempt {run.attempt})"
        raise LostLease(
            f"run {lease.run_id} {what}; nothing that attempt {lease.attempt} did since counts",
            fix="follow it with `zhuoyu runs`; start the same work again if it did not succeed",
            run=lease.run_id,
        )
    return run


def renew(store: Store, lease: Lease, lease_seconds: float | None = None) -> None:
    """Hold a run longer: LEASE_SECONDS (default: the settings') from now.

    Raises:
        LostLease: it is another's now.
    """
    with store.session() as s:
        check(s, lease).lease_until = _clock(s) + (lease_seconds or settings().lease_seconds)


def note(s: Session, lease: Lease, record: Json) -> None:
    """Write the record as it is now."""
    _write(check(s, lease), record)


def finish(s: Session, lease: Lease, state: str, record: Json | None = None, error: Json | None = None) -> None:
    """End a run as succeeded, failed or cancelled."""
    run = check(s, lease)
    _end(run, state)
    if record is not None:
        _write(run, record)
    run.error = error


def cancel(s: Session, run_id: str) -> Run:
    """End a run from outside: whoever works on it can commit nothing more. Cancelled already: nothing happens.

    Raises:
        DataError: there is no such run, or it succeeded or failed.
    """
    run = _locked(s, run_id)
    if run.state in ("succeeded", "failed"):
        raise DataError(f"run {run_id} has ended ({run.state})", fix="only a run that goes on can be cancelled", run=run_id)
    if run.state != "cancelled":
        _end(run, "cancelled")
        run.token += 1
    return run


def _end(run: Run, state: str) -> None:
    if state not in ENDED:
        raise OpError(f"a run ends as {', '.join(ENDED)}, not {state!r}", fix="a defect in zhuoyu: report it", run=run.id)
    run.state, run.ended_at, run.lease_until = state, now(), None


def here() -> str:
    """Names the place where a process number means something: host, and on Linux its boot and its table of processes.

    Containers may share a host name and a workspace; a number that is free in one says nothing about the other.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        return f"{socket.gethostname()}/{boot}.{Path('/proc/self/ns/pid').readlink().name}"
    except OSError:
        return socket.gethostname()


def _write(run: Run, record: Json) -> None:
    """Also when RECORD is the object written before, changed within: SQLAlchemy would see no difference."""
    run.record = dict(record)
    flag_modified(run, "record")
