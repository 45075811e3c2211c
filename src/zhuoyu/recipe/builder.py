"""Recipes in Python: the same ``Recipe`` as the YAML."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.load import KEEP_WORDS, OP_WORDS
from zhuoyu.recipe.model import AnyStep, KeepStep, OpStep, Part, Recipe, RulesStep, SourceSpec

P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Builder:
    """A recipe in the making; every method gives a new one.

    >>> b = read("corpus/*.parquet").apply("text.normalize").keep("text_words >= 50").named("docs")
    >>> [type(s).__name__ for s in b.recipe().steps]
    ['OpStep', 'KeepStep']
    """

    sources: tuple[SourceSpec, ...] = ()
    steps: tuple[AnyStep, ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()

    def read(self, *uris: str, **source: Any) -> Builder:
        """Another source."""
        return replace(self, sources=(*self.sources, _source(uris, source)))

    def apply(self, op: str, **params: Any) -> Builder:
        """An operator. ``on``, ``as_``, ``when``, ``lazy``, ``table`` and ``into`` are the step's own, the rest are parameters."""
        words = {k: params.pop(k) for k in (*OP_WORDS, "as_") if k in params}
        return self._with(_made(OpStep, {"op": op, "params": params, **words}))

    def keep(self, condition: str | Condition, because: str | None = None, **words: Any) -> Builder:
        """Keep rows where CONDITION is true; ``null``, ``when``, ``lazy`` and ``table`` as in a recipe file."""
        _only(words, KEEP_WORDS, "keep")
        return self._with(_made(KeepStep, {"condition": condition, "because": because, **words}))

    def rules(self, name: str, **words: Any) -> Builder:
        """A named set of keep steps."""
        return self._with(_made(RulesStep, {"rules": name, **words}))

    def assess(self, plan: str | dict[str, Any]) -> Builder:
        """The assessment plan."""
        return self.say(assess=plan)

    def named(self, dataset: str) -> Builder:
        """The dataset's name."""
        return self.say(dataset=dataset)

    def say(self, **fields: Any) -> Builder:
        """Other keys of a recipe file: ``modality``, ``stage``, ``release``, ``seed`` …"""
        known = [f.alias or n for n, f in Recipe.model_fields.items() if n not in ("where", "steps", "source")]
        _only(fields, known, "a recipe")
        return replace(self, fields=(*self.fields, *fields.items()))

    def recipe(self) -> Recipe:
        """The finished recipe.

        Raises:
            SpecError: something is missing or wrong.
        """
        fields = dict(self.fields)
        if "dataset" not in fields:
            raise SpecError("the recipe has no name", fix="call .named('my-dataset')")
        return _made(Recipe, {"source": self.sources, "steps": self.steps, **fields})

    def _with(self, step: AnyStep) -> Builder:
        return replace(self, steps=(*self.steps, step))


def read(*uris: str, **source: Any) -> Builder:
    """Begin a recipe with a source; keyword arguments are the keys of ``source:`` (``read_as`` for ``as``).

    Raises:
        SpecError: no uri, an unknown key, or a value it does not take.
    """
    return Builder().read(*uris, **source)


def _source(uris: tuple[str, ...], said: dict[str, Any]) -> SourceSpec:
    if not uris:
        raise SpecError("expected something to read", fix="call read('folder/*.parquet')")
    known = [f.alias or n for n, f in SourceSpec.model_fields.items() if n not in ("where", "read")]
    _only(said, [*known, "read_as"], "a source")
    return _made(SourceSpec, {"read": uris[0] if len(uris) == 1 else uris, **said})


def _only(given: dict[str, Any], known: tuple[str, ...] | list[str], what: str) -> None:
    for key in given:
        if key not in known:
            raise SpecError(f"unknown key {key!r} in {what}", fix=did_you_mean(key, known))


def _made(model: type[P], said: dict[str, Any]) -> P:
    try:
        return model.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise SpecError(f"{where}: {first['msg']}, found {first['input']!r}", fix="see the keys of a recipe in the documentation") from None
