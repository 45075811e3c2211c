"""The metadata of a workspace as SQL tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Float, ForeignKey, Integer, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """With its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {Json: JSON(none_as_null=True), list[str]: JSON, datetime: Moment, str: String}  # noqa: RUF012  SQLAlchemy's own form


class Dataset(Base):
    """A named line of versions: active, retired or destroyed."""

    __tablename__ = "dataset"
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Run(Base):
    """Every job: queued, running, waiting, succeeded, failed or cancelled."""

    __tablename__ = "run"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued", index=True)
    spec: Mapped[Json]
    spec_digest: Mapped[str] = mapped_column(index=True)
    record: Mapped[Json | None]
    error: Mapped[Json | None]
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    token: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[float | None] = mapped_column(Float)
    pid: Mapped[int | None] = mapped_column(Integer)
    host: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Version(Base):
    """Open, sealed, redacted or destroyed; the row that says sealed is the commit point of all its tables."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("dataset", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    dataset: Mapped[str] = mapped_column(ForeignKey("dataset.name"), index=True)
    number: Mapped[int | None] = mapped_column(Integer)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("run.id"))
    state: Mapped[str] = mapped_column(default="open")
    digest: Mapped[str | None] = mapped_column(index=True)
    parents: Mapped[list[str]] = mapped_column(default=list)
    tables: Mapped[Json] = mapped_column(default=dict)
    measures: Mapped[Json] = mapped_column(default=dict)
    counts: Mapped[Json] = mapped_column(default=dict)
    signature: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sealed_at: Mapped[datetime | None]


class Source(Base):
    """Where rows come from, with its legal basis: active or suspended."""

    __tablename__ = "source"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    spec: Mapped[Json]
    license: Mapped[str | None] = mapped_column(Text)
    basis: Mapped[Json | None]
    state: Mapped[str] = mapped_column(default="active")


class Batch(Base):
    """What was landed, immutable; its id is the digest of what it holds."""

    __tablename__ = "batch"
    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    manifest: Mapped[str] = mapped_column(Text)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    files: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Artifact(Base):
    """Bytes with a digest: models, lexicons, plans, lists of rows."""

    __tablename__ = "artifact"
    digest: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    license: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Assessment(Base):
    """The indicators and the verdict of a version under a plan, immutable."""

    __tablename__ = "assessment"
    id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("version.id"), index=True)
    plan_digest: Mapped[str]
    verdict: Mapped[str]
    result: Mapped[Json]
    run_id: Mapped[str | None]
    signature: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Event(Base):
    """Who did what to which object: each holds the hash of the one before."""

    __tablename__ = "event"
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    time: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str] = mapped_column(index=True)
    details: Mapped[Json]
    reason: Mapped[str] = mapped_column(Text)
    previous: Mapped[str]
    hash: Mapped[str]


class Shard(Base):
    """A finished part of a stage; one that is not here does not exist."""

    __tablename__ = "shard"
    stage: Mapped[str] = mapped_column(primary_key=True)
    shard: Mapped[str] = mapped_column(primary_key=True)
    files: Mapped[Json]
    facts: Mapped[Json]
    run_id: Mapped[str]
    token: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None] = mapped_column(default=now)
