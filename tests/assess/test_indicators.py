"""Golden values of every computation on hand-made tables, and planted defects."""

from __future__ import annotations

import random

import pytest

from assess.tables import FACTS, RUN, Tables, row
from zhuoyu.assess.indicators import CAP, smallest_sample, wilson
from zhuoyu.assess.indicators_facts import documented
from zhuoyu.assess.indicators_rows import known_license
from zhuoyu.assess.plan import Plan
from zhuoyu.assess.static import assess
from zhuoyu.errors import SpecError

REJECTED = {"_reason": "x", "_found": None}


def ask(data: Tables, id: str, **entry):
    """The result of one indicator alone."""
    plan = Plan.load({"name": "one", "indicators": {id: entry}})
    return assess(plan, data).indicators[0]


def ten(**column):
    """Ten rows; each column's list says its values."""
    return [row(f"r{i}", **{k: v[i] for k, v in column.items()}) for i in range(10)]


GOLDEN = [
    # id, entry, rows, rejected, value, n_evaluated, n_failed, n_null, failed ids
    ("CM-11", {}, ten(text_ends_terminal=[True] * 7 + [False, False, None]), [], 7 / 9, 9, 2, 1, ["r7", "r8"]),
    ("CM-11", {"params": {"at_least": 50}}, ten(text_chars=[10, 50] + [99] * 8), [], 0.9, 10, 1, 0, ["r0"]),
    ("CM-02", {}, ten(text=["x"] * 6 + [None, "", " \n", "x"]), [], 0.7, 10, 3, 0, ["r6", "r7", "r8"]),
    ("CF-02", {}, ten(), [row("z", **REJECTED, _step=-1), row("y", **REJECTED, _step=0)], 11 / 12, 12, 1, 0, ["z"]),
    ("AC-11", {}, ten(text_duplicate_of=["r9", "r9"] + [None] * 8), [], 0.8, 10, 2, 0, ["r0", "r1"]),
    (
        "AC-10",
        {},
        ten(),
        [  # rejected before rows were compared: unknown; after: no duplicate; as a duplicate
            row("a", **REJECTED, _step=1),
            row("b", **REJECTED, _step=2, text_exact_duplicate_of="r1"),
            row("c", **REJECTED, _step=5),
        ],
        11 / 12,
        12,
        1,
        1,
        ["b"],
    ),
    ("AC-12", {}, ten(text_words=[49, 50] + [60] * 8, text_language=["en"] * 9 + ["de"]), [], 8 / 9, 9, 1, 0, ["r0"]),
    ("AC-12", {}, ten(text_words=[1] * 10, text_language=["zh"] * 10, text_chars=[4, 5] + [9] * 8), [], 0.9, 10, 1, 0, ["r0"]),
    (
        "LG-05",
        {},
        ten(_license=["MIT", "Apache-2.0 OR MIT", None, "unknown", "NOASSERTION"] + ["MIT"] * 5),
        [],
        0.7,
        10,
        3,
        0,
        ["r2", "r3", "r4"],
    ),
    ("LG-05", {"params": {"allowed": ["MIT"]}}, ten(_license=["MIT"] * 9 + ["GPL-3.0-only"]), [], 0.9, 10, 1, 0, ["r9"]),
    (
        "AU-01",
        {},
        ten(_origin=[{"source": "?", "uri": "u"}, {"source": "docs"}] + [{"source": "web", "uri": "u"}] * 8),
        [],
        0.8,
        10,
        2,
        0,
        ["r0", "r1"],
    ),
    ("AU-02", {}, ten(_batch=["b1"] * 9 + ["b2"]), [], 0.9, 10, 1, 0, ["r9"]),
    (
        "AU-05",
        {},
        ten(_synthetic=[{"generator": "g", "prompt": "p", "seed": "1"}, {"generator": "g"}] + [None] * 8),
        [],
        0.5,
        2,
        1,
        0,
        ["r1"],
    ),
    (
        "LG-03",
        {},
        ten(_cells=[[{"how": "masked"}, {"how": "corrected"}, {"how": "masked"}]] + [[]] * 9, text_pii_count=[0, 1] + [0] * 8),
        [],
        2 / 3,
        3,
        1,
        0,
        ["r1"],
    ),
    ("DV-02", {"columns": {"by": ["text_language"]}}, ten(text_language=["en", "zh"] * 5), [], 1.0, 10, 0, 0, []),
    ("CM-06", {"params": {"required": 40}}, ten(), [], 0.25, 10, 0, 0, []),
    ("CM-06", {"params": {"required": 5, "slices": {"zh": 4}}}, ten(text_language=["zh"] * 2 + ["en"] * 8), [], 0.5, 10, 0, 0, []),
    (
        "LG-06",
        {"params": {"min_rows": 2}},
        ten(text_pii_count=[1] + [0] * 9, _origin=[{"source": "web"}] * 2 + [{"source": "docs"}] * 8),
        [],
        0.5,
        10,
        1,
        0,
        ["r0"],
    ),
]


