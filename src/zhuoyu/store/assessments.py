"""Assessments: immutable, one a plan and time."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError
from zhuoyu.store.tables import Assessment


def add(
    s: Session, *, version_id: str, plan_digest: str, verdict: str, result: dict[str, Any], run_id: str | None, signature: str
) -> Assessment:
    """Record an assessment."""
    one = Assessment(
        id=uuid.uuid4().hex[:16],
        version_id=version_id,
        plan_digest=plan_digest,
        verdict=verdict,
        result=result,
        run_id=run_id or None,
        signature=signature,
    )
    s.add(one)
    s.flush()
    return one


def get(s: Session, assessment_id: str) -> Assessment:
    """The assessment of this id.

    Raises:
        DataError: there is none.
    """
    found = s.get(Assessment, assessment_id)
    if found is None:
        raise DataError(f"there is no assessment {assessment_id!r}", fix="assess the version again: zhuoyu assess VERSION")
    return found


def latest(s: Session, version_id: str) -> Assessment | None:
    """The newest assessment of a version."""
    return s.scalars(select(Assessment).where(Assessment.version_id == version_id).order_by(Assessment.created_at.desc()).limit(1)).first()
