"""The event log: append-only, hash-chained, its head signed and copied outside the database."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from zhuoyu.store import keys
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Event, now

Json = dict[str, Any]
GENESIS = "0" * 64


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the log."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"event {self.seq}: {self.what}"


def _hash(seq: int, time: str, actor: str, action: str, kind: str, object_id: str, details: Json, reason: str, previous: str) -> str:
    said = json.dumps([seq, time, actor, action, kind, object_id, details, reason, previous], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def append(s: Session, actor: str, action: str, object_kind: str, object_id: str, details: Json | None = None, reason: str = "") -> Event:
    """Write one event in the caller's transaction. DETAILS hold ids, digests and codes only."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text("SELECT pg_advisory_xact_lock(2025092)"))
    last = s.scalars(select(Event).order_by(Event.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    time = now().isoformat()
    details = details or {}
    made = _hash(seq, time, actor, action, object_kind, object_id, details, reason, previous)
    one = Event(
        seq=seq,
        time=time,
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        details=details,
        reason=reason,
        previous=previous,
        hash=made,
    )
    s.add(one)
    s.flush()
    return one


def checkpoint(store: Store) -> Json | None:
    """Sign the head of the log and write it to ``HOME/checkpoints/events.jsonl``; None when there is no event yet."""
    with store.session() as s:
        last = s.scalars(select(Event).order_by(Event.seq.desc()).limit(1)).first()
        if last is None:
            return None
        head = {"seq": last.seq, "hash": last.hash, "time": now().isoformat(), "key": keys.fingerprint(store.home)}
    head["signature"] = keys.sign(store.home, _signed(head))
    path = store.home / "checkpoints" / "events.jsonl"
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(head) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return head


def _signed(head: Json) -> bytes:
    return json.dumps([head["seq"], head["hash"], head["time"], head["key"]]).encode()


def verify(store: Store) -> list[Finding]:
    """Recompute the chain and compare it with every signed checkpoint; what is wrong, or nothing."""
    out: list[Finding] = []
    hashes: dict[int, str] = {}
    expected, previous = 1, GENESIS
    with store.session() as s:
        for e in s.scalars(select(Event).order_by(Event.seq).execution_options(yield_per=1000)):
            if e.seq != expected:
                out.append(Finding(expected, f"is missing (the next one is {e.seq})"))
            if e.previous != previous:
                out.append(Finding(e.seq, "does not follow the one before it"))
            if _hash(e.seq, e.time, e.actor, e.action, e.object_kind, e.object_id, e.details, e.reason, e.previous) != e.hash:
                out.append(Finding(e.seq, "was edited"))
            hashes[e.seq] = e.hash
            expected, previous = e.seq + 1, e.hash
    return out + _against_checkpoints(store, hashes)


def _against_checkpoints(store: Store, hashes: dict[int, str]) -> list[Finding]:
    path = store.home / "checkpoints" / "events.jsonl"
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        try:
            head = json.loads(line)
            good = keys.verify(store.home, _signed(head), head["signature"])
        except (ValueError, KeyError):
            out.append(Finding(0, f"checkpoint {number} cannot be read"))
            continue
        if not good:
            out.append(Finding(head["seq"], f"checkpoint {number} was not signed by this workspace"))
        elif head["seq"] not in hashes:
            out.append(Finding(head["seq"], f"is gone: checkpoint {number} of {head['time']} saw it"))
        elif hashes[head["seq"]] != head["hash"]:
            out.append(Finding(head["seq"], f"differs from what checkpoint {number} of {head['time']} signed"))
    return out
