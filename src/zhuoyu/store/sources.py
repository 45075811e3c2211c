"""Sources: where rows come from, under which licence and legal basis."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError, did_you_mean
from zhuoyu.store import events
from zhuoyu.store.database import insert_once, to_json
from zhuoyu.store.tables import Source

Json = dict[str, Any]


def id_of(name: str) -> str:
    """16 hex digits that the name of a source gives."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def ensure(
    s: Session, name: str, *, spec: Json | None = None, license: str | None = None, basis: Json | None = None, actor: str = "zhuoyu"
) -> Source:
    """The source of this name as it is declared now; a first or another declaration leaves an event.

    Raises:
        DataError: it is suspended: nothing may be landed from it.
    """
    new = insert_once(s, Source, id=id_of(name), name=name, spec=spec or {}, license=license, basis=basis, state="active")
    source = get(s, name)
    if source.state == "suspended":
        raise DataError(f"source {name!r} is suspended", fix="resume it, or take it out of the recipe")
    changed = (source.spec, source.license, source.basis) != (spec or {}, license, basis)
    if new or changed:
        source.spec, source.license, source.basis = spec or {}, license, basis
        s.flush()
        declared = hashlib.sha256(to_json([spec or {}, license, basis]).encode()).hexdigest()
        events.append(s, actor, "declare", "source", source.id, {"declared": declared})
    return source


def get(s: Session, name: str) -> Source:
    """The source of this name.

    Raises:
        DataError: there is none.
    """
    found = s.get(Source, id_of(name))
    if found is None:
        raise DataError(f"there is no source {name!r}", fix=did_you_mean(name, s.scalars(select(Source.name))))
    return found


def suspend(s: Session, name: str, actor: str, reason: str) -> Source:
    """Land nothing more from a source until it is resumed.

    Raises:
        DataError: there is none.
    """
    return _turn(s, name, "suspended", "suspend", actor, reason)


def resume(s: Session, name: str, actor: str, reason: str) -> Source:
    """Let a source be landed again.

    Raises:
        DataError: there is none.
    """
    return _turn(s, name, "active", "resume", actor, reason)


def _turn(s: Session, name: str, state: str, action: str, actor: str, reason: str) -> Source:
    source = get(s, name)
    if source.state != state:
        source.state = state
        s.flush()
        events.append(s, actor, action, "source", source.id, {}, reason)
    return source
