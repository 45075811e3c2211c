"""The facts about a version that indicators read, from its run record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def facts_of(record: Mapping[str, Any], verification: Mapping[str, Any] | None = None, **known: Any) -> dict[str, Any]:
    """``{run, verification, sources, recipe, card}`` of a run RECORD; KNOWN (``card``, ``sources``) goes before what it says.

    A source counts as registered when the recipe declares it and a batch was landed from it.

    >>> facts_of({"recipe": "dataset: d", "batches": [{"source": "docs"}]})["sources"]
    ['docs']
    """
    recipe = record.get("recipe")
    said = yaml.safe_load(recipe) if isinstance(recipe, str) else recipe
    sources = sorted({str(b["source"]) for b in record.get("batches") or () if b.get("source")})
    card = record.get("card") or (said.get("card") if isinstance(said, Mapping) else None)
    facts = {"run": dict(record), "verification": verification, "sources": sources or None, "recipe": said, "card": card}
    return {**facts, **{k: v for k, v in known.items() if v is not None}}


def as_facts(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """GIVEN in the shape of ``facts_of``; a run record with ``verification`` beside its keys is taken apart.

    >>> as_facts({"run": "r1", "steps": [], "verification": {"status": "ok"}})["verification"]
    {'status': 'ok'}
    """
    if isinstance(given.get("run"), Mapping) or not {"steps", "batches", "recipe_digest"} & set(given):
        return given
    return facts_of(given, given.get("verification"))
