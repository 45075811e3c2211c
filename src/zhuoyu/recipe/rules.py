"""Named sets of conditions: a file ``rules/NAME.yaml`` below this package holds one, with its source."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from zhuoyu.errors import did_you_mean
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.document import Document
from zhuoyu.recipe.model import KeepStep, RulesStep
from zhuoyu.recipe.position import spec_error


def rule_names() -> tuple[str, ...]:
    """The sets there are.

    >>> "gopher_quality" in rule_names()
    True
    """
    return tuple(sorted(p.name[:-5] for p in files("zhuoyu.recipe").joinpath("rules").iterdir() if p.name.endswith(".yaml")))


@cache
def _read(name: str) -> tuple[tuple[str, str, str | None], ...]:
    text = files("zhuoyu.recipe").joinpath("rules", f"{name}.yaml").read_text(encoding="utf-8")
    said = Document(text, f"{name}.yaml").value
    return tuple((r["keep"], r["because"], r.get("when")) for r in said["rules"])


def expand(step: RulesStep) -> list[KeepStep]:
    """The keep steps of a set; the step's ``when`` is joined to each of theirs.

    Raises:
        SpecError: there is no set of that name.
    """
    if step.rules not in rule_names():
        raise spec_error(step.where, f"there are no rules called {step.rules!r}", did_you_mean(step.rules, rule_names()))
    out = []
    for condition, because, when in _read(step.rules):
        both = [w for w in (step.when.text if step.when else None, when) if w]
        joined = Condition.parse(" and ".join(f"({w})" for w in both) if len(both) > 1 else both[0], step.where) if both else None
        keep = KeepStep(
            condition=Condition.parse(condition, step.where),
            because=because,
            when=joined,
            lazy=step.lazy,
            table=step.table,
            where=step.where,
        )
        out.append(keep)
    return out
