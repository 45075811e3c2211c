"""The operator contract: Measure, Transform, Expand, Relate, and what binds one to columns.

An operator is a frozen pydantic value: its fields are its parameters and nothing else. Which columns it reads, and how
what it writes is called, is said by ``Bound``, so that one operator serves every column. Its file path is its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from zhuoyu.units import Better, Unit

Kind = Literal["text", "binary", "number", "any"]

FOLDER: ContextVar[Path] = ContextVar("FOLDER", default=Path())
"""Where relative paths in parameters begin while operators are made from a recipe: its folder."""

CELL = pa.struct([("column", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("how", pa.string()), ("by", pa.string())])
"""One changed span: code-point offsets into the *new* content; how: imputed | masked | corrected | generated; by: ``op@version``."""
CELLS = pa.list_(CELL)


@dataclass(frozen=True, slots=True)
class Input:
    """One logical input. ``name`` is the default column; text arrives as ``pa.large_string``."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column an operator writes: ``<input>_<suffix>`` (an Expand's columns are called ``suffix`` as it stands)."""

    suffix: str
    type: pa.DataType
    unit: Unit
    meaning: str
    better: Better = "none"
    zh: str = ""


class Op(BaseModel):
    """What every operator shares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: ClassVar[int]
    """Raise it when the same input gives another output."""
    reads: ClassVar[tuple[Input, ...]] = (Input("text"),)
    writes: ClassVar[tuple[Column, ...]] = ()
    extra: ClassVar[str] = ""
    source: ClassVar[str] = ""
    """The paper or standard its definition or thresholds come from."""

    @classmethod
    def name(cls) -> str:
        """``text.length`` for ``zhuoyu/ops/text/length.py``; a third party's operator sets ``op_name``."""
        given: str = getattr(cls, "op_name", "")
        return given or cls.__module__.split(".ops.", 1)[-1]

    @classmethod
    def kind(cls) -> str:
        """measure, transform, expand or relate."""
        return next(base.__name__.lower() for base in cls.__mro__ if base in (Measure, Transform, Expand, Relate))

    @classmethod
    def reads_content(cls) -> bool:
        """False when it reads system columns only (``_id``): its columns are then called by their suffix, and never looked for by name."""
        return any(not i.name.startswith("_") for i in cls.reads)

    def params(self) -> dict[str, Any]:
        """The parameters as JSON values."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """Names this operator with its version and parameters; equal digests compute equal columns."""
        said = json.dumps([self.name(), self.version, self.params()], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def is_default(self) -> bool:
        """True when every parameter has its default: only then is the bare column name free to use."""
        return self == type(self).model_construct(
            **{k: f.get_default(call_default_factory=True) for k, f in type(self).model_fields.items()}
        )

    def open(self) -> None:
        """Load models and heavy packages; called once per worker before the first batch."""


class Measure(Op):
    """Row to new columns. Rows do not see each other; null in, null out; an empty batch keeps the schema."""

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per ``writes``, each as long as the inputs and of the declared type."""
        raise NotImplementedError

    def on(self, table: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Run on plain Python lists: for examples and tests.

        >>> from zhuoyu.ops.text.length import Length
        >>> Length().on({"text": ["one two", None]})["text_words"]
        [2, None]
        """
        bound = Bound(self, tuple(table))
        self.open()
        outs = self.run(*(as_input(pa.array(v), i.kind) for v, i in zip(table.values(), self.reads, strict=True)))
        return {field.name: out.to_pylist() for field, out in zip(bound.fields(), outs, strict=True)}


@dataclass(frozen=True, slots=True)
class Changed:
    """What a Transform returns: the first input's new content, and ``cells`` (type CELLS, one list a row) or None."""

    content: pa.Array
    cells: pa.Array | None = None


class Transform(Op):
    """Row to the same row with new content in its *first* input; other inputs are read only."""

    idempotent: ClassVar[bool] = True

    def run(self, *inputs: pa.Array) -> Changed:
        """The new content, same length; null stays null."""
        raise NotImplementedError

    def on(self, table: dict[str, list[Any]]) -> list[Any]:
        """The new content for plain Python lists."""
        self.open()
        out = self.run(*(as_input(pa.array(v), i.kind) for v, i in zip(table.values(), self.reads, strict=True)))
        return list(out.content.to_pylist())


@dataclass(frozen=True, slots=True)
class Children:
    """What an Expand returns: ``parent[i]`` is the row of child i (ascending); ``columns`` as in ``writes``."""

    parent: pa.Array
    columns: list[pa.Array]


class Expand(Op):
    """Row to 0..n rows of a child table; ``writes`` names the child's content columns."""

    def run(self, *inputs: pa.Array) -> Children:
        """Children in parent order; a null input has none."""
        raise NotImplementedError


Fetch = Callable[[pa.Array], list[pa.Array]]
"""Row positions (int64) -> the inputs of those rows, in that order. Hold no more of it than one bounded piece."""


class Relate(Op):
    """Dataset to the same rows with new columns, whose value may depend on the other rows that share ``per``.

    ``signature`` runs row by row inside the stage and returns small columns; ``relate`` sees all rows' ids and
    signatures, and may look at a bounded piece of content through ``fetch``. It must not depend on row order.
    """

    signs: ClassVar[tuple[Column, ...]] = ()
    """The signature columns, for ``signature``; they do not outlive the run."""
    per: str = ""

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per ``signs``."""
        raise NotImplementedError

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """``rows`` has ``_id``, the ``needs()`` columns and one column per ``signs`` (its suffix); one array per ``writes``."""
        raise NotImplementedError

    def needs(self) -> tuple[str, ...]:
        """Further columns of the table that a parameter names (a score to prefer by), fetched beside ``_id``."""
        return ()


@dataclass(frozen=True)
class Bound:
    """An operator on columns: the unit a recipe step, a plan and a column's metadata speak of."""

    op: Op
    inputs: tuple[str, ...] = ()
    label: str = ""
    """What ``as:`` said; takes the place of the inputs' names in the written columns."""

    def __post_init__(self) -> None:
        if not self.inputs:
            object.__setattr__(self, "inputs", tuple(i.name for i in self.op.reads))

    def column_name(self, column: Column) -> str:
        """The name of one written column; what reads system columns only calls it by its suffix: ``split``."""
        head = self.label or "_".join(i for i in self.inputs if not i.startswith("_"))
        return column.suffix if isinstance(self.op, Expand) or not head else f"{head}_{column.suffix}"

    def fields(self) -> list[pa.Field]:
        """The written columns with their metadata ``{op, version, params, inputs, unit, better}``."""
        meta = {"op": self.op.name(), "version": str(self.op.version), "params": self.op.digest(), "inputs": ",".join(self.inputs)}
        return [
            pa.field(self.column_name(c), c.type, metadata={**meta, "unit": c.unit.name, "better": c.better, "meaning": c.meaning})
            for c in self.op.writes
        ]

    def digest(self) -> str:
        """Equal for equal work: operator, version, parameters, inputs, label."""
        return hashlib.sha256(json.dumps([self.op.digest(), self.inputs, self.label]).encode()).hexdigest()[:16]


_INPUT_TYPES: dict[str, pa.DataType] = {"text": pa.large_string(), "binary": pa.large_binary(), "number": pa.float64()}


def as_input(array: pa.Array, kind: Kind) -> pa.Array:
    """One contiguous array of the type an operator's input kind promises."""
    want = _INPUT_TYPES.get(kind)
    return array if want is None or array.type == want else array.cast(want)


def inputs_of(batch: pa.RecordBatch, names: Sequence[str], reads: Sequence[Input]) -> list[pa.Array]:
    """The arrays an operator reads from a batch."""
    return [as_input(batch.column(n), i.kind) for n, i in zip(names, reads, strict=True)]
