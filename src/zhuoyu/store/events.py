"""The event log: append-only, hash-chained, its head signed and copied outside the database.

A checkpoint is a signed line in ``HOME/checkpoints/events.jsonl``. It holds the digest of the line before, and the log holds an event
about it: so an edited event, an edited or missing line and a missing file are found, each by the other side. Who can rewrite the database
*and* the workspace's files is found by a copy of the lines that was kept elsewhere: ``verify(store, copy)``.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, Row, Text, cast, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError, SpecError
from zhuoyu.store import keys
from zhuoyu.store.database import Store, to_json
from zhuoyu.store.tables import Event, now

Json = dict[str, Any]
GENESIS = "0" * 64
_MARK = "checkpoint"
_CODE = re.compile(r"[\w.:/+=-]{0,128}")
_LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]*")
_REASON = 1000


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the log."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"event {self.seq}: {self.what}" if self.seq else self.what


def _hash(seq: int, time: str, actor: str, action: str, kind: str, object_id: str, details: Json, reason: str, previous: str) -> str:
    said = json.dumps([seq, time, actor, action, kind, object_id, details, reason, previous], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def append(s: Session, actor: str, action: str, object_kind: str, object_id: str, details: Json | None = None, reason: str = "") -> Event:
    """Write one event in the caller's transaction, best as its last act: others wait for the log until it ends.

    DETAILS hold ids, digests, codes and numbers only, never content: of anything longer log the digest. REASON is one line of
    at most 1000 characters.

    Raises:
        SpecError: something is not what the log may hold; the value itself is not repeated.
    """
    details = details or {}
    for name, value in (("action", action), ("object_kind", object_kind), ("object_id", object_id), *_leaves("details", details)):
        _admit(name, value)
    for name, line, most in (("actor", actor, 128), ("reason", reason, _REASON)):
        if len(line) > most or not _LINE.fullmatch(line):
            raise SpecError(f"an event's {name} is one line of at most {most} characters, found another", fix="shorten it", field=name)
    last = _head(s)
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    time = now().isoformat()
    made = _hash(seq, time, actor, action, object_kind, object_id, details, reason, previous)
    said = {"actor": actor, "action": action, "object_kind": object_kind, "object_id": object_id, "details": details, "reason": reason}
    one = Event(seq=seq, time=time, previous=previous, hash=made, **said)
    s.add(one)
    s.flush()
    return one


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{name}: a key", str(key) if isinstance(key, str) else None
            yield from _leaves(f"{name}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, value


def _admit(name: str, value: Any) -> None:
    if isinstance(value, str):
        good = bool(_CODE.fullmatch(value))
    else:
        good = (isinstance(value, int | float) and math.isfinite(value)) or (value is None and "key" not in name)
    if not good:
        fix = "keep the text elsewhere and log its digest"
        raise SpecError(f"the event log holds ids, digests, codes and numbers; {name} is something else", fix=fix, field=name)


def _head(s: Session) -> Event | None:
    """The last event; nobody else appends until the transaction ends."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text("SELECT pg_advisory_xact_lock(2025092)"))
    return s.scalars(select(Event).order_by(Event.seq.desc()).limit(1)).first()


def path_of(home: Path) -> Path:
    """The checkpoint file of a workspace; what a copy is taken of."""
    return home / "checkpoints" / "events.jsonl"


def checkpoint(store: Store) -> Json | None:
    """Sign the head of the log and write it to ``HOME/checkpoints/events.jsonl``; None when there is no event yet.

    The line is on disk before the event about it is committed: a crash between leaves a line too many, never one too few.

    Raises:
        DataError: the file cannot be written, or its last line was changed.
    """
    with store.session() as s:
        last = _head(s)
        if last is None:
            return None
        try:
            before = _whole(path_of(store.home))
            newest = json.loads(before[-1]) if before else None
            if newest and last.action == _MARK and last.details.get("line") == _digest(before[-1]):
                return dict(newest)
            head: Json = {"number": len(before) + 1, "seq": last.seq, "hash": last.hash, "time": now().isoformat()}
            head |= {"key": keys.fingerprint(store.home), "previous": _digest(before[-1]) if before else GENESIS}
            line = json.dumps(head | {"signature": keys.sign(store.home, _signed(head))})
            _write(path_of(store.home), "".join(f"{one}\n" for one in before), line)
        except (OSError, ValueError) as error:
            raise DataError(f"the checkpoint cannot be written: {error}", fix="see what is wrong: zhuoyu audit verify") from error
        append(s, "zhuoyu", _MARK, "log", head["key"], {"number": head["number"], "seq": head["seq"], "line": _digest(line)})
    return dict(json.loads(line))


def _whole(path: Path) -> list[str]:
    """The complete lines; what a crash left without its end was never promised."""
    body = path.read_bytes().decode() if path.exists() else ""
    return body.split("\n")[:-1]


def _write(path: Path, before: str, line: str) -> None:
    with path.open("r+b" if path.exists() else "xb") as out:
        out.truncate(len(before.encode()))
        out.seek(0, os.SEEK_END)
        out.write(f"{line}\n".encode())
        out.flush()
        os.fsync(out.fileno())


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _signed(head: Json) -> bytes:
    return json.dumps([head[name] for name in ("number", "seq", "hash", "time", "key", "previous")]).encode()


