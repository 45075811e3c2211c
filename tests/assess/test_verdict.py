"""The verdict's truth table, scores, bands, views; computed again from JSON; nothing rounded across a threshold."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.tables import Tables, row
from zhuoyu.assess.catalogue import load
from zhuoyu.assess.indicators import Result
from zhuoyu.assess.plan import Plan
from zhuoyu.assess.static import assess
from zhuoyu.assess.verdict import band, exact, share_of_way, shown, status_of, verdict

PLAN = Plan.load({"name": "t", "indicators": {i: {} for i in ("CM-11", "AC-11", "AC-12", "DV-06", "LG-02", "LG-05")}})
"""Two gates, four others: five of six evaluated is 0.833."""


def result(id: str, value: float | None, status: str = "pass", plan: Plan = PLAN) -> Result:
    asked = next(a for a in plan.entries if a.indicator.id == id)
    one = asked.indicator
    return Result(
        id=id, version=1, en=one.en, zh=one.zh, dimension=one.dimension, population="kept", status=status, value=value, unit="share",
        direction=one.direction, n_evaluated=1, n_failed=0, n_null=0, failed_row_ids=[], gate=asked.gate, target=asked.target,
        floor=asked.floor, weight=1, method="census", params={}, columns=[], interval=None, backend="x", detail={}, sources=[],
        reason=None, fix=None, seconds=0,
    )  # fmt: skip


def results(**values):
    """Results at their targets, but for VALUES; None: not evaluated, "n/a": not applicable."""
    out = []
    for asked in PLAN.entries:
        value = values.get(asked.indicator.id.replace("-", "_"), 1.0)
        status = {None: "not_evaluated", "n/a": "not_applicable"}.get(value, "pass")
        out.append(result(asked.indicator.id, value if status == "pass" else None, status))
    return out


TRUTH = [
    # values, status, band, held or failed gates
    ({}, "passed", "A", []),
    ({"LG_02": 0.999}, "not_passed", "B", ["LG-02"]),
    ({"LG_02": 0.999, "LG_05": None}, "not_passed", "A", ["LG-02", "LG-05"]),
    ({"LG_02": 0.999, "LG_05": 0.5}, "not_passed", None, ["LG-02", "LG-05"]),
    ({"LG_05": None}, "no_verdict", None, ["LG-05"]),
    ({"LG_02": "n/a"}, "passed", "A", []),
    ({"CM_11": None}, "passed", "A", []),  # 5 of 6
    ({"CM_11": None, "DV_06": None}, "no_verdict", None, []),  # 4 of 6
    ({"CM_11": None, "DV_06": "n/a"}, "passed", "A", []),  # 4 of 5 = 0.8, exactly enough
    ({"CM_11": 0.0, "DV_06": 0.0, "AC_11": 0.0, "AC_12": 0.0}, "not_passed", "E", []),
]


@pytest.mark.parametrize(("values", "status", "letter", "gates"), TRUTH)
def test_truth_table(values, status, letter, gates):
    got = verdict(PLAN, results(**values)).verdict
    assert got.status == status
    assert [g.id for g in got.gates if g.status in ("fail", "held")] == gates
    if status == "passed":
        assert got.band == letter
    if status == "no_verdict":
        assert got.band is None


def test_the_sentences_name_what_decided():
    failed = verdict(PLAN, results(LG_02=0.9999)).verdict.sentence
    assert "Not passed: LG-02 Residual personal data is 0.9999, its gate is at 1.0." in failed.en
    assert failed.zh.startswith("不合格：LG-02 个人信息残留为 0.9999")
    held = verdict(PLAN, [r for r in results() if r.id != "LG-05"]).verdict
    assert held.status == "no_verdict"
    assert "held by gates that were not evaluated: LG-05 Licence validity (there is no result for it)" in held.sentence.en
    few = verdict(PLAN, results(CM_11=None, DV_06=None)).verdict.sentence
    assert "coverage is 0.667, 0.8 is needed" in few.en
    look = verdict(Plan.load("first-look"), []).verdict.sentence
    assert look.en.startswith("First look: data only.")
    assert look.zh.startswith("初看：仅据数据本身。")


@pytest.mark.parametrize(
    ("value", "target", "floor", "direction", "status", "share"),
    [
        (0.9, 0.9, 0.5, "high", "pass", 1),
        (0.7, 0.9, 0.5, "high", "warn", Fraction(1, 2)),
        (0.5, 0.9, 0.5, "high", "warn", 0),
        (0.4999999999999999, 0.9, 0.5, "high", "fail", -1),
        (0.9999999999999999, 1.0, 1.0, "high", "fail", -1),
        (0.02, 0.0, 0.05, "low", "warn", Fraction(3, 5)),
        (0.05, 0.05, 0.05, "low", "pass", 1),
        (0.05000000000000001, 0.05, 0.05, "low", "fail", -1),
        (5, (4.0, 6.0), (2.0, 8.0), "range", "pass", 1),
        (3, (4.0, 6.0), (2.0, 8.0), "range", "warn", Fraction(1, 2)),
        (7.5, (4.0, 6.0), (2.0, 8.0), "range", "warn", Fraction(1, 4)),
        (8.1, (4.0, 6.0), (2.0, 8.0), "range", "fail", -1),
    ],
)
def test_status_and_score_by_direction(value, target, floor, direction, status, share):
    assert status_of(value, target, floor, direction) == status
    assert share_of_way(value, target, floor, direction) == share


def test_scores_are_exact_so_that_a_band_does_not_hang_on_float_noise():
    plan = Plan.load({"name": "b", "indicators": {"AC-12": {"target": 1.0, "floor": 0.0}}, "pass_score": 0})
    for value, letter in ((0.95, "A"), (0.9, "B"), (0.8, "C"), (0.6, "D"), (0.5999999999999999, "E"), (0.9499999999999998, "B")):
        got = verdict(plan, [result("AC-12", value, plan=plan)]).verdict
        assert (got.band, got.status) == (letter, "passed")
    assert [band(x) for x in (95, 90, 80, 60, 0)] == list("ABCDE")


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 6))
def test_a_shown_number_stays_on_its_side_of_the_threshold(value, limit, digits):
    text = float(shown(value, limit, digits=digits))
    assert (text < limit) == (value < limit)
    assert (text > limit) == (value > limit)


def test_weights_make_the_dimension_mean_and_dimensions_the_whole():
    said = {
        "CM-11": {"target": 1.0, "floor": 0.0},
        "CM-02": {"target": 1.0, "floor": 0.0, "weight": 3},
        "AC-12": {"target": 1.0, "floor": 0.0},
    }
    plan = Plan.load({"name": "w", "indicators": said, "dimensions": {"accuracy": 2}})
    got = verdict(plan, [result("CM-11", 0.5, plan=plan), result("CM-02", 0.9, plan=plan), result("AC-12", 0.6, plan=plan)])
    assert {d.id: d.score for d in got.dimensions} == {"completeness": 80.0, "accuracy": 60.0}
    assert got.verdict.score == float(Fraction(80 + 2 * 60, 3))


def test_not_evaluated_does_not_count_as_zero_or_full_in_a_dimension():
    dims = {d.id: d for d in verdict(PLAN, results(AC_11=None, AC_12=0.95, CM_11=None)).dimensions}
    assert (dims["accuracy"].score, dims["accuracy"].evaluated, dims["accuracy"].applicable) == (100.0, 1, 2)
    assert (dims["completeness"].score, dims["completeness"].status) == (None, "not_evaluated")


def test_a_typed_in_status_is_not_believed():
    forged = [r.model_copy(update={"status": "pass", "value": 0.5}) if r.id == "LG-02" else r for r in results()]
    assert verdict(PLAN, forged).verdict.status == "not_passed"


def test_tc609_view_scores_by_code_and_lists_what_the_plan_does_not_map():
    view = verdict(PLAN, results(CM_11=0.7)).views["tc609"]
    two = next(d for d in view["dimensions"] if d["id"] == "02")
    codes = {c["code"]: c for c in two["codes"]}
    assert codes["0208"]["indicators"] == ["AC-11", "AC-12", "CM-11"]
    assert codes["0208"]["score"] == pytest.approx((100 + 100 + 50) / 3)
    assert codes["0203"]["status"] == "not_in_plan"
    assert (two["passed"], view["pass_line"]) == (False, 90)
    assert "not a statement of conformity" in view["note"]


def test_a_tc609_dimension_passes_at_exactly_90():
    plan = Plan.load({"name": "n", "indicators": {"AC-12": {"target": 1.0, "floor": 0.0}}})
    for value, passed in ((0.9, True), (0.8999999999999999, False)):
        dims = verdict(plan, [result("AC-12", value, plan=plan)]).views["tc609"]["dimensions"]
        assert [d["passed"] for d in dims] == [None, passed, None]


def test_tc609_view_scores_each_documentation_code_by_its_own_aspects():
    plan = Plan.load({"name": "d", "indicators": {"CM-04": {"target": 1.0, "floor": 0.0}}})
    card = dict.fromkeys(("modality", "distribution", "labels", "samples"), "said")
    got = assess(plan, Tables([row("a")], facts={"card": card}))
    one = got.views["tc609"]["dimensions"][0]
    assert {c["code"]: c["score"] for c in one["codes"]} == {"0101": 60.0, "0102": 80.0, "0103": 0.0, "0104": 0.0}
    assert (one["score"], one["passed"], got.indicators[0].value) == (35.0, False, 0.35)


VALUE = st.one_of(st.none(), st.just("n/a"), st.floats(0, 1))
IDS = sorted(Plan.load("pretrain-text").indicators)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUE, min_size=len(IDS), max_size=len(IDS)), st.randoms())
def test_the_stored_json_gives_the_same_verdict_again(values, rng):
    plan = Plan.load("pretrain-text")
    rows = []
    for id, value in zip(IDS, values, strict=True):
        status = {None: "not_evaluated", "n/a": "not_applicable"}.get(value, "pass")
        rows.append(result(id, value if status == "pass" else None, status, plan))
    first = verdict(plan, rows)
    rng.shuffle(rows)
    stored = json.loads(json.dumps([r.model_dump(mode="json") for r in rows]))
    assert verdict(Plan.load(json.loads(plan.model_dump_json())), stored) == first
    if any(g.status == "fail" for g in first.verdict.gates):
        assert first.verdict.status == "not_passed"
    elif any(g.status == "held" for g in first.verdict.gates) or exact(first.verdict.coverage) < exact(0.8):
        assert first.verdict.status == "no_verdict"


def test_an_assessment_recomputes_from_its_own_json_alone():
    rows = [row(f"r{i}", text_language="zh" if i % 3 else "en", text_pii_count=int(i == 4)) for i in range(30)]
    got = assess(Plan.load("pretrain-text"), Tables(rows))
    stored = json.loads(json.dumps(got.model_dump(mode="json"), ensure_ascii=False))
    assert set(stored) == {"plan", "verdict", "dimensions", "indicators", "views", "rows", "seconds"}
    plan = Plan.load(stored["plan"]["said"])
    assert plan.digest() == stored["plan"]["digest"]
    again = verdict(plan, stored["indicators"])
    assert again.verdict.model_dump(mode="json") == stored["verdict"]
    assert [d.model_dump(mode="json") for d in again.dimensions] == stored["dimensions"]
    assert again.views == stored["views"]
    assert stored["verdict"]["status"] == "not_passed"
    assert [g["id"] for g in stored["verdict"]["gates"] if g["status"] == "fail"] == ["LG-02"]


def test_every_dimension_of_a_plan_is_judged():
    got = verdict(Plan.load("pretrain-text"), [])
    assert {d.id for d in got.dimensions} == {d.id for d in load().dimensions}
    assert got.verdict.coverage == 0
