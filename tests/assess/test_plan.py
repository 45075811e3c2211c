"""The catalogue's schema and the plan: presets, overrides, digest, columns, errors."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from zhuoyu.assess.catalogue import load, parse
from zhuoyu.assess.plan import Plan, presets, same_questions
from zhuoyu.assess.static import functions
from zhuoyu.assess.views import CODES
from zhuoyu.errors import SpecError
from zhuoyu.recipe.model import RulesStep
from zhuoyu.recipe.rules import expand

FILES = [f for f in (files("zhuoyu.assess") / "catalogue").iterdir() if f.name.endswith(".yaml")]


@pytest.mark.parametrize("indicator", load().indicators.values(), ids=lambda i: i.id)
def test_catalogue_entry(indicator):
    assert indicator.compute in functions()
    assert indicator.en.isascii()
    for words in (indicator.definition, indicator.fix):
        assert any("\u4e00" <= c <= "\u9fff" for c in words.zh)
    assert any("\u4e00" <= c <= "\u9fff" for c in indicator.zh)
    for code in indicator.sources:
        if code.startswith("TC609 "):
            assert code.removeprefix("TC609 ")[:4] in CODES
    if functions()[indicator.compute][0] != "facts":
        assert indicator.columns or indicator.content or indicator.params["rules"]


def test_each_file_is_one_dimension_and_ids_are_unique():
    ids = [e["id"] for f in FILES for e in yaml.safe_load(f.read_text("utf-8"))["indicators"]]
    assert len(ids) == len(set(ids)) == len(load().indicators)
    assert all(yaml.safe_load(f.read_text("utf-8"))["dimension"] == f.name.removesuffix(".yaml") for f in FILES)


def test_every_computation_is_used():
    inner = {"licensed"}  # what the fold of licences counts
    assert set(functions()) - inner == {i.compute for i in load().indicators.values()}


ENTRY = """
dimension: d
en: D
zh: 维
indicators:
  - &one {id: AA-01, en: x, zh: 某, modalities: [T], definition: {en: x, zh: 某}, target: 0.9, floor: 0.5, sources: [P], compute: filled,
          fix: {en: x, zh: 某}}
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENTRY + "  - *one\n", "AA-01 is there twice"),
        (ENTRY.replace("floor: 0.5", "floor: 0.95"), "not laxer than target"),
        (ENTRY.replace("floor: 0.5", "floor: 0.5, gate: true"), "a gate has one threshold"),
        (ENTRY.replace("zh: 某, modalities", "modalities"), "zh"),
        (ENTRY.replace("compute:", "computes:"), "computes"),
        (ENTRY.replace("AA-01", "A1"), "pattern"),
    ],
)
def test_a_wrong_catalogue_is_refused(text, says):
    with pytest.raises(SpecError, match=says):
        parse({"d.yaml": text})


def test_presets_load_and_first_look_holds_only_what_bytes_tell():
    assert presets() == ("first-look", "pretrain-text")
    look = Plan.load("first-look")
    assert look.label.zh
    assert not [e.indicator.id for e in look.entries if e.indicator.facts or functions()[e.indicator.compute][0] == "facts"]
    assert set(look.indicators) <= set(Plan.load("pretrain-text").indicators)


def test_columns_are_the_measures_and_follow_the_content_column():
    plan = Plan.load(
        {"name": "r", "on": {"text": "review"}, "indicators": {"LG-02": {}, "AC-12": {}, "DV-06": {}, "CM-02": {}, "AU-02": {}}}
    )
    assert plan.columns() == (
        "review_bullet_line_share",
        "review_chars",
        "review_dup_line_count_share",
        "review_dup_line_share",
        "review_ellipsis_line_share",
        "review_language",
        "review_mean_word_length",
        "review_pii_count",
        "review_pii_suspect",
        "review_words",
    )
    assert next(e for e in plan.entries if e.indicator.id == "DV-06").content == {"text": ("review",)}


def test_a_plan_over_a_preset_changes_and_leaves_out():
    plan = Plan.load({"name": "mine", "preset": "pretrain-text", "indicators": {"LG-01": None, "CM-11": {"target": 0.95}}})
    assert "LG-01" not in plan.indicators
    asked = {e.indicator.id: e for e in plan.entries}
    assert (asked["CM-11"].target, asked["CM-11"].floor) == (0.95, 0.5)
    assert (plan.name, asked["AC-10"].population) == ("mine", "kept")


def test_the_digest_covers_thresholds_parameters_weights_and_gates():
    base = {"name": "a", "indicators": {"CM-11": {}, "DV-02": {}}}
    digests = {
        Plan.load({**base, **change}).digest()
        for change in (
            {},
            {"by": "lower"},
            {"sample": 0.5},
            {"indicators": {"CM-11": {"target": 0.91}, "DV-02": {}}},
            {"indicators": {"CM-11": {"weight": 2}, "DV-02": {}}},
            {"indicators": {"CM-11": {"gate": True}, "DV-02": {}}},
            {"indicators": {"CM-11": {"params": {"at_least": 9}}, "DV-02": {}}},
            {"indicators": {"CM-11": {}}},
        )
    }
    assert len(digests) == 8
    assert same_questions(Plan.load(base), Plan.load({**base, "indicators": {"DV-02": {}, "CM-11": {}}}))
    assert same_questions(Plan.load("first-look"), Plan.load(Plan.load("first-look").model_dump()))


def test_a_plan_may_name_a_rule_set_of_the_recipe():
    plan = Plan.load({"name": "g", "on": {"text": "body"}, "indicators": {"AC-12": {"params": {"rules": "gopher_quality"}}}})
    asked = plan.entries[0]
    kept = [s.condition.text for s in expand(RulesStep(rules="gopher_quality"))]
    assert [r["keep"] for r in asked.params["rules"]["all"]] == kept
    assert "body_gopher_words" in asked.columns["rules"]


def test_a_plan_file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("preset: first-look\nindicators: {CM-11: {target: 0.8}}\n", "utf-8")
    assert Plan.load(path).indicators["CM-11"].target == 0.8
    assert Plan.load(str(path)).name == "first-look"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("pretrain-txt", "did you mean 'pretrain-text'"),
        ("no/such.yaml", "cannot be read"),
        ({"name": "x", "indicators": {"LG-22": {}}}, "there is no indicator 'LG-22'"),
        ({"name": "x", "indicators": {}}, "indicators"),
        ({"name": "x", "indicators": {"CM-11": {"tagret": 1}}}, "indicators.CM-11.tagret"),
        ({"name": "x", "indicators": {"CM-11": {"target": 0.5, "floor": 0.6}}}, "not laxer"),
        ({"name": "x", "indicators": {"LG-02": {"target": 1.0, "floor": 0.9}}}, "a gate has one threshold"),
        ({"name": "x", "indicators": {"CM-11": {"target": [0.1, 0.2]}}}, "not laxer"),
        ({"name": "x", "indicators": {"AC-12": {"params": {"rules": {"name": "r"}}}}}, "a rule set needs conditions"),
        ({"name": "x", "indicators": {"AC-12": {"params": {"rules": {"name": "r", "all": [{"keep": "text_words >"}]}}}}}, "text_words >"),
        ({"name": "x", "preset": "first-look", "indicators": {"AU-04": None}}, "cannot be left out"),
        ({"name": "x", "sample": 0, "indicators": {"CM-11": {}}}, "sample"),
    ],
)
def test_a_wrong_plan_is_refused_with_the_way_out(said, says):
    with pytest.raises(SpecError, match=says):
        Plan.load(said)
