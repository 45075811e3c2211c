"""The laws of DESIGN §5, for every operator file there is: nobody lists an operator here."""

from __future__ import annotations

import doctest
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sample_inputs import TEXTS, apply_relate, column, inputs, pieces, random_texts, row_ids, variants
from zhuoyu import ops
from zhuoyu.op import CELLS, Bound, Children, Column, Expand, Fetch, Measure, Op, Relate, Transform
from zhuoyu.units import Count, RowId

NAMES = ops.names()
POOL = TEXTS + random_texts(1, 150)


def of_kind(*kinds: str) -> list[str]:
    return [name for name in NAMES if ops.load(name).kind() in kinds]


def opened(name: str) -> list[Any]:
    made = variants(ops.load(name))
    for op in made:
        op.open()
    return made


def outputs(op: Any, arrays: list[pa.Array]) -> list[pa.Array]:
    """What a row operator writes, one array a column; a Transform's cells are one."""
    got = op.run(*arrays)
    if isinstance(op, Transform):
        return [got.content] if got.cells is None else [got.content, got.cells]
    return list(got)


def rows(arrays: list[pa.Array]) -> list[str]:
    """Every row as text: exact, and NaN equals NaN."""
    return [repr(row) for row in zip(*(a.to_pylist() for a in arrays), strict=True)]


def values(op: Any, arrays: list[pa.Array]) -> list[str]:
    got = outputs(op, arrays)
    if isinstance(op, Transform) and len(got) == 1:
        got.append(pa.nulls(len(got[0]), CELLS))  # no cells in this batch and empty cells say the same
    made = [[x or [] for x in a.to_pylist()] if a.type == CELLS else a.to_pylist() for a in got]
    return [repr(row) for row in zip(*made, strict=True)]


