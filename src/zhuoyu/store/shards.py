"""Finished shards of stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from zhuoyu.store.database import insert_once
from zhuoyu.store.runs import Lease, check
from zhuoyu.store.tables import Shard

Json = dict[str, Any]


def done(s: Session, stage: str) -> dict[str, Shard]:
    """The committed shards of a stage, by name."""
    return {one.shard: one for one in s.scalars(select(Shard).where(Shard.stage == stage).order_by(Shard.shard))}


def commit(s: Session, lease: Lease, stage: str, shard: str, files: Json, facts: Json) -> bool:
    """Commit a shard under the lease; False when another process was first.

    Raises:
        LostLease: the run is another's now.
    """
    check(s, lease)
    return insert_once(s, Shard, stage=stage, shard=shard, files=files, facts=facts, run_id=lease.run_id, token=lease.token)


def forget(s: Session, stages: Sequence[str], shard: str | None = None) -> None:
    """Forget all shards of STAGES, or one of them."""
    where: list[ColumnElement[bool]] = [Shard.stage.in_(list(stages))]
    if shard is not None:
        where.append(Shard.shard == shard)
    s.execute(delete(Shard).where(*where))
