"""Runs and their leases: one process at a time works on a run, and a late one can commit nothing."""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from zhuoyu.errors import DataError
from zhuoyu.store.database import Store, pid_alive
from zhuoyu.store.tables import Run, now

Json = dict[str, Any]
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Lease:
    """The right to work on a run. ``token`` rises with every claim: the fencing token."""

    run_id: str
    attempt: int
    token: int


class LostLease(DataError):  # noqa: N818  what happened, as users read it
    """Another process took the run over."""


def create(s: Session, kind: str, spec: Json, spec_digest: str) -> str:
    """A queued run; its id sorts by time."""
    run_id = f"{int(time.time() * 1000):012x}-{uuid.uuid4().hex[:8]}"
    s.add(Run(id=run_id, kind=kind, spec=spec, spec_digest=spec_digest))
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
    return s.scalars(
        select(Run.id).where(Run.spec_digest == spec_digest, Run.state.not_in(_ENDED)).order_by(Run.id.desc()).limit(1)
    ).first()


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
        if run.state in _ENDED:
            raise DataError(f"run {run_id} has ended ({run.state})", fix="start the same work again for a new run", run=run_id)
        clock = _clock(s)
        live = run.state == "running" and (run.lease_until or 0) > clock
        if live and (run.host != socket.gethostname() or pid_alive(run.pid)):
            until = time.strftime("%H:%M:%S", time.localtime(run.lease_until))
            raise DataError(
                f"run {run_id} is being worked on by process {run.pid} on {run.host} until {until} at least",
                fix="wait for it, or stop that process and start again",
                run=run_id,
                pid=run.pid,
            )
        run.state, run.attempt, run.token = "running", run.attempt + 1, run.token + 1
        run.lease_until, run.pid, run.host = clock + lease_seconds, os.getpid(), socket.gethostname()
        run.started_at = run.started_at or now()
        return Lease(run_id, run.attempt, run.token)


def check(s: Session, lease: Lease) -> Run:
    """The run, locked, if LEASE still holds it: to be asked in the transaction that commits.

    Raises:
        LostLease: another process claimed it, or it was ended.
    """
    run = _locked(s, lease.run_id)
    if run.token != lease.token or run.state != "running":
        raise LostLease(
            f"run {lease.run_id} was taken over by another process (attempt {run.attempt}) or ended ({run.state}); "
            "nothing of this one was committed since",
            fix="nothing to do: the other process goes on",
            run=lease.run_id,
        )
    return run


def renew(store: Store, lease: Lease, lease_seconds: float) -> None:
    """Hold a run longer.

    Raises:
        LostLease: it is another's now.
    """
    with store.session() as s:
        check(s, lease).lease_until = _clock(s) + lease_seconds


def note(s: Session, lease: Lease, record: Json) -> None:
    """Write the record as it is now."""
    _write(check(s, lease), record)


def finish(s: Session, lease: Lease, state: str, record: Json | None = None, error: Json | None = None) -> None:
    """End a run as succeeded, failed or cancelled."""
    run = check(s, lease)
    run.state, run.ended_at, run.lease_until = state, now(), None
    if record is not None:
        _write(run, record)
    run.error = error


def _write(run: Run, record: Json) -> None:
    """Also when RECORD is the object written before, changed within: SQLAlchemy would see no difference."""
    run.record = dict(record)
    flag_modified(run, "record")