@pytest.mark.parametrize(("id", "entry", "kept", "rejected", "value", "n", "failed", "null", "ids"), GOLDEN)
def test_golden(id, entry, kept, rejected, value, n, failed, null, ids):
    got = ask(Tables(kept, rejected), id, **{"gate": False, "target": 0.99, "floor": 0.0, **entry} if id != "LG-06" else entry)
    assert (got.value, got.n_evaluated, got.n_failed, got.n_null, got.failed_row_ids) == (value, n, failed, null, ids)


def test_every_indicator_but_those_of_facts_has_a_golden_value():
    from zhuoyu.assess.catalogue import load
    from zhuoyu.assess.static import functions

    row_based = {i.id for i in load().indicators.values() if functions()[i.compute][0] != "facts"}
    tested_below = {"LG-02", "DV-06"}
    assert row_based == {g[0] for g in GOLDEN} | tested_below


@pytest.mark.parametrize("column", ["text_pii_count", "text_pii_suspect"])
@pytest.mark.parametrize("k", [1, 3, CAP, CAP + 5])
def test_planted_residual_pii_fails_the_gate_and_names_exactly_those_rows(column, k):
    rng = random.Random(k)
    rows = [row(f"r{i:04}") for i in range(1000)]
    planted = sorted(rng.sample(range(1000), k))
    for i in planted:
        rows[i][column] = rng.randint(1, 4)
    rng.shuffle(rows)
    got = ask(Tables(rows), "LG-02")
    assert (got.status, got.n_failed, got.value) == ("fail", k, (1000 - k) / 1000)
    assert got.failed_row_ids == [f"r{i:04}" for i in planted][:CAP]


def test_failures_are_told_apart_by_detector_field_and_rule():
    pii = ask(Tables(ten(text_pii_count=[1] + [0] * 9, text_pii_suspect=[2, 1, 1] + [0] * 7)), "LG-02")
    assert (pii.n_failed, pii.detail["failed_by"]) == (3, {"text_pii_suspect": 3, "text_pii_count": 1})
    empty = ask(Tables(ten(text=[" "] * 2 + ["x"] * 8)), "CM-02")
    assert empty.detail["failed_by"] == {"text": 2, "_id": 0, "_origin": 0}


def test_a_clean_version_passes_residual_pii_and_rows_without_text_are_not_applicable():
    got = ask(Tables([*ten(), row("n", text=None, text_chars=None, text_pii_count=None, text_pii_suspect=None)]), "LG-02")
    assert (got.status, got.value, got.n_evaluated, got.n_null) == ("pass", 1.0, 10, 0)
    assert got.detail["not_applicable_rows"] == 1


def test_a_gate_with_unmeasured_rows_is_not_evaluated_but_one_that_fails_anyway_fails():
    held = ask(Tables(ten(text_pii_count=[None] + [0] * 9)), "LG-02")
    assert (held.status, held.value, held.n_null) == ("not_evaluated", None, 1)
    assert "null in 1" in held.reason.en
    assert ask(Tables(ten(text_pii_count=[None, 2] + [0] * 8)), "LG-02").status == "fail"


def test_a_gate_that_could_not_read_every_row_is_not_evaluated():
    got = ask(Tables(ten(), hidden=3), "LG-02")
    assert (got.status, got.value) == ("not_evaluated", None)
    assert "7 of 10" in got.reason.en


def test_a_gate_that_applies_to_no_row_it_could_read_is_not_evaluated_either():
    assert ask(Tables(ten(), hidden=1), "AU-05").status == "not_evaluated"


def test_rows_are_uncompared_up_to_the_relate_that_wrote_the_column():
    steps = [{"index": i, "text": t, "kind": "relate"} for i, t in ((1, "relate.exact_duplicates"), (4, "relate.near_duplicates"))]
    data = Tables(ten(), [row("z", **REJECTED, _step=3)], facts={"run": {"steps": steps}})
    assert ask(data, "AC-10").n_evaluated == 11
    assert ask(data, "AC-11", population="input").n_evaluated == 10
    steps.append({"index": 6, "text": "relate.exact_duplicates", "kind": "relate"})
    assert ask(data, "AC-10").n_evaluated == 10
    unknown = Tables(ten(), [row("z", **REJECTED, _step=3)], facts={})
    assert ask(unknown, "AC-10").n_evaluated == 10


