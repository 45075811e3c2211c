"""Finished shards of stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from zhuoyu.store.database import insert_once
from zhuoyu.store.runs import Lease, check
from zhuoyu.store.tables import Moment, Shard, now

Json = dict[str, Any]
_HOUR = timedelta(hours=1)


def done(s: Session, stage: str) -> dict[str, Shard]:
    """The committed shards of a stage, by name. Asking is using: ``stages`` says when, to the hour."""
    if not s.info.get("read_only"):
        old = func.coalesce(Shard.used_at, Shard.created_at) < now() - _HOUR
        s.execute(update(Shard).where(Shard.stage == stage, old).values(used_at=now()).execution_options(synchronize_session=False))
    return {one.shard: one for one in s.scalars(select(Shard).where(Shard.stage == stage).order_by(Shard.shard))}


def commit(s: Session, lease: Lease, stage: str, shard: str, files: Json, facts: Json) -> bool:
    """Commit a shard under the lease; False when another process was first.

    Raises:
        LostLease: the run is another's now.
    """
    check(s, lease)
    return insert_once(s, Shard, stage=stage, shard=shard, files=files, facts=facts, run_id=lease.run_id, token=lease.token)


def stages(s: Session) -> dict[str, datetime]:
    """When each stage was last used, the longest unused first: the order in which to prune."""
    used = func.max(func.coalesce(Shard.used_at, Shard.created_at), type_=Moment()).label("used")
    rows = s.execute(select(Shard.stage, used).group_by(Shard.stage).order_by(used, Shard.stage))
    return {row.stage: row.used for row in rows}


def forget(s: Session, stages: Sequence[str], shard: str | None = None) -> None:
    """Forget all shards of STAGES, or one of them."""
    where: list[ColumnElement[bool]] = [Shard.stage.in_(list(stages))]
    if shard is not None:
        where.append(Shard.shard == shard)
    s.execute(delete(Shard).where(*where))
