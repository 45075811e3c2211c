"""A condition gives the same TRUE, FALSE or NULL in every row from pyarrow, DuckDB and Lance."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from typing import Any

import duckdb
import lance
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhuoyu.recipe import Condition

NAN = float("nan")
ORIGIN = pa.struct([("uri", pa.string()), ("n", pa.int64())])
SCHEMA = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.int8()),
        ("f", pa.float64()),
        ("g", pa.float32()),
        ("s", pa.large_string()),
        ("t", pa.string()),
        ("p", pa.bool_()),
        ("o", ORIGIN),
    ]
)
ROWS: list[dict[str, Any]] = [
    {"a": 1, "b": 1, "f": 1.0, "g": 0.5, "s": "text", "t": "text", "p": True, "o": {"uri": "x/y.md", "n": 1}},
    {"a": 0, "b": 0, "f": -0.0, "g": 0.0, "s": "", "t": "100%", "p": False, "o": {"uri": None, "n": 0}},
    {"a": None, "b": None, "f": None, "g": None, "s": None, "t": None, "p": None, "o": None},
    {"a": -7, "b": -7, "f": NAN, "g": NAN, "s": "中文 text", "t": "a_b", "p": True, "o": {"uri": "中文", "n": None}},
    {"a": 2**53 + 1, "b": 127, "f": math.inf, "g": -math.inf, "s": "a\nB", "t": "A\\b", "p": None, "o": {"uri": "", "n": -3}},
    {"a": 3, "b": -128, "f": -2.5, "g": 2.5, "s": "it's", "t": "É é ñ", "p": False, "o": {"uri": "x", "n": 7}},
    {"a": -(2**62), "b": 2, "f": 1e300, "g": 1e30, "s": "٣ 3", "t": "word-word", "p": True, "o": {"uri": "text", "n": 2}},
]

CASES = [
    "a >= 1",
    "a = 9007199254740993",
    "b > 300",
    "b < f",
    "a / 2 = 0.5",
    "a / 0 > 1 or a % 0 = 1",
    "a % 2 = 1",
    "-a % 2 = 1",
    "f % 2 = -0.5",
    "f > 1",
    "f = 0",
    "f != f",
    "f is null",
    "g is not null",
    "not f > 1",
    "f = -f",
    "f - f = 0",
    "f * 10 > 1e300",
    "abs(b) = 128",
    "s = 'it''s'",
    "s < t",
    "s != t",
    "s in ('text', '')",
    "s not in ('text', '中文 text')",
    "a in (1, 3, 9007199254740993)",
    "f in (0, 1.0)",
    "s like '%text'",
    "s like '__ text'",
    r"t like '100\%'",
    r"t like 'a\_b'",
    r"t like 'A\\b'",
    "t not like '%_b'",
    "s like 'a%b'",
    "s ilike 'A%b'",
    "t ilike 'é%'",
    "length(s) = 7",
    "length(t) between 3 and 5",
    "length(s) not between 1 and 5",
    "lower(t) = 'é é ñ'",
    "upper(s) = 'TEXT'",
    "starts_with(s, '中')",
    "ends_with(t, 'b')",
    "contains(s, '')",
    "contains(t, '%')",
    r"regexp_matches(s, '\d')",
    r"regexp_matches(s, '\bte')",
    r"regexp_matches(t, '^[\w-]+$')",
    r"regexp_matches(s, 'a.B')",
    r"regexp_matches(t, '[^\w\s]')",
    r"regexp_matches(t, '(?i)a\\B')",
    r"regexp_matches(t, '[&&b]')",
    r"regexp_matches(t, '[[:alpha:]]_')",
    r"regexp_matches(t, '[^\d\s]')",
    r"regexp_matches(t, '[]%]')",
    r"regexp_matches(t, '[\-%]')",
    r"regexp_matches(t, '[^^]')",
    r"regexp_matches(s, '^\W')",
    "s like '%'",
    "s like ''",
    "s like '%te%'",
    "s ilike 'TE%'",
    r"t like '%\%'",
    "s like 'text'",
    "round(f) = -3",
    "round(g, 1) = 2.5",
    "round(f / 3, 2) = -0.83",
    "coalesce(a, 5) = 5",
    "coalesce(f, 0) = 0",
    "coalesce(s, '-') = '-'",
    "least(a, b) = -128",
    "greatest(a, f) > 2",
    "least(f, g) < 0",
    "p",
    "not p",
    "p = true",
    "p != false",
    "p is null",
    "(a > 1) = p",
    "(a > 1) is null",
    "o.uri = 'x'",
    "o.n % 2 = 1",
    "o is null",
    "o.uri is null",
    "length(o.uri) > 2",
    "p and a > 1",
    "p or a > 1",
    "not (p or f > 1) and s is not null",
    "true",
    "1 = 1 and p",
    "a > 1 and b > 1 and f > 1",
    "a + b > 0",
    "a * 2 = 2",
    "a = 1.0",
    "f between -3 and 1",
    "not (f between -3 and 1)",
    "b >= -128",
    "'text' = s",
]


def duck(condition: Condition, table: pa.Table) -> list[bool | None]:
    with duckdb.connect() as con:
        con.register("t", table)
        return [r[0] for r in con.execute(f"select {condition.to_duckdb(table.schema)} from t order by _row").fetchall()]


def from_lance(condition: Condition, data: lance.LanceDataset, rows: int, schema: pa.Schema) -> list[bool | None]:
    out: list[bool | None] = [None] * rows
    said = condition.to_lance(schema)
    for value, sql in ((True, said), (False, f"NOT ({said})")):
        for row in data.to_table(columns=["_row"], filter=sql)["_row"].to_pylist():
            assert out[row] is None
            out[row] = value
    return out


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA).append_column("_row", pa.array(range(len(rows)), pa.int64()))


def from_arrow(condition: Condition, table: pa.Table) -> list[bool | None]:
    batches = table.combine_chunks().to_batches()
    return condition.evaluate(batches[0]).to_pylist() if batches else []


@pytest.fixture(scope="module")
def fixed() -> Iterator[tuple[pa.Table, lance.LanceDataset]]:
    table = table_of(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        yield table, lance.write_dataset(table, f"{folder}/t.lance")


@pytest.mark.parametrize("text", CASES)
def test_three_backends_give_the_same_three_outcomes(text: str, fixed: tuple[pa.Table, lance.LanceDataset]) -> None:
    table, data = fixed
    condition = Condition.parse(text)
    want = from_arrow(condition, table)
    assert duck(condition, table) == want
    assert from_lance(condition, data, len(want), table.schema) == want


WORDS = st.text(alphabet="ab_%\\ '\"é中\n1", max_size=5)
FLOATS = st.one_of(st.sampled_from([NAN, math.inf, -math.inf, -0.0, 0.0, 0.5, -2.5]), st.floats(width=32))
ROW = st.fixed_dictionaries(
    {
        "a": st.none() | st.integers(-4, 4) | st.integers(-(2**62), 2**62),
        "b": st.none() | st.integers(-128, 127),
        "f": st.none() | FLOATS,
        "g": st.none() | FLOATS,
        "s": st.none() | WORDS,
        "t": st.none() | WORDS,
        "p": st.none() | st.booleans(),
        "o": st.none() | st.fixed_dictionaries({"uri": st.none() | WORDS, "n": st.none() | st.integers(-4, 4)}),
    }
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


NUMBER = st.recursive(
    st.sampled_from(["a", "b", "f", "g", "o.n", "length(s)"]) | st.integers(-4, 4).map(str) | st.floats(-9, 9).map(lambda x: f"{x:.3f}"),
    lambda x: st.one_of(
        st.tuples(x, st.sampled_from("+-*/%"), x).map(lambda v: f"({v[0]} {v[1]} {v[2]})"),
        x.map(lambda v: f"abs({v})"),
        x.map(lambda v: f"round({v}, 1)"),
        x.map(lambda v: f"(-({v}))"),
        st.tuples(st.sampled_from(["least", "greatest", "coalesce"]), x, x).map(lambda v: f"{v[0]}({v[1]}, {v[2]})"),
    ),
    max_leaves=4,
)
TEXT = st.one_of(st.sampled_from(["s", "t", "o.uri", "lower(s)", "upper(t)", "coalesce(s, t)"]), WORDS.map(quoted))
COMPARE = st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">="])
ATOM = st.one_of(
    st.tuples(NUMBER, COMPARE, NUMBER).map(" ".join),
    st.tuples(TEXT, COMPARE, TEXT).map(" ".join),
    st.tuples(TEXT, st.sampled_from(["like", "not like", "ilike"]), WORDS.map(quoted)).map(" ".join),
    st.tuples(st.sampled_from(["starts_with", "ends_with", "contains"]), TEXT, WORDS.map(quoted)).map(lambda v: f"{v[0]}({v[1]}, {v[2]})"),
    st.tuples(NUMBER, st.sampled_from(["in", "not in"]), st.lists(st.integers(-4, 4).map(str), min_size=1, max_size=3)).map(
        lambda v: f"{v[0]} {v[1]} ({', '.join(v[2])})"
    ),
    st.tuples(NUMBER, NUMBER, NUMBER).map(lambda v: f"{v[0]} between {v[1]} and {v[2]}"),
    st.tuples(NUMBER | TEXT | st.sampled_from(["p", "o"]), st.sampled_from(["is null", "is not null"])).map(" ".join),
    st.just("p"),
)
CONDITION = st.recursive(
    ATOM,
    lambda x: st.one_of(
        st.tuples(x, st.sampled_from(["and", "or"]), x).map(lambda v: f"({v[0]}) {v[1]} ({v[2]})"), x.map(lambda v: f"not ({v})")
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(CONDITION, st.lists(ROW, max_size=8))
def test_random_conditions_agree_in_pyarrow_and_duckdb(text: str, rows: list[dict[str, Any]]) -> None:
    condition, table = Condition.parse(text), table_of(rows)
    assert duck(condition, table) == from_arrow(condition, table), condition.to_duckdb(table.schema)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(CONDITION, st.lists(ROW, min_size=1, max_size=8))
def test_random_conditions_agree_in_pyarrow_and_lance(text: str, rows: list[dict[str, Any]]) -> None:
    condition, table = Condition.parse(text), table_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        data = lance.write_dataset(table, f"{folder}/t.lance")
        assert from_lance(condition, data, len(rows), table.schema) == from_arrow(condition, table), condition.to_lance(table.schema)
