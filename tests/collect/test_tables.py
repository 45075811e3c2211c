"""JSONL, CSV and Parquet: types from what is there, a bad row is one row with an error."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.landing import Bench
from zhuoyu.collect import infer
from zhuoyu.errors import DataError, SpecError


def user(rows: list[dict]) -> list[dict]:
    return [{k: v for k, v in r.items() if not k.startswith("_")} for r in rows]


def errors(rows: list[dict]) -> list[str | None]:
    return [r["_error"] for r in rows]


def at(path: Path, row: dict) -> bytes:
    a, b = map(int, re.fullmatch(r"bytes (\d+)-(\d+)", row["_origin"]["locator"]).groups())
    return path.read_bytes()[a:b]


def test_jsonl_values_types_and_places(bench):
    said = [
        {"n": 1, "x": 1, "t": "中文", "b": True, "l": [1, 2], "o": {"k": "v"}},
        {"n": None, "x": 2.5, "t": "", "b": None, "l": [], "o": {"k": None, "m": 1}},
    ]
    path = bench.write("a.jsonl", "".join(json.dumps(s, ensure_ascii=False) + "\n" for s in said))
    landed = bench.land()
    assert landed.schema == pa.schema(
        [
            ("n", pa.int64()),
            ("x", pa.float64()),
            ("t", pa.large_string()),
            ("b", pa.bool_()),
            ("l", pa.list_(pa.int64())),
            ("o", pa.struct([("k", pa.large_string()), ("m", pa.int64())])),
        ]
    )
    rows = bench.rows(landed).to_pylist()
    assert user(rows)[0] == said[0] | {"o": {"k": "v", "m": None}}
    assert user(rows)[1] == said[1]
    assert [json.loads(at(path, r)) for r in rows] == said


def test_jsonl_bad_lines_are_rows_with_an_error(bench):
    lines = [
        b'{"a": 1}',
        b"{broken",
        b"",
        b"[1]",
        b'{"a": "text"}',
        b'{"a": 2, "new": 1}',
        b'{"a": \xff}',
        b'{"a": 99999999999999999999}',
        b'{"a": 3}',
    ]
    path = bench.write("a.jsonl", b"\n".join(lines))
    rows = bench.read()
    assert [at(path, r) for r in rows] == lines
    assert [r["a"] for r in rows] == [1, None, None, None, None, 2, None, None, 3]
    said = errors(rows)
    assert said[0] is said[8] is said[5] is None, "a column seen anywhere in a small file belongs to the schema"
    assert said[1].startswith("not JSON: ")
    assert said[2:4] == ["blank line", "expected a JSON object, found list"]
    assert said[4] == "column 'a': 'text' is not int64"
    assert said[6].startswith("undecodable")
    assert said[7] == "column 'a': 99999999999999999999 is not int64"


def test_jsonl_conflict_beyond_the_sample_is_a_row_error(bench, monkeypatch):
    monkeypatch.setattr(infer, "SAMPLE_BYTES", 100)
    monkeypatch.setattr(infer, "LEAST_BYTES", 100)
    lines = [{"a": i, "o": {"k": 1}} for i in range(20)] + [
        {"a": "x", "o": {"k": 1}},
        {"a": 1.5, "o": {}},
        {"a": 1, "z": 0},
        {"a": 1, "o": {"k": 1, "q": 2}},
    ]
    bench.write("a.jsonl", "\n".join(map(json.dumps, lines)))
    rows = bench.read()
    assert len(rows) == len(lines)
    assert errors(rows)[:20] == [None] * 20
    assert errors(rows)[20:] == [
        "column 'a': 'x' is not int64",
        "column 'a': 1.5 is not int64",
        "column 'z' was not in the rows the schema was taken from",
        "column 'o': field 'q' was not in the rows the schema was taken from",
    ]


@pytest.mark.parametrize(
    "line", ['{"a": "\\ud800"}', '{"a": ' + "[" * 100_000 + "}", '{"a": ' + "9" * 5000 + "}", '{"\\ud800": 1}', '{"a": NaN}']
)
def test_jsonl_hostile_lines_never_stop_the_read(bench, line):
    bench.write("a.jsonl", '{"a": "x", "b": 1.0}\n' + line + '\n{"a": "y", "b": 2.0}\n')
    rows = bench.read()
    assert [r["a"] for r in rows] == ["x", None, "y"]
    assert [r["_error"] is None for r in rows] == [True, False, True]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.dictionaries(st.sampled_from("abc"), json_values, max_size=3).map(json.dumps) | st.text(max_size=6).map(ascii) | st.just("{"),
        max_size=20,
    )
)
def test_jsonl_loses_no_line_and_no_value(lines):
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        path = bench.write("a.jsonl", "".join(line + "\n" for line in lines))
        landed = bench.land()
        rows = bench.rows(landed).to_pylist()
        assert len(rows) == len(lines) == landed.rows
        for row, line in zip(rows, lines, strict=True):
            assert at(path, row).decode() == line
            if row["_error"] is None:
                assert _kept(json.loads(line), user([row])[0])


def _kept(said: object, got: object) -> bool:
    """Whether GOT holds all that was SAID; fields that others have are null here, and an object without fields reads as null."""
    if said == {} and got is None:
        return True
    if isinstance(said, dict):
        return (
            isinstance(got, dict)
            and all(_kept(v, got.get(k)) for k, v in said.items())
            and all(v is None for k, v in got.items() if k not in said)
        )
    if isinstance(said, list):
        return isinstance(got, list) and len(said) == len(got) and all(map(_kept, said, got))
    return said == got and isinstance(got, bool) == isinstance(said, bool)


def test_csv_types_quotes_and_places(bench):
    text = 'id,n,x,day,zip,note,ok\n1,5,1.5,2024-01-31,0571,"two\nlines, ""quoted""",true\n2,,-2,2024-02-01,0021,,false\n'
    path = bench.write("a.csv", text)
    landed = bench.land()
    assert {f.name: f.type for f in landed.schema} == {
        "id": pa.int64(),
        "n": pa.int64(),
        "x": pa.float64(),
        "day": pa.date32(),
        "zip": pa.large_string(),
        "note": pa.large_string(),
        "ok": pa.bool_(),
    }
    rows = bench.rows(landed).to_pylist()
    assert user(rows) == [
        {"id": 1, "n": 5, "x": 1.5, "day": dt.date(2024, 1, 31), "zip": "0571", "note": 'two\nlines, "quoted"', "ok": True},
        {"id": 2, "n": None, "x": -2.0, "day": dt.date(2024, 2, 1), "zip": "0021", "note": "", "ok": False},
    ]
    assert [next(csv.reader(io.StringIO(at(path, r).decode())))[0] for r in rows] == ["1", "2"]


