"""From a column's name to the operator that writes it: ``question_words`` is ``text.length`` on ``question``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import ValidationError

from zhuoyu.errors import SpecError
from zhuoyu.op import Bound, Input, Op
from zhuoyu.recipe.kinds import kind_of_type
from zhuoyu.recipe.plan import Catalogue


@dataclass(frozen=True)
class Writer:
    """A Measure or Relate that writes a column, and the columns it would read for it."""

    op: type[Op]
    inputs: tuple[str, ...]
    column: str

    def bound(self) -> Bound | None:
        """Bound with default parameters; None when a parameter has no default."""
        try:
            return Bound(self.op(), self.inputs)
        except ValidationError:
            return None

    def said(self) -> str:
        """As a step would say it."""
        return step_text(self.op, self.inputs)


def step_text(op: type[Op], inputs: tuple[str, ...]) -> str:
    """``text.length``, or ``text.length: {on: question}`` away from its default columns."""
    if inputs == tuple(i.name for i in op.reads):
        return op.name()
    return f"{op.name()}: {{on: {inputs[0] if len(inputs) == 1 else '[' + ', '.join(inputs) + ']'}}}"


def fits(wanted: Input, found: pa.DataType) -> bool:
    """True when a column of that type can be that input.

    >>> fits(Input("text"), pa.int64())
    False
    """
    if wanted.kind == "any":
        return True
    if wanted.kind == "text":
        return kind_of_type(found) == "text"
    if wanted.kind == "number":
        return kind_of_type(found) in ("int", "float")
    t = found
    return any((pa.types.is_binary(t), pa.types.is_large_binary(t), pa.types.is_fixed_size_binary(t), pa.types.is_binary_view(t)))


class Writers:
    """Every column that the operators of a catalogue could write."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._loaded: list[tuple[type[Op], str]] | None = None

    def _suffixes(self) -> list[tuple[type[Op], str]]:
        if self._loaded is None:
            loaded = (self._catalogue.load(name) for name in self._catalogue.names())
            self._loaded = [(op, c.suffix) for op in loaded if op.kind() in ("measure", "relate") and op.reads_content() for c in op.writes]
        return self._loaded

    def find(self, name: str, known: Mapping[str, pa.DataType]) -> list[Writer]:
        """Who writes NAME, from the columns KNOWN: those with the longest column names in front; several are ambiguous."""
        found: list[tuple[int, Writer]] = []
        for op, suffix in self._suffixes():
            if name.endswith(f"_{suffix}"):
                prefix = name[: -len(suffix) - 1]
                found += [(len(prefix), Writer(op, inputs, name)) for inputs in _splits(prefix, op.reads, known)]
        longest = max((n for n, _ in found), default=0)
        return [w for n, w in found if n == longest]

    def possible(self, known: Mapping[str, pa.DataType]) -> Iterator[str]:
        """Names one could write: for "did you mean"."""
        for op, suffix in self._suffixes():
            if len(op.reads) == 1:
                yield from (f"{column}_{suffix}" for column, t in known.items() if fits(op.reads[0], t))


def _splits(prefix: str, reads: tuple[Input, ...], known: Mapping[str, pa.DataType]) -> list[tuple[str, ...]]:
    if not reads:
        return []
    if len(reads) == 1:
        return [(prefix,)] if prefix in known and fits(reads[0], known[prefix]) else []
    heads = [c for c, t in known.items() if prefix.startswith(f"{c}_") and fits(reads[0], t)]
    return [(head, *rest) for head in heads for rest in _splits(prefix[len(head) + 1 :], reads[1:], known)]


def make_op(cls: type[Op], params: Mapping[str, object]) -> Op:
    """The operator with these parameters.

    Raises:
        SpecError: a value is not what the parameter takes.
    """
    try:
        return cls(**params)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"]) or "parameters"
        said = first["msg"].replace("Input should be", "expected").replace("Field required", "is missing")
        about = cls.model_fields[str(first["loc"][0])].description if first["loc"] and str(first["loc"][0]) in cls.model_fields else None
        found = "" if first["type"] == "missing" else f", found {first['input']!r}"
        raise SpecError(f"{cls.name()}: {name}: {said[:1].lower() + said[1:]}{found}", fix=about or "see `zhuoyu ops`") from None
