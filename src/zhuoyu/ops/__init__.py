"""Finding operators: a file below this package is one, and so is an entry point of the group ``zhuoyu.ops``.

There is no registry to edit: ``ops/text/length.py`` is ``text.length``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.op import Expand, Measure, Op, Relate, Transform

_BASES = (Op, Measure, Transform, Expand, Relate)


@cache
def _third_party() -> dict[str, EntryPoint]:
    """The entry points, read once a process: each reading opens the metadata of every installed package."""
    return {point.name: point for point in entry_points(group="zhuoyu.ops")}


@cache
def names() -> tuple[str, ...]:
    """Every operator's name, built in and third party, sorted.

    >>> "text.length" in names()
    True
    """
    here = Path(__file__).parent
    own = (".".join(p.relative_to(here).with_suffix("").parts) for p in here.glob("*/*.py") if not p.name.startswith("_"))
    return tuple(sorted({*own, *_third_party()}))


@cache
def load(name: str) -> type[Op]:
    """The operator class called NAME.

    Raises:
        SpecError: no operator has this name, or its file does not hold exactly one operator.
    """
    point = _third_party().get(name)
    if point is not None:
        found: type[Op] = point.load()
        found.op_name = name  # type: ignore[attr-defined]  # third parties' paths are their own
        return found
    if name not in names():
        raise SpecError(f"there is no operator {name!r}", fix=did_you_mean(name, names()), operator=name)
    module = import_module(f"zhuoyu.ops.{name}")
    classes = [
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Op) and c not in _BASES and c.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise SpecError(f"the file of {name!r} holds {len(classes)} operators", fix="one file holds exactly one", operator=name)
    return classes[0]


@cache
def load_all() -> dict[str, type[Op]]:
    """Every operator by name."""
    return {name: load(name) for name in names()}