def test_there_are_operators_of_the_first_release() -> None:
    assert {"text.length", "text.shares", "text.language"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    cls = ops.load(name)
    assert cls.name() == name
    assert isinstance(cls.version, int)
    assert cls.version >= 1
    assert cls.source.strip(), "declare in `source` the paper or standard that its definition and thresholds come from"
    assert ">>>" in (cls.__doc__ or ""), "give the class docstring one runnable example"
    assert cls.writes or issubclass(cls, Transform)
    for written in (*cls.writes, *getattr(cls, "signs", ())):
        assert re.fullmatch(r"_?[a-z][a-z0-9_]*", written.suffix)
        assert written.meaning.strip()
    for field in cls.model_fields.values():
        assert field.description, "every parameter says what it means"


@pytest.mark.parametrize("name", NAMES)
def test_docstring_examples_hold(name: str) -> None:
    cls = ops.load(name)
    module = sys.modules[cls.__module__]
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder(recurse=False).find(cls, cls.__name__, module=module, globs=vars(module).copy()):
        runner.run(example)
    assert runner.tries >= 1
    assert runner.failures == 0


def test_no_two_operators_write_the_same_default_column() -> None:
    owners: dict[str, str] = {}
    for name in of_kind("measure", "relate"):
        bound = Bound(ops.load(name)())
        for field in bound.fields():
            assert owners.setdefault(field.name, name) == name, f"{field.name}: {owners[field.name]} and {name}"


def test_digests_are_stable_across_processes_and_tell_parameters_apart() -> None:
    here = {name: [op.digest() for op in variants(ops.load(name))] for name in NAMES}
    for name, digests in here.items():
        assert len(set(digests)) == len(digests), name
    script = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from sample_inputs import variants\nfrom zhuoyu import ops\n"
        "sys.stdout.write(json.dumps({n: [o.digest() for o in variants(ops.load(n))] for n in ops.names()}))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent)], env=env, capture_output=True, check=True, text=True)
    assert json.loads(there.stdout) == here


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_batch_size_does_not_change_values(name: str) -> None:
    for op in opened(name):
        arrays = inputs(op.reads, POOL)
        whole = values(op, arrays)
        for size in (1, 7, 64):
            assert [v for part in pieces(arrays, size) for v in values(op, part)] == whole, f"batches of {size}, {op.params()}"


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_order_does_not_change_values(name: str) -> None:
    order = random.Random(3).sample(range(len(POOL)), len(POOL))
    for op in opened(name):
        arrays = inputs(op.reads, POOL)
        whole = values(op, arrays)
        assert values(op, [a.take(pa.array(order)) for a in arrays]) == [whole[i] for i in order]


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_null_in_null_out(name: str) -> None:
    for op in opened(name):
        for out in outputs(op, [column(r.kind, [None] * 5) for r in op.reads]):
            assert out.type == CELLS or out.null_count == 5
        arrays = inputs(op.reads, POOL)
        gone = pc.is_null(arrays[0])
        for out in outputs(op, arrays):
            if out.type != CELLS:
                assert pc.all(pc.is_null(out.filter(gone))).as_py() is not False


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_bytes_under_a_null_are_not_read(name: str) -> None:
    texts = ["first one.", "hidden 秘密 a@b.cn", "third 三。"]
    for op in opened(name):
        if [r.kind for r in op.reads] != ["text"]:
            continue
        full = pa.array(texts, pa.large_string())
        masked = pa.LargeStringArray.from_buffers(3, full.buffers()[1], full.buffers()[2], pa.py_buffer(b"\x05"))
        assert masked.to_pylist() == [texts[0], None, texts[2]]
        assert values(op, [masked]) == values(op, [pa.array([texts[0], None, texts[2]], pa.large_string())])


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_an_empty_batch_keeps_the_types(name: str) -> None:
    for op in opened(name):
        for arrays in (inputs(op.reads, []), [a.slice(3, 0) for a in inputs(op.reads, POOL)]):
            check_types(op, outputs(op, arrays), arrays)


@pytest.mark.parametrize("name", of_kind("measure", "transform"))
def test_types_are_as_declared(name: str) -> None:
    for op in opened(name):
        arrays = inputs(op.reads, POOL)
        check_types(op, outputs(op, arrays), arrays)


def check_types(op: Op, got: list[pa.Array], arrays: list[pa.Array]) -> None:
    if isinstance(op, Transform):
        assert [a.type for a in got] == [arrays[0].type, CELLS][: len(got)]
    else:
        assert [a.type for a in got] == [c.type for c in op.writes]
    for array in got:
        assert len(array) == len(arrays[0])
        array.validate(full=True)


def check_range(written: Column, array: pa.Array) -> None:
    kind = array.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return
    found = [v for v in array.to_pylist() if v is not None]
    assert all(v == v for v in found), f"{written.suffix}: NaN, where null or a number is expected"
    low, high = written.unit.low, written.unit.high
    assert low is None or all(v >= low for v in found), f"{written.suffix}: {min(found)} < {low}"
    assert high is None or all(v <= high for v in found), f"{written.suffix}: {max(found)} > {high}"


@pytest.mark.parametrize("name", of_kind("measure"))
def test_values_stay_in_the_unit_range(name: str) -> None:
    for op in opened(name):
        for written, array in zip(op.writes, op.run(*inputs(op.reads, POOL)), strict=True):
            check_range(written, array)


@pytest.mark.parametrize("name", of_kind("transform"))
def test_transforms_that_say_so_are_idempotent(name: str) -> None:
    for op in opened(name):
        if not op.idempotent:
            continue
        arrays = inputs(op.reads, POOL)
        once = op.run(*arrays).content
        assert op.run(once, *arrays[1:]).content.to_pylist() == once.to_pylist(), op.params()


@pytest.mark.parametrize("name", of_kind("transform"))
def test_cells_lie_inside_the_new_content(name: str) -> None:
    for op in opened(name):
        got = op.run(*inputs(op.reads, POOL))
        if got.cells is None:
            continue
        for content, cells in zip(got.content.to_pylist(), got.cells.to_pylist(), strict=True):
            for cell in cells or []:
                assert 0 <= cell["start"] <= cell["end"] <= len(content)
                assert cell["how"] in ("imputed", "masked", "corrected", "generated")
                assert cell["by"] in ("", f"{name}@{op.version}"), "the engine fills it in"
            starts = [c["start"] for c in cells or []]
            assert starts == sorted(starts)


@pytest.mark.parametrize("name", of_kind("expand"))
def test_children_follow_their_parents(name: str) -> None:
    for op in opened(name):
        arrays = inputs(op.reads, POOL)
        got = op.run(*arrays)
        parents = got.parent.to_pylist()
        assert parents == sorted(parents)
        assert all(0 <= p < len(POOL) for p in parents)
        assert not {p for p in parents if not arrays[0][p].is_valid}, "a null row has no children"
        check_children(op, got)
        check_children(op, op.run(*inputs(op.reads, [])))
        said = [(p, *row) for p, row in zip(parents, rows(got.columns), strict=True)]
        apart = []
        for at, part in enumerate(pieces(arrays, 7)):
            some = op.run(*part)
            apart += [(p + 7 * at, *row) for p, row in zip(some.parent.to_pylist(), rows(some.columns), strict=True)]
        assert apart == said


def check_children(op: Expand, got: Children) -> None:
    assert [a.type for a in got.columns] == [c.type for c in op.writes]
    for written, array in zip(op.writes, got.columns, strict=True):
        assert len(array) == len(got.parent)
        check_range(written, array)


def needed(op: Relate, n: int) -> dict[str, pa.Array]:
    return {c: pa.array([(i * 37) % 11 / 10 for i in range(n)]) for c in op.needs()}


@pytest.mark.parametrize("name", of_kind("relate"))
def test_relates_do_not_depend_on_row_order_or_batches(name: str) -> None:
    ids = row_ids(len(POOL))
    order = random.Random(5).sample(range(len(POOL)), len(POOL))
    turned = pa.array(order)
    for op in opened(name):
        arrays, extra = inputs(op.reads, POOL), needed(op, len(POOL))
        first = apply_relate(op, arrays, ids, 7, extra)
        assert apply_relate(op, arrays, ids, 7, extra) == first, "the same rows twice"
        assert apply_relate(op, arrays, ids, 64, extra) == first, "other batches"
        shuffled = {k: v.take(turned) for k, v in extra.items()}
        assert apply_relate(op, [a.take(turned) for a in arrays], [ids[i] for i in order], 7, shuffled) == first, "other order"


@pytest.mark.parametrize("name", of_kind("relate"))
def test_relates_keep_types_and_ranges(name: str) -> None:
    for op in opened(name):
        assert apply_relate(op, inputs(op.reads, []), []) == {}
        got = apply_relate(op, inputs(op.reads, POOL), row_ids(len(POOL)), 7, needed(op, len(POOL)))
        for k, written in enumerate(op.writes):
            check_range(written, pa.array([row[k] for row in got.values()], written.type))


def test_a_measure_that_breaks_the_row_law_is_caught() -> None:
    class Rank(Measure):
        version = 1

        def run(self, *arrays: pa.Array) -> list[pa.Array]:
            return [pa.array(range(len(arrays[0])), pa.int64())]

    arrays = inputs(Rank.reads, POOL)
    assert [v for part in pieces(arrays, 7) for v in values(Rank(), part)] != values(Rank(), arrays)


class ByOrder(Relate):
    """Breaks the law on purpose: the first row of equal texts in input order is the original."""

    version = 1
    signs = (Column("seen", pa.int64(), Count, "characters"),)
    writes = (Column("first", pa.string(), RowId, "the first row as long"),)

    def signature(self, *arrays: pa.Array) -> list[pa.Array]:
        return [pc.cast(pc.utf8_length(arrays[0]), pa.int64())]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        first: dict[Any, str] = {}
        return [pa.array([first.setdefault(n, i) for i, n in zip(rows["_id"].to_pylist(), rows["seen"].to_pylist(), strict=True)])]


class ById(ByOrder):
    """Keeps it: the smallest id is, and content comes through fetch."""

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        texts = fetch(pa.array(range(len(rows))))[0].to_pylist()
        first: dict[Any, str] = {}
        for text, name in sorted(zip(texts, rows["_id"].to_pylist(), strict=True), key=lambda pair: pair[1]):
            first.setdefault(text, name)
        return [pa.array([first[t] for t in texts], pa.string())]


@pytest.mark.parametrize(("op", "lawful"), [(ById(), True), (ByOrder(), False)])
def test_a_relate_that_depends_on_row_order_is_caught(op: Relate, lawful: bool) -> None:
    ids, arrays = row_ids(len(POOL)), inputs(op.reads, POOL)
    back = pa.array(range(len(POOL) - 1, -1, -1))
    first = apply_relate(op, arrays, ids)
    assert (apply_relate(op, [a.take(back) for a in arrays], ids[::-1]) == first) is lawful
