"""Conditions: what is read, what is refused, what a row is told."""

from __future__ import annotations

import datetime as dt
import pickle
import tempfile

import duckdb
import lance
import pyarrow as pa
import pytest

from zhuoyu.errors import SpecError
from zhuoyu.recipe import Condition, Position

NAN = float("nan")

REFUSED = {
    "lenght(text) > 3": "there is no function 'lenght'; did you mean 'length'?\n    lenght(text) > 3\n    ^",
    "a > 1 and trim(x) = 'a'": "there is no function 'trim'; known: abs, coalesce, contains, ends_with, greatest, least, length, lower, "
    "regexp_matches, round, starts_with, upper\n    a > 1 and trim(x) = 'a'\n                   ^",
    "count(*) > 1": "count() is an aggregate; a condition sees one row; "
    "use an operator of the kind Relate, or an indicator of the assessment"
    "\n    count(*) > 1\n    ^",
    "x in (select 1)": "in takes a list of values; write in ('en', 'zh')\n    x in (select 1)\n    ^",
    "cast(x as int) > 1": "casts are not part of conditions: a column keeps its type; use an operator that writes the column you need"
    "\n    cast(x as int) > 1\n         ^",
    "x = null": "nothing equals null; write `is null` or `is not null`\n    x = null\n    ^",
    "a > 1; drop table t": "expected one condition, found 2 statements; write one boolean expression without a semicolon"
    "\n    a > 1; drop table t\n         ^",
    "drop table t": "statements are not part of conditions; write one boolean expression, such as text_words >= 50"
    "\n    drop table t\n    ^",
    "a >": "something is missing beside '>'; write the value that belongs there\n    a >\n      ^",
    "a is true": "is goes with null only; write `is null`, `is not null`, or compare with =\n    a is true\n    ^",
    "a like b": "the pattern of like is a text in quotes; write like …'text'\n    a like b\n           ^",
    "a + 1": "a condition is true or false, this is a value; compare it with something, such as >= 50\n    a + 1\n    ^",
    "length(a, b) > 1": "length takes 1 arguments, found 2; write length(x)\n    length(a, b) > 1\n    ^",
    "round(a, b) > 1": "round takes 0 to 9 decimal places, as a number; write round(x, 2)\n    round(a, b) > 1\n             ^",
    "": "expected a condition, found nothing; write one, such as text_words >= 50\n    \n    ^",
    "中文 > 1 and lenght(文) > 3": "there is no function 'lenght'; did you mean 'length'?"
    "\n    中文 > 1 and lenght(文) > 3\n                 ^",
    "a = 1e999": "this number is too large; write a number below 1e308\n    a = 1e999\n        ^",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_what_is_not_in_the_grammar_is_refused_with_a_caret(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        Condition.parse(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "exists(select 1)",
        "sum(x) over () > 1",
        "case when a then b end",
        "a[0] = 1",
        "a || b = 'c'",
        "a & 1 = 1",
        "x::int > 1",
        "a ~ 'x'",
        "x = ?",
        "x = :y",
        "x = @y",
        "(a, b) = (1, 2)",
        "a.* = 1",
        "interval '1 day' > x",
        "a > all(b)",
        "a is distinct from 1",
        "x like 'a' escape '!'",
        "a > 1 xor b",
        "if(a, 1, 2) = 1",
        "max(a) > 1",
        "now() > x",
        "random() < 0.5",
        "a in (b)",
        "insert into t values (1)",
        "regexp_matches(s, '(')",
        r"regexp_matches(s, '(a)\1')",
        r"regexp_matches(s, '\Bx')",
        "regexp_matches(s, '[+--]')",
        "regexp_matches(s, '(?=a)')",
        "a = b as c",
        "attach 'x' as y",
        "pragma x",
        "copy t to 'x'",
        "a > (select max(b) from t)",
        "read_csv('x') = 1",
        "getenv('HOME') = 'x'",
        "(" * 300 + "a" + ")" * 300 + " > 1",
        "a > 1 or " * 3000 + "b",
    ],
)
def test_nothing_else_gets_through(text: str) -> None:
    with pytest.raises(SpecError):
        Condition.parse(text)


def test_the_caret_stands_in_the_right_line_of_a_long_condition() -> None:
    with pytest.raises(SpecError) as error:
        Condition.parse(
            "text_words > 50 and text_chars > 100 and text_xor > 1 and text_lines > 3 and text_digit_share < 0.5\n  and a xor b"
        )
    assert str(error.value).endswith("\n      and a xor b\n            ^")


def test_the_file_and_line_stand_in_front() -> None:
    with pytest.raises(SpecError, match=r"^d.yaml:7: something is missing"):
        Condition.parse("a >", Position("d.yaml", 7))


def test_columns_in_order_of_appearance() -> None:
    c = Condition.parse("""b > 1 and _origin.uri like '%.md' and "Mixed Case" = 'x' and (b < a or length(lower(t)) between 1 and 2)""")
    assert c.columns == ("b", "_origin.uri", "Mixed Case", "a", "t")


def test_conditions_are_values() -> None:
    a, b = Condition.parse("a > 1", Position("x", 1)), Condition.parse(" a > 1 ")
    assert a == b
    assert hash(a) == hash(b)
    assert a != Condition.parse("a > 2")
    a.evaluate(pa.record_batch({"a": [1]}))
    assert pickle.loads(pickle.dumps(a)) == a


def test_a_condition_follows_the_types_of_each_batch() -> None:
    c = Condition.parse("a >= 2")
    assert c.evaluate(pa.record_batch({"a": [1, 2]})).to_pylist() == [False, True]
    assert c.evaluate(pa.record_batch({"a": [1.5, NAN]})).to_pylist() == [False, None]
    with pytest.raises(SpecError, match="cannot compare a"):
        c.evaluate(pa.record_batch({"a": ["x"]}))
    with pytest.raises(SpecError, match=r"unknown column 'a'; did you mean 'aa'\?"):
        c.evaluate(pa.record_batch({"aa": [1]}))


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_constants_give_one_outcome_a_row(rows: int) -> None:
    out = Condition.parse("1 = 1").evaluate(pa.record_batch({"a": pa.array([1] * rows, pa.int64())}))
    assert out.to_pylist() == [True] * rows
    assert out.type == pa.bool_()


def test_text_variants_slices_and_dictionaries_count_as_text() -> None:
    c = Condition.parse("s in ('a', 'b') and s like '_'")
    for values in (
        pa.array(["a", None, "c"]).dictionary_encode(),
        pa.array(["a", None, "c"], pa.string_view()),
        pa.array(["z", "a", None, "c"]).slice(1),
    ):
        assert c.evaluate(pa.record_batch({"s": values})).to_pylist() == [True, None, False]


def test_times_are_compared_with_times_in_quotes() -> None:
    moments = [dt.datetime(2024, 5, 31, 23, tzinfo=dt.UTC), dt.datetime(2024, 6, 1, tzinfo=dt.UTC), None]
    table = pa.table({"t": pa.array(moments, pa.timestamp("ns", "UTC")), "u": pa.array(moments, pa.timestamp("us")), "i": [0, 1, 2]})
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        data = lance.write_dataset(table, f"{folder}/t.lance")
        con.execute("set timezone = 'Asia/Shanghai'")
        con.register("x", table)
        for text in (
            "t >= '2024-06-01'",
            "t < '2024-06-01T08:00:01+08:00'",
            "u >= '2024-06-01'",
            "t in ('2024-06-01')",
            "u between '2024-06-01' and '2025-01-01'",
        ):
            c = Condition.parse(text)
            want = c.evaluate(table.to_batches()[0]).to_pylist()
            assert want[2] is None
            assert True in want
            assert [r[0] for r in con.execute(f"select {c.to_duckdb(table.schema)} from x order by i").fetchall()] == want, text
            assert data.to_table(filter=c.to_lance(table.schema))["i"].to_pylist() == [i for i, v in enumerate(want) if v], text
    with pytest.raises(SpecError, match="'June' is not a date or a time"):
        Condition.parse("t > 'June'").evaluate(table.to_batches()[0])


def test_without_a_schema_kinds_are_guessed_from_the_condition() -> None:
    rows = pa.table({"f": [1.0, NAN, None, -0.0], "s": ["a", "b", None, "d"], "b": [True, False, None, True], "i": [0, 1, 2, 3]})
    with tempfile.TemporaryDirectory() as folder:
        data = lance.write_dataset(rows, f"{folder}/t.lance")
        for text, want in {"f >= 0": [0, 3], "not f > 0": [3], "s >= 'b'": [1, 3], "b and s = 'a'": [0], "f / 2 = 0": [3]}.items():
            c = Condition.parse(text)
            assert data.to_table(filter=c.to_lance())["i"].to_pylist() == want, text
            assert duckdb.sql(f"select i from rows where {c.to_duckdb()} order by i").fetchall() == [(i,) for i in want], text


def test_a_quote_in_a_name_or_a_text_stays_one() -> None:
    rows = pa.table({'a"`b': ["it's", "x"], "i": [0, 1]})
    c = Condition.parse("""\"a""`b" = 'it''s'""")
    assert c.columns == ('a"`b',)
    assert c.evaluate(rows.to_batches()[0]).to_pylist() == [True, False]
    assert duckdb.sql(f"select i from rows where {c.to_duckdb(rows.schema)}").fetchall() == [(0,)]


FOUND = {
    "text_words >= 50": "text_words = 7",
    "text_words >= 5 and share > 0.5": "share = 0.3333",
    "text_words >= 50 and share > 0.5": "text_words = 7, share = 0.3333",
    "text_words >= 50 or share > 0.5": "text_words = 7, share = 0.3333",
    "lang = 'en' and text_words > 5": "lang = 'zh'",
    "o.uri = 'y'": "o.uri = 'x'",
    "not ok": "ok = true",
    "none is not null": "none = null",
}


@pytest.mark.parametrize(("text", "said"), FOUND.items())
def test_found_names_the_values_that_failed(text: str, said: str) -> None:
    batch = pa.record_batch(
        {
            "text_words": [99, 7],
            "share": [0.9, 1 / 3],
            "lang": ["en", "zh"],
            "o": [None, {"uri": "x"}],
            "ok": [False, True],
            "none": pa.array([1, None]),
        }
    )
    c = Condition.parse(text)
    assert c.found(batch, 1) == said
    assert c.founds(batch, [1, 1]) == [said, said]
    assert c.founds(batch, []) == []


def test_unknown_names_the_column_that_is_null() -> None:
    batch = pa.record_batch({"a": [1.0, NAN, None], "b": [None, 1, 2]})
    c = Condition.parse("a > 0 and b > 0")
    assert [c.unknown(batch, i) for i in range(3)] == ["b", "a", "a"]
    assert c.unknowns(batch, [2, 0]) == ["a", "b"]
    assert Condition.parse("a / 0 > 1").unknown(batch, 0) == "a / 0 > 1"


def test_long_texts_are_cut_in_found() -> None:
    batch = pa.record_batch({"text": ["x" * 1000]})
    assert Condition.parse("length(text) < 5").found(batch, 0) == f"text = '{'x' * 59}…'"


def test_parts_are_what_and_joins() -> None:
    assert [p.columns for p in Condition.parse("a > 1 and (b > 2 or c = 1) and d between 1 and 2").parts()] == [
        ("a",),
        ("b", "c"),
        ("d",),
        ("d",),
    ]