def test_csv_bad_rows_are_rows_with_an_error(bench, monkeypatch):
    monkeypatch.setattr(infer, "SAMPLE_BYTES", 30)
    monkeypatch.setattr(infer, "LEAST_BYTES", 30)
    path = bench.write(
        "a.csv", b'a,b\n1,x\n2,y\n3,z\n4,u\n5,v\n6\n7,8,9\n\nten,w\n007,w\n11,"a"b\n12,\xe9t\xe9\n13,ok\n14,"never closed\n15,x\n'
    )
    rows = bench.read()
    assert [r["a"] for r in rows] == [1, 2, 3, 4, 5, None, None, None, None, None, None, None, 13, None]
    assert errors(rows)[:5] == [None] * 5
    assert errors(rows)[5:10] == [
        "expected 2 cells, found 1",
        "expected 2 cells, found 3",
        "blank line",
        "column 'a': 'ten' is not int64",
        "column 'a': '007' is not int64",
    ]
    assert [e and e.split(":")[0] for e in errors(rows)[10:]] == ["not CSV", "undecodable", None, "not CSV"]
    assert at(path, rows[-1]) == b'14,"never closed\n15,x', "what an open quote swallows stays findable"


@pytest.mark.parametrize(
    ("encoding", "delimiter", "name"), [("gb18030", ",", "a.csv"), ("utf-16", ";", "a.csv"), ("utf-8-sig", "\t", "a.tsv")]
)
def test_csv_of_the_offices(bench, encoding, delimiter, name):
    rows = [["城市", "说明"], ["杭州", "这是一个很好的地方"], ["北京", "天气不错，人很多"]]
    bench.write(name, "".join(delimiter.join(r) + "\r\n" for r in rows).encode(encoding))
    assert user(bench.read()) == [dict(zip(rows[0], r, strict=True)) for r in rows[1:]]


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(table=st.lists(st.tuples(cells, cells), min_size=1, max_size=12))
def test_csv_round_trip(table):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *table])
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.write("x.csv", out.getvalue())
        landed = bench.land()
        rows = bench.rows(landed).to_pylist()
    assert errors(rows) == [None] * len(table)
    for row, said in zip(rows, table, strict=True):
        for name, value in zip("ab", said, strict=True):
            if landed.schema.field(name).type == pa.large_string():
                assert row[name] == value


