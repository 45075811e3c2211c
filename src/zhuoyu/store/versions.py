"""Versions: opened by a run, sealed in one transaction, found by many names."""

from __future__ import annotations

import re
import shutil
import uuid
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError, did_you_mean
from zhuoyu.store import datasets, events
from zhuoyu.store.database import Store
from zhuoyu.store.runs import ENDED, Lease, check
from zhuoyu.store.tables import Dataset, Run, now
from zhuoyu.store.tables import Version as Version

Json = dict[str, Any]
_NUMBER = re.compile(r"[0-9]{1,9}")
_BEGINNING = re.compile(r"[0-9a-fA-F]{6,64}")


def open_version(s: Session, lease: Lease, dataset: str, parents: list[str] | None = None) -> Version:
    """A new open version of this run. What an earlier attempt left open is never taken up again, ``sweep`` removes it.

    A process that was stopped and wakes late may still write to the earlier one's folder: each attempt has its own.

    Raises:
        LostLease: the run is another's now.
        DataError: the dataset is retired.
    """
    check(s, lease)
    datasets.ensure(s, dataset)
    version = Version(id=uuid.uuid4().hex[:16], dataset=dataset, run_id=lease.run_id, parents=list(parents or []))
    s.add(version)
    s.flush()
    return version


def seal(
    s: Session,
    lease: Lease,
    version_id: str,
    *,
    digest: str,
    tables: Json,
    measures: Json,
    counts: Json,
    signature: str,
    actor: str = "zhuoyu",
) -> Version:
    """Seal an open version: the commit point of all its tables. Its number is given here.

    Raises:
        LostLease: the run is another's now.
        DataError: the version is sealed already, or another run's.
    """
    check(s, lease)
    version = s.get(Version, version_id, populate_existing=True)
    if version is None or version.state != "open" or version.run_id != lease.run_id:
        raise DataError(f"version {version_id} is not an open one of run {lease.run_id}", fix="run the recipe again")
    dataset = s.scalars(select(Dataset).where(Dataset.name == version.dataset).with_for_update()).one()
    last = s.scalar(select(func.max(Version.number)).where(Version.dataset == dataset.name)) or 0
    version.number, version.state, version.digest, version.sealed_at = last + 1, "sealed", digest, now()
    version.tables, version.measures, version.counts, version.signature = tables, measures, counts, signature
    s.flush()
    events.append(s, actor, "seal", "version", version_id, {"digest": digest, "run": lease.run_id, "number": version.number})
    return version


def all_versions(s: Session, dataset: str | None = None) -> list[Version]:
    """Every version that is not open, newest first."""
    query = select(Version).where(Version.state != "open").order_by(Version.sealed_at.desc(), Version.number.desc())
    return list(s.scalars(query.where(Version.dataset == dataset) if dataset else query))


def parents(s: Session, version: Version) -> list[Version]:
    """The versions this one was made from, as far as they are known here."""
    found = {v.id: v for v in s.scalars(select(Version).where(Version.id.in_(version.parents)))}
    return [found[i] for i in version.parents if i in found]


def find(s: Session, ref: str) -> Version:
    """The version that REF means: ``name`` (its newest), ``name@3``, ``name@latest``, an id, or the beginning of an id or digest.

    Raises:
        DataError: nothing, or more than one version, is called so.
    """
    name, at, number = ref.partition("@")
    query = select(Version).where(Version.dataset == name, Version.state != "open").order_by(Version.number.desc())
    if at and number != "latest":
        if not _NUMBER.fullmatch(number):
            raise DataError(f"{ref!r}: what follows @ is a number or latest", fix="write for example docs@2")
        query = query.where(Version.number == int(number))
    found = s.scalars(query.limit(1)).first() or (None if at else _begun(s, ref))
    if found is None:
        known = [f"{v.dataset}@{v.number}" for v in all_versions(s)]
        raise DataError(f"there is no version {ref!r}", fix=did_you_mean(ref, known) if known else "run a recipe first: zhuoyu demo")
    return found


def _begun(s: Session, ref: str) -> Version | None:
    """The version whose id or digest begins with REF; of several with one digest the newest."""
    if not _BEGINNING.fullmatch(ref):
        return None
    begins = or_(Version.id.startswith(ref.lower()), Version.digest.startswith(ref.lower()))
    many = list(s.scalars(select(Version).where(Version.state != "open", begins).order_by(Version.sealed_at.desc())))
    if len({v.digest for v in many}) > 1:
        names = ", ".join(f"{v.dataset}@{v.number}" for v in many[:5])
        raise DataError(f"{ref!r} begins more than one version's id or digest: {names}", fix="write more of it")
    return many[0] if many else None


def sweep(store: Store) -> list[str]:
    """Remove versions that nobody can seal any more, with their folders; their ids.

    Those are open ones of ended runs and of earlier attempts. A folder that no row calls open is never touched: another
    database may know it.
    """
    query = select(Version.id, Version.run_id, Run.state).join(Run).where(Version.state == "open").order_by(Version.created_at)
    with store.reading() as s:
        opened = list(s.execute(query))
    newest = {one.run_id: one.id for one in opened}
    gone: list[str] = [one.id for one in opened if one.state in ENDED or newest[one.run_id] != one.id]
    for version in gone:
        shutil.rmtree(store.home / "versions" / version, ignore_errors=True)
    with store.session() as s:
        s.execute(delete(Version).where(Version.id.in_(gone), Version.state == "open"))
    return gone
