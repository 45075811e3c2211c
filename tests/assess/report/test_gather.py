"""What the report says of rows: counts that add up, examples that are always the same, and never a personal datum."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from assess.report import kit
from zhuoyu.assess.report import excerpts, gather


@pytest.fixture(scope="module")
def data():
    return kit.tables()


@pytest.fixture(scope="module")
def facts(data):
    return gather(data, kit.record(data), kit.assessment(), kit.masked)


def test_it_is_plain_json(facts):
    assert json.loads(json.dumps(facts)) == json.loads(json.dumps(facts, sort_keys=True))


def test_rows_add_up_by_source(data, facts):
    assert facts["rows"] == {
        "kept": data.kept.num_rows,
        "rejected": data.rejected.num_rows,
        "read": data.kept.num_rows + data.rejected.num_rows,
    }
    assert sum(s["rows_in"] for s in facts["sources"]) == facts["rows"]["read"]
    assert sum(s["kept"] for s in facts["sources"]) == facts["rows"]["kept"]
    reviews = next(s for s in facts["sources"] if s["source"] == "reviews-zh")
    assert reviews["licenses"] == {"unknown": reviews["rows_in"]}


def test_every_cutting_step_has_its_reasons_with_the_smallest_ids(data, facts):
    assert [c["index"] for c in facts["cuts"]] == [-1, 1, 2, 3, 5]
    gone = data.rejected.to_pylist()
    for cut in facts["cuts"]:
        assert sum(g["count"] for g in cut["examples"]) == cut["rejected"]
        for group in cut["examples"]:
            ids = sorted(r["_id"] for r in gone if r["_step"] == cut["index"] and r["_reason"] == group["reason"])
            assert [r["id"] for r in group["rows"]] == ids[:12]
            assert all(r["found"] for r in group["rows"])


def test_the_order_and_the_size_of_batches_change_nothing(data, facts):
    again = kit.Tables(data.kept.take(pa.array(range(data.kept.num_rows))[::-1]), data.rejected.slice(0, 9999), size=7)
    other = gather(again, kit.record(data), kit.assessment(), kit.masked)
    for part in ("rows", "sources", "cuts", "categories", "duplicates"):
        assert other[part] == facts[part], part
    assert other["measures"][0]["kept"] == facts["measures"][0]["kept"]


def test_no_personal_datum_of_a_rejected_row(facts):
    said = json.dumps(facts, ensure_ascii=False)
    assert kit.EMAIL not in said
    assert kit.PHONE not in said
    assert "<EMAIL>" in said
    assert "<PHONE>" in said


@pytest.mark.parametrize("at", [*range(255, 300, 3), *range(17_990, 18_010, 4), *range(19_980, 20_005, 3)])
def test_a_cut_cannot_hide_a_number(at):
    text = ("一段没有个人信息的文字，" * 3000)[:at] + kit.PHONE + "，" + kit.EMAIL + "，结束。" * 2000
    shown = excerpts.shortened(excerpts.windows([text], kit.masked)[0])
    assert "1381" not in shown
    assert "wang" not in shown
    whole = excerpts.windows([text], kit.masked)[0]
    assert "1381234" not in whole
    assert "xiaoming" not in whole


def test_kept_counts_are_on_the_edges_of_all_rows(data, facts):
    words = next(m for m in facts["measures"] if m["column"] == "text_words")
    assert sum(words["counts"]) == data.kept.num_rows + data.rejected.num_rows
    assert sum(words["kept"]) == data.kept.num_rows
    assert all(k <= n for k, n in zip(words["kept"], words["counts"], strict=True))
    assert words["mean"][1] == pytest.approx(pa.compute.mean(data.kept["text_words"]).as_py())
    language = facts["categories"][0]
    assert {r["value"]: (r["in"], r["kept"]) for r in language["rows"]}["de"] == (60, 0)


def test_a_measure_that_is_not_kept_is_an_outline_only(data):
    without = kit.Tables(data.kept.drop_columns(["text_words"]), data.rejected)
    words = next(m for m in gather(without, kit.record(data), None, kit.masked)["measures"] if m["column"] == "text_words")
    assert words["kept"] is None


def test_groups_show_the_row_that_stays_and_what_differs(data, facts):
    found = facts["duplicates"]
    assert found["cut"] == 72 or found["cut"] == sum(c["rejected"] for c in facts["cuts"] if c["index"] == 5)
    assert found["rows"] == found["groups"] + found["cut"]
    ids = set(data.kept["_id"].to_pylist())
    assert 0 < len(found["shown"]) <= 8
    for group in found["shown"]:
        assert group["stays"]["id"] in ids
        assert group["size"] == 1 + sum(r["text_cluster"] == group["cluster"] for r in data.rejected.to_pylist())
        assert any(marked for c in group["cut"] for _, marked in c["parts"])


DIFFERENCES = [
    ("依赖关系不会自动补全。", "依赖关系会自动补全。", "不", "‸"),
    ("a one two z", "a three four z", "one two", "three four"),
    ("the “back-end” to other tools", "the front-end to other tools", "“back", "front"),
    ("same", "same", "", ""),
]


@pytest.mark.parametrize(("a", "b", "left", "right"), DIFFERENCES)
def test_differences_are_words_and_code_points(a, b, left, right):
    one, two = excerpts.differences(a, b)
    assert [t for t, m in one if m][:1] == ([left] if left else [])
    assert [t for t, m in two if m][:1] == ([right] if right else [])
    assert "".join(t for t, _ in one) == a


def test_masked_places_hold_the_placeholder_and_where_it_was(facts):
    masked = facts["masked"]
    assert masked["kinds"] == {"PHONE": 22, "EMAIL": 21, "ID": 1}
    assert masked["rows"] == 22
    assert len(masked["places"]) == 10
    assert all(p["placeholder"] == f"<{p['kind']}>" and p["uri"] for p in masked["places"])
    assert "/home/somebody/site-packages" not in json.dumps(masked)


def test_a_bare_record_and_empty_tables_are_enough():
    empty = kit.Tables(kit.KEPT.empty_table(), kit.REJECTED.empty_table())
    facts = gather(empty, {}, None, kit.masked)
    assert facts["rows"] == {"kept": 0, "rejected": 0, "read": 0}
    assert facts["cuts"] == []
