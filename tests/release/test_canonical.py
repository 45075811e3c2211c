"""Canonical records: there and back, nothing lost."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuoyu.errors import DataError
from zhuoyu.record import SYSTEM, content_columns, leaves
from zhuoyu.release.canonical import FOREIGN, REQUIRED, Labelled, canonical_to_rows, read_ours, to_canonical

SHARED = Labelled("docs@3", "2026-01-02T03:04:05Z")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
TIMES = st.sampled_from(["2020-01-02", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05+08:00", "", "昨天", "2020", "0000-00-00", "20200102"])
CONTENT = st.fixed_dictionaries(
    {"media_type": st.sampled_from(["text/plain", "text", "image/png", ""]) | ANY, "content": TEXT | ANY}, optional={"extra": ANY}
)
RECORDS = st.fixed_dictionaries(
    {
        "id": TEXT,
        "data_content": st.lists(CONTENT, max_size=3),
        "original_time": TIMES,
        "last_modified_time": TIMES,
        "version": TEXT,
        "license": TEXT,
        "source": TEXT,
        "source_details": TEXT,
        "generated_data_indicator": st.integers(0, 1),
    },
    optional={
        "rid": st.none() | st.lists(TEXT),
        "annotation": st.none()
        | st.fixed_dictionaries({"label": st.lists(TEXT | ANY, min_size=1), "annotation_method": ANY, "annotator": ANY}),
        "x_zhuoyu": ANY,
        "more": ANY,
    },
)
BROKEN = st.dictionaries(st.sampled_from([*REQUIRED, "rid", "annotation"]) | TEXT, ANY, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(RECORDS | BROKEN, max_size=4))
def test_canonical_to_ours_to_canonical_is_lossless(records: list[dict[str, Any]]) -> None:
    lines = [json.dumps(r, ensure_ascii=False) for r in records]
    back = [r for batch in canonical_to_rows(lines, 2) for r in to_canonical(batch, SHARED)]
    assert back == records


def foreign(**said: Any) -> dict[str, Any]:
    record = dict.fromkeys(REQUIRED, "x")
    return {**record, "id": "7", "data_content": [{"media_type": "text/plain", "content": "琢玉"}], "generated_data_indicator": 0, **said}


def test_what_has_a_column_is_in_it() -> None:
    record = foreign(
        rid=["3"],
        annotation={"label": ["a"], "annotation_method": "人工标注", "annotator": None},
        original_time="2020-01-02",
        license="MIT",
    )
    (batch,) = canonical_to_rows([json.dumps(record), ""])
    assert batch.schema == FOREIGN
    row = batch.select(["_id", "_parents", "_license", "text", "labels", "_synthetic"]).to_pylist()[0]
    assert row == {"_id": "7", "_parents": ["3"], "_license": "MIT", "text": "琢玉", "labels": ["a"], "_synthetic": None}
    assert batch.column("_time")[0].as_py() == dt.datetime(2020, 1, 2, tzinfo=dt.UTC)


def test_changed_text_is_exported_with_the_new_version() -> None:
    (batch,) = canonical_to_rows([json.dumps(foreign(version="their 1"))])
    at = batch.schema.get_field_index("text")
    changed = batch.set_column(at, FOREIGN.field("text"), pa.array(["new"], pa.large_string()))
    (record,) = to_canonical(changed, SHARED)
    assert record["data_content"] == [{"media_type": "text/plain", "content": "new"}]
    assert (record["version"], record["last_modified_time"], record["license"]) == ("docs@3", SHARED.modified, "x")


OURS = pa.schema(
    [
        *SYSTEM,
        ("text", pa.large_string()),
        ("title", pa.string()),
        ("label", pa.string()),
        ("blob", pa.binary()),
        ("n", pa.int64()),
        ("x", pa.float64()),
        ("when", pa.timestamp("us")),
        ("tags", pa.list_(pa.string())),
        ("deep", pa.struct([("a", pa.list_(pa.struct([("b", pa.date32())])))])),
    ]
)
ROWS = st.fixed_dictionaries(
    {"_id": TEXT.filter(bool)},
    optional={
        "_origin": st.fixed_dictionaries({"source": st.none() | TEXT, "uri": st.none() | TEXT, "locator": st.none() | TEXT}),
        "_parents": st.lists(TEXT),
        "_license": TEXT,
        "_synthetic": st.fixed_dictionaries({"generator": TEXT, "model": st.none(), "prompt": st.none(), "seed": st.none()}),
        "_cells": st.lists(
            st.fixed_dictionaries({"column": TEXT, "start": st.integers(0, 9), "end": st.integers(0, 9), "how": TEXT, "by": TEXT})
        ),
        "text": TEXT,
        "title": TEXT,
        "label": TEXT,
        "blob": st.binary(max_size=9),
        "n": st.integers(-(2**63), 2**63 - 1),
        "x": st.floats(),
        "tags": st.lists(st.none() | TEXT),
        "when": st.datetimes(),
        "deep": st.fixed_dictionaries({"a": st.none() | st.lists(st.none() | st.fixed_dictionaries({"b": st.none() | st.dates()}))}),
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, max_size=4), st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1), min_size=4, max_size=4))
def test_ours_to_canonical_to_ours_is_lossless(rows: list[dict[str, Any]], times: list[int | None]) -> None:
    batch = pa.RecordBatch.from_pylist(rows, OURS)
    when = pa.array(times[: len(rows)], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    batch = batch.set_column(4, SYSTEM.field("_time"), when)
    lines = [json.dumps(r, ensure_ascii=False, allow_nan=False) for r in to_canonical(batch, SHARED)]
    back = list(read_ours(lines, OURS, 3))
    names = content_columns(OURS)
    assert [x for b in back for x in leaves(b, names).to_pylist()] == leaves(batch, names).to_pylist()


def test_a_record_of_ours_has_every_required_field() -> None:
    batch = pa.RecordBatch.from_pylist([{"_id": "1", "text": "t", "label": "cat"}], OURS)
    (record,) = to_canonical(batch, SHARED)
    assert all(record[name] is not None for name in REQUIRED)
    assert record["annotation"]["label"] == ["cat"]
    assert record["data_content"] == [{"media_type": "text/plain", "content": "t"}, {"media_type": "text/plain", "content": "cat"}]


@pytest.mark.parametrize("line", ["{", "[1]", '"text"', "3"])
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(DataError, match="line 2"):
        list(canonical_to_rows([json.dumps(foreign()), line]))


def test_a_foreign_record_is_not_read_as_ours() -> None:
    with pytest.raises(DataError, match="canonical_to_rows"):
        list(read_ours([json.dumps(foreign())], OURS))