def verify(store: Store, copy: Path | None = None) -> list[Finding]:
    """Recompute the chain and compare it with every signed checkpoint; what is wrong, or nothing.

    COPY: a copy of the checkpoint file that was kept elsewhere; it counts too. Events after the last checkpoint are bound to the
    chain only. Needs memory for a hash an event.

    Raises:
        SpecError: the copy is not there.
        DataError: it holds no checkpoint, so that nothing could be compared with it.
    """
    out: list[Finding] = []
    kept = _kept(copy) if copy is not None else []
    hashes: dict[int, str] = {}
    marks: dict[str, int] = {}
    expected, previous = 1, GENESIS
    columns = [
        Event.seq,
        Event.time,
        Event.actor,
        Event.action,
        Event.object_kind,
        Event.object_id,
        cast(Event.details, Text),
        Event.reason,
    ]
    query = select(*columns, Event.previous, Event.hash).order_by(Event.seq).execution_options(yield_per=1000)
    # read before the events and after them: a checkpoint that is written meanwhile is known to one side only
    lines = _lines(path_of(store.home), "checkpoint", out)
    with store.reading() as s:
        for e in _read(s, query, out):
            if e.seq != expected:
                out.append(Finding(expected, f"is missing (the next one is {e.seq})"))
            if e.previous != previous:
                out.append(Finding(e.seq, "does not follow the one before it"))
            details = _recomputed(tuple(e), out)
            if e.action == _MARK and _expects(store, e.object_id) and isinstance(details.get("line"), str):
                marks[details["line"]] = e.seq
            hashes[e.seq] = e.hash
            expected, previous = e.seq + 1, e.hash
    out += _against(store, hashes, lines, "checkpoint")
    there = {_digest(line) for line in [*lines, *_lines(path_of(store.home), "checkpoint", [])]}
    out += [
        Finding(seq, "tells of a checkpoint that is not in the file: it was edited or removed")
        for m, seq in marks.items()
        if m not in there
    ]
    return out + _against(store, hashes, kept, "kept checkpoint")


def _kept(copy: Path) -> list[str]:
    """The lines of a copy: a copy that says nothing must not pass for one that agrees."""
    fix = "give a copy of the workspace's checkpoints/events.jsonl"
    if not copy.is_file():
        raise SpecError(f"the copy {copy} is no file", fix=fix)
    try:
        lines = _whole(copy)
    except (OSError, ValueError) as error:
        raise DataError(f"the copy {copy} cannot be read: {error}", fix=fix) from error
    if not lines:
        raise DataError(f"the copy {copy} holds no checkpoint", fix=fix)
    return lines


def _read(s: Session, query: Executable, out: list[Finding]) -> Iterator[Row[Any]]:
    """The events as far as the database gives them: SQLite keeps texts that are none."""
    try:
        yield from s.execute(query)
    except DatabaseError as error:
        out.append(Finding(0, f"the log cannot be read to its end: {' '.join(str(error.orig).split())}"))


def _expects(store: Store, key: str) -> bool:
    """Workspaces that share a PostgreSQL keep the checkpoints each of its own key; a SQLite file has one workspace."""
    return store.engine.dialect.name == "sqlite" or key == keys.fingerprint(store.home)


def _recomputed(row: tuple[Any, ...], out: list[Finding]) -> Json:
    *said, recorded = row
    try:
        written = said[6]
        said[6] = json.loads(written)
        # the text itself too: of a key that stands there twice every reader sees another value
        good = _hash(*said) == recorded and to_json(said[6]) == written
    except (TypeError, ValueError):
        said[6], good = {}, False
    if not good:
        out.append(Finding(row[0], "was edited"))
    return said[6] if isinstance(said[6], dict) else {}


def _lines(path: Path, called: str, out: list[Finding]) -> list[str]:
    try:
        return _whole(path)
    except (OSError, ValueError):
        out.append(Finding(0, f"the {called} file {path.name} cannot be read"))
        return []


def _against(store: Store, hashes: dict[int, str], lines: list[str], called: str) -> list[Finding]:
    out = []
    previous = GENESIS
    for number, line in enumerate(lines, 1):
        try:
            head = json.loads(line)
            seq, good = int(head["seq"]), keys.verify(store.home, _signed(head), head["signature"])
            follows = head["number"] == number and head["previous"] == previous
        except (ValueError, KeyError, TypeError):
            out.append(Finding(0, f"{called} {number} cannot be read"))
            previous = _digest(line)
            continue
        previous = _digest(line)
        if not good:
            out.append(Finding(seq, f"{called} {number} was not signed by this workspace"))
        elif not follows:
            out.append(Finding(seq, f"{called} {number} does not follow the one before it: lines were removed or moved"))
        if seq not in hashes:
            out.append(Finding(seq, f"is gone: {called} {number} saw it"))
        elif hashes[seq] != head.get("hash"):
            out.append(Finding(seq, f"differs from what {called} {number} signed"))
    return out