def test_null_measures_are_excluded_and_stated_and_all_null_is_not_evaluated():
    some = ask(Tables(ten(text_ends_terminal=[None] * 3 + [True] * 7)), "CM-11")
    assert (some.value, some.n_evaluated, some.n_null, some.reason.en) == (1.0, 7, 3, "3 rows have no value and were not evaluated")
    none = ask(Tables(ten(text_ends_terminal=[None] * 10)), "CM-11")
    assert (none.status, none.value) == ("not_evaluated", None)


@pytest.mark.parametrize(
    ("id", "data"),
    [
        ("LG-02", Tables(ten(), without=("text_pii_suspect",))),
        ("AU-04", Tables(ten(), facts={})),
        ("AU-01", Tables(ten(), facts={"run": RUN})),
        ("LG-01", Tables(ten())),
        ("CM-06", Tables(ten())),
        ("CM-11", Tables([row("a", text_chars=None, text_ends_terminal=None)])),
    ],
)
def test_what_cannot_run_is_not_evaluated_with_reason_and_fix_never_a_one(id, data):
    got = ask(data, id)
    assert (got.status, got.value) == ("not_evaluated", None)
    assert got.reason.en
    assert got.reason.zh
    assert got.fix.en
    assert got.fix.zh


@pytest.mark.parametrize("id", ["AU-05", "LG-03", "AC-12", "DV-02"])
def test_what_applies_to_no_row_is_not_applicable(id):
    got = ask(Tables([row(f"r{i}", text_language="de") for i in range(3)]), id)
    assert (got.status, got.value, got.fix) == ("not_applicable", None, None)


def test_an_indicator_of_another_modality_is_not_applicable():
    plan = Plan.load({"name": "x", "modality": "image", "indicators": {"CM-11": {}}})
    assert assess(plan, Tables(ten())).indicators[0].status == "not_applicable"


def test_integrity_reads_the_verification_and_names_changed_rows():
    assert ask(Tables(ten()), "AU-04").status == "pass"
    bad = ask(Tables(ten(), facts={"verification": {"status": "changed", "rows": 10, "changed": ["r2", "r1"]}}), "AU-04")
    assert (bad.status, bad.value, bad.failed_row_ids) == ("fail", 0.0, ["r1", "r2"])
    assert ask(Tables(ten(), facts={"verification": {"status": "ok", "log": "broken"}}), "AU-04").status == "fail"


def test_documentation_counts_aspects_with_content_only():
    facts = {**FACTS, "card": {"limitations": "English only", "support": " TBD ", "labels": ""}}
    got = ask(Tables(ten(), facts=facts), "CM-04")
    assert got.n_evaluated == 20
    assert got.value == (20 - got.n_failed) / 20
    assert "limitations" in got.detail["met"]["0102"]
    assert {"support", "access"} <= set(got.detail["missing"]["0101"])
    assert "labels" in got.detail["missing"]["0102"]
    assert documented.__doc__


def test_a_stated_licence_documents_and_a_pointer_to_metadata_does_not():
    for license, met in (("from_metadata", False), ("PSF-2.0", True)):
        facts = {"run": {}, "recipe": {"source": [{"read": "x", "license": license}]}}
        got = ask(Tables(ten(), facts=facts), "CM-04")
        assert ("license" in got.detail["met"].get("0104", ())) is met


def test_rows_without_an_origin_are_neither_traceable_nor_linked_but_a_child_is_linked_by_its_parent():
    rows = [row("a", _origin=None), row("b", _origin=None, _parents=["a"]), row("c", _origin=None, _synthetic={"generator": "g"}), row("d")]
    assert ask(Tables(rows), "AU-01").failed_row_ids == ["a", "b"]
    assert ask(Tables(rows), "AU-02").failed_row_ids == ["a", "c"]


def test_distinct_n_is_low_for_templates_and_does_not_depend_on_order():
    rng = random.Random(3)
    varied = [row(f"r{i:03}", text=" ".join(f"w{rng.randrange(10**6)}" for _ in range(50))) for i in range(100)]
    same = [row(f"r{i:03}", text="the same words in every row of it") for i in range(100)]
    high, low = ask(Tables(varied), "DV-06"), ask(Tables(same), "DV-06")
    assert high.value > 0.9
    assert low.value == 6 / 600
    varied = [r | {"text": r["text"] if i % 2 else "again " * 50} for i, r in enumerate(varied[:50])] + varied[50:]
    shuffled = random.Random(1).sample(varied, 100)
    small = {"params": {"tokens": 1000, "tokens_per_row": 50}}
    assert ask(Tables(varied), "DV-06", **small).value == ask(Tables(shuffled, batch=3), "DV-06", **small).value
    assert ask(Tables(varied), "DV-06", **small).n_evaluated == 20


def test_distinct_n_counts_chinese_characters_as_tokens():
    got = ask(Tables([row("a", text="玉不琢不成器")]), "DV-06", params={"n": 2})
    assert (got.value, got.detail["tokens"]) == (1.0, 6)