def test_csv_files_of_one_source_may_lack_columns(bench):
    bench.write("a.csv", "id,x\n1,1\n")
    bench.write("b.csv", "x,id,z\n2.5,2,text\n")
    assert user(bench.read()) == [{"id": 1, "x": 1.0, "z": None}, {"id": 2, "x": 2.5, "z": "text"}]


def test_parquet_as_it_is(bench):
    table = pa.table(
        {
            "id": pa.array(range(10), pa.int32()),
            "t": pa.array([f"行{i}" for i in range(10)]).dictionary_encode(),
            "when": pa.array([dt.datetime(2024, 1, 1)] * 10, pa.timestamp("ms")),
            "v": pa.array([[float(i)] for i in range(10)], pa.list_(pa.float32())),
        },
        metadata={"k": "v"},
    )
    pq.write_table(table, bench.src / "a.parquet", row_group_size=4)
    landed = bench.land()
    assert landed.rows == 10
    assert landed.schema.field("t").type == pa.large_string()
    assert landed.schema.field("id").type == pa.int32()
    rows = bench.rows(landed).to_pylist()
    assert user(rows) == table.to_pylist()
    assert [r["_origin"]["locator"] for r in rows] == [f"row {i}" for i in range(10)]


def test_parquet_measures_of_another_dataset_become_plain_content(bench):
    field = pa.field("n", pa.int64(), metadata={"op": "text.length"})
    pq.write_table(pa.table({"n": pa.array([1])}, schema=pa.schema([field])), bench.src / "a.parquet")
    assert bench.land().schema.field("n").metadata is None


def test_parquet_broken_or_not(bench):
    pq.write_table(pa.table({"t": ["good"]}), bench.src / "a.parquet")
    bench.write("b.parquet", b"not a parquet file at all")
    rows = bench.read()
    assert user(rows) == [{"t": "good"}, {"t": None}]
    assert rows[1]["_error"].startswith("not Parquet: ")


def test_parquet_text_that_is_not_utf8_and_rows_too_large(bench):
    bad = pa.array([b"ok", b"\xff\xfe", b"x" * 5000]).view(pa.string())
    pq.write_table(pa.table({"t": bad, "n": [1, 2, 3]}), bench.src / "a.parquet")
    rows = bench.read(max_row_bytes=1000)
    assert [r["t"] for r in rows] == ["ok", None, None]
    assert rows[1]["_error"].startswith("column 't': undecodable")
    assert "above max_row_bytes" in rows[2]["_error"]


def test_files_that_do_not_agree(bench):
    pq.write_table(pa.table({"t": ["x"]}), bench.src / "a.parquet")
    pq.write_table(pa.table({"t": [1]}), bench.src / "b.parquet")
    with pytest.raises(DataError, match=r"column 't' is large_string in .*a\.parquet and int64 in .*b\.parquet"):
        bench.land()


def test_a_mixture_is_asked_about(bench):
    bench.write("a.jsonl", "{}")
    bench.write("README.md", "notes")
    with pytest.raises(SpecError, match="found 1 file, 1 jsonl"):
        bench.land()
    assert bench.land(include=["*.jsonl"]).files == 1
    bench.write("more.md", "notes")
    assert bench.land().schema.names == ["text", "format"]


def test_reserved_names_are_read_beside_the_system(bench):
    bench.write("a.jsonl", '{"_id": "x", "t": 1}\n')
    (row,) = bench.read()
    assert (row["source_id"], row["t"], row["_error"]) == ("x", 1, None)


def test_an_empty_table_is_counted(bench):
    bench.write("a.jsonl", "")
    bench.write("b.jsonl", '{"a": 1}\n')
    landed = bench.land()
    assert (landed.rows, landed.skipped) == (1, {"empty file": 1})


def test_csv_keeps_a_line_end_inside_quotes(bench):
    path = bench.write("a.csv", b'a,b\r\n"one\r\ntwo",x\r\n3,"y\r"\r\n')
    rows = bench.read()
    assert user(rows) == [{"a": "one\r\ntwo", "b": "x"}, {"a": "3", "b": "y\r"}]
    assert at(path, rows[0]) == b'"one\r\ntwo",x'
