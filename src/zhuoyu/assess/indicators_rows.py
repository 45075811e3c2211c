"""Computations that judge each row: ``(batch, ask) -> Judged``. ``folds.rows`` counts them and lists who failed.

A null measure judges nothing (the row is counted as ``n_null``); a row that a rule does not reach is not applicable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.assess.indicators import Ask, Judged
from zhuoyu.recipe.conditions import Condition

READER = -1
"""The step of a rejected row that the reader could not read."""

_UNKNOWN_LICENSE = frozenset({"", "unknown", "noassertion", "none", "from_metadata", "other"})
_SPDX = re.compile(r"[A-Za-z0-9.+\-]+(?:(?: (?:AND|OR|WITH) |[()]| )*[A-Za-z0-9.+\-:]+)*\)*")


def readable(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """The reader could read it: it was not rejected at the reader's step."""
    step = batch.column(ask.one("step"))
    return Judged(pc.fill_null(pc.not_equal(step, READER), True))


def filled(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """Every required field is there: not null, and not empty or blank when it is text."""
    parts = {name: _filled(batch.column(name)) for role in ask.columns for name in ask.columns[role]}
    return Judged(_all(parts.values()), parts=parts)


def is_true(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """A yes-or-no measure says yes; with ``at_least`` in the params and a column ``size``, short rows fail too."""
    ok = pc.cast(batch.column(ask.one("value")), pa.bool_())
    if "size" in ask.columns and ask.params.get("at_least") is not None:
        ok = pc.and_kleene(ok, pc.greater_equal(batch.column(ask.one("size")), ask.params["at_least"]))
    return Judged(ok)


def unmatched(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """It is nobody's duplicate. A row rejected before, or while, rows were compared has no answer: null, not a pass."""
    other = batch.column(ask.one("duplicate_of"))
    ok = pc.is_null(other)
    compared_at = _step_of(ask)
    step = batch.column(ask.one("step"))
    early = pc.and_(pc.is_valid(step), pc.fill_null(pc.less_equal(step, compared_at), False) if compared_at is not None else True)
    return Judged(pc.if_else(pc.and_(ok, early), pa.scalar(None, pa.bool_()), ok))


def within(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """It passes every rule of a named set ``{name, when, all: [{keep, when}]}``, conditions in the recipe's grammar.

    A rule holds where its ``when`` (else the set's) is true; a row that no rule reaches is not applicable.
    """
    rules = ask.params["rules"]
    seen = pa.RecordBatch.from_arrays([batch.column(actual) for actual in rules["columns"].values()], names=list(rules["columns"]))
    everywhere = pa.array([True] * batch.num_rows, pa.bool_())
    parts, reaches = {}, []
    for rule in rules["all"]:
        when = rule.get("when", rules.get("when"))
        reach = pc.fill_null(condition(when).evaluate(seen), False) if when else everywhere
        keep = rule["keep"]
        parts[f"{keep} when {when}" if when else keep] = pc.or_kleene(pc.invert(reach), condition(keep).evaluate(seen))
        reaches.append(reach)
    return Judged(_all(parts.values()), reduce(pc.or_, reaches), parts)


condition = cache(Condition.parse)
"""A condition by its text, parsed once."""


def clean(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """No finding in any of the ``findings`` columns (counts or flags); rows without content are not applicable."""
    none = {name: pc.equal(pc.cast(batch.column(name), pa.int64()), 0) for name in ask.columns["findings"]}
    applies = pc.is_valid(batch.column(ask.one("present"))) if "present" in ask.columns else None
    return Judged(_all(none.values()), applies, none)


def disclosed(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """A synthetic row names what made it: every field in ``params.fields``; other rows are not applicable."""
    made = batch.column(ask.one("synthetic"))
    return Judged(_all(_filled(pc.struct_field(made, f)) for f in ask.params["fields"]), pc.is_valid(made))


def licensed(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """Its licence is known, looks like an SPDX expression and, with ``params.allowed``, is one of those."""
    column = batch.column(ask.one("license"))
    good = [name for name in pc.unique(column).to_pylist() if known_license(name, ask.params.get("allowed"))]
    return Judged(pc.is_in(column, value_set=pa.array(good, column.type)))


def traceable(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """Its origin names a registered source and the place in it; a synthetic row names its generator instead."""
    origin, made = batch.column(ask.one("origin")), batch.column(ask.one("synthetic"))
    sources = pa.array(sorted(_ids(ask.facts["sources"])), pa.string())
    registered = pc.is_in(pc.cast(pc.struct_field(origin, "source"), pa.string()), value_set=sources)
    placed = pc.or_(_filled(pc.struct_field(origin, "uri")), _filled(pc.struct_field(origin, "locator")))
    real = pc.and_(registered, placed)
    return Judged(pc.if_else(pc.is_valid(made), _filled(pc.struct_field(made, "generator")), real))


def linked(batch: pa.RecordBatch, ask: Ask) -> Judged:
    """It leads back to a raw item: its batch is one the run read, and it has an origin or a parent."""
    batches = (ask.facts["run"] or {}).get("batches") or ()
    known = pa.array(sorted({str(b[k]) for b in batches for k in ("id", "batch", "digest") if b.get(k)}), pa.string())
    read = pc.is_in(pc.cast(batch.column(ask.one("batch")), pa.string()), value_set=known)
    parents = pc.fill_null(pc.greater(pc.list_value_length(batch.column(ask.one("parents"))), 0), False)
    origin = batch.column(ask.one("origin"))
    rooted = pc.and_(_filled(pc.struct_field(origin, "source")), _filled(pc.struct_field(origin, "uri")))
    return Judged(pc.and_(read, pc.or_(rooted, parents)))


def known_license(name: str | None, allowed: Sequence[str] | None = None) -> bool:
    """True for a licence that is stated as an SPDX expression (and is one of ALLOWED when given).

    >>> known_license("Apache-2.0 OR MIT"), known_license("unknown"), known_license("ask the author, maybe")
    (True, False, False)
    """
    said = (name or "").strip()
    if said.lower() in _UNKNOWN_LICENSE or not _is_spdx(said):
        return False
    return allowed is None or said in allowed


def _is_spdx(said: str) -> bool:
    words = said.replace("(", " ").replace(")", " ").split()
    joins = words[1::2]
    return len(words) % 2 == 1 and all(w in {"AND", "OR", "WITH"} for w in joins) and all(_SPDX.fullmatch(w) for w in words[::2])


def _filled(column: pa.Array) -> pa.BooleanArray:
    there = pc.is_valid(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        there = pc.and_(there, pc.fill_null(pc.match_substring_regex(column, r"\S"), False))
    elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        there = pc.and_(there, pc.fill_null(pc.greater(pc.list_value_length(column), 0), False))
    return there


def _all(verdicts: Iterable[pa.BooleanArray]) -> pa.BooleanArray:
    return reduce(pc.and_kleene, verdicts)


def _ids(sources: Any) -> set[str]:
    if isinstance(sources, Mapping):
        return {str(k) for k in sources}
    return {str(s["id"] if isinstance(s, Mapping) else s) for s in sources or ()}


def _step_of(ask: Ask) -> int | None:
    """The step at which rows were compared, by the run record; None: not known."""
    steps = (ask.facts.get("run") or {}).get("steps") or ()
    relates = [s for s in steps if s.get("kind") == "relate"]
    named = [s for s in relates if any(n in str(s.get("text", "")) for n in ask.params.get("steps", ()))]
    return max((int(s["index"]) for s in named or relates), default=None)
