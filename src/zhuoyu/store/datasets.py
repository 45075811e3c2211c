"""Datasets: named lines of versions."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhuoyu.errors import DataError, did_you_mean
from zhuoyu.store import events
from zhuoyu.store.database import insert_once
from zhuoyu.store.tables import Dataset


def ensure(s: Session, name: str) -> Dataset:
    """The dataset of this name, made when there is none; it may get a version.

    Raises:
        DataError: it is retired or destroyed.
    """
    insert_once(s, Dataset, name=name, state="active")
    dataset = get(s, name)
    if dataset.state != "active":
        raise DataError(f"dataset {name!r} is {dataset.state}: it gets no more versions", fix="give the recipe's dataset another name")
    return dataset


def get(s: Session, name: str) -> Dataset:
    """The dataset of this name.

    Raises:
        DataError: there is none.
    """
    found = s.get(Dataset, name)
    if found is None:
        raise DataError(f"there is no dataset {name!r}", fix=did_you_mean(name, s.scalars(select(Dataset.name))))
    return found


def all_datasets(s: Session) -> list[Dataset]:
    """By name."""
    return list(s.scalars(select(Dataset).order_by(Dataset.name)))


def retire(s: Session, name: str, actor: str, reason: str = "") -> Dataset:
    """Close a line: its versions stay and can be read, and no new one is made.

    Raises:
        DataError: there is none, or it is destroyed.
    """
    dataset = get(s, name)
    if dataset.state == "destroyed":
        raise DataError(f"dataset {name!r} is destroyed", fix="nothing is left to retire")
    if dataset.state == "active":
        dataset.state = "retired"
        s.flush()
        events.append(s, actor, "retire", "dataset", name, {}, reason)
    return dataset
