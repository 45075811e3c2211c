"""Computations that read stored facts and no row: ``(ask) -> Found``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhuoyu.assess.indicators import CAP, Ask, Found, Words

_EMPTY = frozenset({"", "-", "n/a", "na", "none", "null", "tbd", "todo", "unknown", "from_metadata", "待定", "无", "未知"})


def documented(ask: Ask) -> Found:
    """Aspects with substantive content / aspects. ``params.aspects``: group -> {aspect: [paths into the facts]}.

    A field's name without content does not count, nor does a placeholder.
    """
    met: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for group, aspects in ask.params["aspects"].items():
        for aspect, paths in aspects.items():
            there = any(substantive(look(ask.facts, path)) for path in paths)
            (met if there else missing).setdefault(group, []).append(aspect)
    n = sum(len(a) for a in ask.params["aspects"].values())
    good = sum(len(a) for a in met.values())
    parts = {group: len(met.get(group, ())) / len(aspects) for group, aspects in ask.params["aspects"].items()}
    return Found(good / n, n, n - good, detail={"met": met, "missing": missing, "parts": parts, "counts": "aspects"})


def verified(ask: Ask) -> Found:
    """1 when re-hashing what is stored gave the sealed digests (and the event log verifies, when that was checked), else 0.

    Reads ``facts.verification``: ``{status: ok | changed | …, rows, changed: [ids], log: ok | …}``.
    """
    said = ask.facts["verification"]
    changed = sorted(map(str, said.get("changed") or ()))
    good = said.get("status") == "ok" and not changed and said.get("log", "ok") == "ok"
    detail = {k: said[k] for k in ("status", "log", "digest") if k in said}
    failed = 0 if good else max(1, len(changed))
    return Found(1.0 if good else 0.0, int(said.get("rows") or 1), failed, failed=tuple(changed[:CAP]), detail=detail)


def not_built(ask: Ask) -> Found:
    """Not evaluated, with the reason the catalogue gives: what it needs is not there yet."""
    return Found(None, reason=Words(**ask.params["reason"]))


def look(facts: Mapping[str, Any], path: str) -> Any:
    """The fact at a dotted PATH, or None; a ``*`` goes through every element of a list.

    >>> look({"run": {"batches": [{"files": 2}, {"files": 3}]}}, "run.batches.*.files")
    [2, 3]
    """
    at: Any = facts
    head, *rest = path.split(".")
    if head == "*":
        found = [look(x, ".".join(rest)) if rest else x for x in at] if isinstance(at, Sequence) and not isinstance(at, str) else []
        return [x for x in found if x is not None]
    at = at.get(head) if isinstance(at, Mapping) else None
    return look(at, ".".join(rest)) if rest and at is not None else at


def substantive(said: Any) -> bool:
    """True for content that says something.

    >>> [substantive(x) for x in ("MIT", " TBD ", [], {"a": None}, 0, 12)]
    [True, False, False, False, False, True]
    """
    if isinstance(said, str):
        return said.strip().lower() not in _EMPTY
    if isinstance(said, Mapping):
        return any(substantive(v) for v in said.values())
    if isinstance(said, Sequence):
        return any(substantive(v) for v in said)
    return said is not None and said is not False and said != 0