def test_a_rule_set_of_a_plan_is_conditions_on_the_plan_s_columns():
    rules = {"name": "mine", "all": [{"keep": "text_words >= 50 or text_chars >= 400", "when": "text_language = 'en'"}]}
    plan = Plan.load({"name": "x", "on": {"text": "text"}, "indicators": {"AC-12": {"params": {"rules": rules}}}})
    rows = ten(text_words=[1, 1] + [60] * 7 + [None], text_chars=[500] + [9] * 9, text_language=["en"] * 8 + [None, "en"])
    got = assess(plan, Tables(rows)).indicators[0]
    assert (got.n_evaluated, got.failed_row_ids, got.n_null, got.detail) == (
        8,
        ["r1"],
        1,
        {"not_applicable_rows": 1, "failed_by": {"text_words >= 50 or text_chars >= 400 when text_language = 'en'": 1}},
    )
    assert got.columns == ["text_chars", "text_language", "text_words"]
    wrong = {"name": "mine", "all": [{"keep": "text_language >= 50"}]}
    said = ask(Tables(rows), "AC-12", params={"rules": wrong})
    assert said.status == "not_evaluated"
    assert "text_language" in said.reason.en


def test_facts_may_be_a_run_record_as_it_stands():
    flat = {**RUN, "run": "r-1", "recipe": "dataset: d\nmodality: text\n", "verification": {"status": "ok"}}
    data = Tables(ten(), facts=flat)
    assert ask(data, "AU-04").status == ask(data, "AU-01").status == ask(data, "AU-02").status == "pass"
    assert "modality" in ask(data, "CM-04").detail["met"]["0102"]


def test_batches_and_order_change_nothing_but_the_seconds():
    rng = random.Random(5)
    rows = [row(f"r{i:03}", text_pii_count=int(i % 9 == 0), text_language=rng.choice(["en", "zh"])) for i in range(200)]
    plan = Plan.load("pretrain-text")

    def plain(data):
        return [r.model_dump(exclude={"seconds"}) for r in assess(plan, data).indicators]

    once = plain(Tables(rows, batch=200))
    assert once == plain(Tables(rng.sample(rows, 200), batch=11))


def test_one_scan_of_kept_one_of_rejected_with_only_the_columns_needed():
    data = Tables(ten(), [row("z", **REJECTED, _step=-1)])
    assess(Plan.load({"name": "x", "indicators": {"CF-02": {}, "CM-11": {}, "LG-05": {}}}), data)
    assert data.asked == [(False, ("_id", "_license", "text_chars", "text_ends_terminal")), (True, ("_id", "_step"))]


def test_an_empty_version_gets_no_ones():
    got = assess(Plan.load("first-look"), Tables([]))
    assert {r.value for r in got.indicators} == {None}
    assert got.verdict.status == "no_verdict"


PUBLISHED = [  # Newcombe 1998, Statistics in Medicine 17, table I, method 3; the same from statsmodels' proportion_confint(method="wilson")
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("ok", "n", "low", "high"), PUBLISHED)
def test_wilson_against_published_intervals(ok, n, low, high):
    got = wilson(ok, n)
    assert (round(got.low, 4), round(got.high, 4)) == (low, high)


def test_189_rows_without_an_error_are_needed_for_98_per_cent():
    assert smallest_sample(0.98) == 189
    assert wilson(188, 188).low < 0.98 <= wilson(189, 189).low
    assert smallest_sample(1.0) is None
    with pytest.raises(SpecError, match="n > 0"):
        wilson(0, 0)


def test_a_sampled_indicator_has_an_interval_and_lower_judges_by_its_worse_end():
    rows = [row(f"r{i:04}") for i in range(2000)]
    by = {"name": "s", "sample": 0.1, "indicators": {"CM-11": {"target": 0.99, "floor": 0.5}, "LG-02": {}}}
    text, pii = assess(Plan.load(by), Tables(rows)).indicators
    assert (text.method, text.status) == ("sample", "pass")
    assert 150 < text.n_evaluated < 250
    assert (text.interval.high, text.interval.low) == (1.0, wilson(text.n_evaluated, text.n_evaluated).low)
    assert (pii.method, pii.n_evaluated, pii.interval) == ("census", 2000, None)  # gates read every row
    assert assess(Plan.load({**by, "by": "lower"}), Tables(rows)).indicators[0].status == "warn"
    assert Plan.load({**by, "by": "lower"}).samples_needed() == {"CM-11": smallest_sample(0.99)}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("MIT", True),
        ("Apache-2.0 OR MIT", True),
        ("(MIT AND BSD-3-Clause) OR 0BSD", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
    ]
    + [(n, False) for n in (None, "", "unknown", "NOASSERTION", "see file", "MIT or so", "UNKNOWN")],
)
def test_known_licences(name, known):
    assert known_license(name) is known
