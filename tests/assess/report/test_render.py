"""The page: one file, two languages, nothing from outside, nothing rounded across a threshold, every status its own sign."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import pytest

from assess.report import kit
from assess.tables import FACTS, Tables, row
from zhuoyu.assess import report
from zhuoyu.assess.plan import Plan
from zhuoyu.assess.report import charts, numbers, words
from zhuoyu.assess.static import assess

VOID = {"meta", "br", "link", "img", "input", "hr", "col"}


@pytest.fixture(scope="module")
def facts():
    data = kit.tables()
    return report.gather(data, kit.record(data), kit.assessment("not_passed"), kit.masked) | {"fingerprint": "ed25519 3f:9c"}


@pytest.fixture(scope="module")
def page(facts):
    return report.render(facts)


def passed(facts):
    return facts | {"assessment": kit.assessment("passed")}


class Outline(HTMLParser):
    """Checks nesting, collects attributes and the text of each language."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.ids = [], [], []
        self.text = {"en": "", "zh-Hans": "", None: ""}

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.seen.append((tag, said))
        if "id" in said:
            self.ids.append(said["id"])
        if tag not in VOID:
            self.open.append((tag, said.get("lang") if "l" in (said.get("class") or "").split() else None))

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, (tag, self.getpos())

    def handle_data(self, data):
        if not any(t in ("script", "style") for t, _ in self.open):
            self.text[next((k for _, k in reversed(self.open) if k), None)] += data


def outline(page):
    parsed = Outline()
    parsed.feed(page)
    assert not parsed.open
    return parsed


def shown(page, language):
    """What a reader of LANGUAGE sees."""
    other = {"en": "zh-Hans", "zh": "en"}[language]
    plain = re.sub(rf'<span class="l" lang="{other}">.*?</span>', "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", plain.split("<main", 1)[1])


def test_one_small_file_that_asks_for_nothing(page):
    assert len(page.encode()) < 2_000_000
    found = outline(page)
    for tag, attrs in found.seen:
        assert not {"src", "srcset", "action", "style", "data", "poster"} & set(attrs), (tag, attrs)
        assert not any(k.startswith("on") for k in attrs)
        assert attrs.get("href", "#").startswith("#")
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_the_policy_names_exactly_the_inline_parts(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_landmarks_headings_and_names(page):
    found = outline(page)
    assert len(found.ids) == len(set(found.ids))
    tags = [t for t, _ in found.seen]
    assert tags.count("h1") == tags.count("main") == tags.count("footer") == 1
    targets = {a["href"][1:] for t, a in found.seen if t == "a"}
    assert targets <= set(found.ids)
    for tag, attrs in found.seen:
        if attrs.get("role") == "img":
            assert attrs["aria-label"]
        if tag == "section":
            assert attrs["aria-labelledby"] in found.ids


def test_sections_stand_in_the_order_of_the_questions(page):
    order = re.findall(r'<section id="(\w+)"', page)
    assert order == ["in", "cut", "before", "dups", "personal", "verdict", "not", "again"]


def test_the_finding_is_the_title(facts, page):
    n, k = facts["rows"]["read"], facts["rows"]["kept"]
    good = report.render(passed(facts))
    assert f"{n:,} documents came in. {k:,} are worth training on." in " ".join(shown(good, "en").split())
    assert f"{k:,} 篇值得用来训练。" in shown(good, "zh")
    assert "worth training" not in page
    assert "1 gate fails: Residual personal data." in shown(page, "en")
    assert "1 项门槛未过：个人信息残留。" in shown(page, "zh")


def test_both_languages_say_everything(page):
    found = outline(page)
    han = re.compile(r"[\u4e00-\u9fff]")
    assert not han.search(found.text["en"])
    assert len(han.findall(found.text["zh-Hans"])) > 300
    for key, pair in words.words().items():
        assert set(pair) == {"en", "zh"}, key
        slots = [{m[1] for m in words._SLOT.finditer(pair[k])} for k in ("en", "zh")]
        assert slots[0] == slots[1], key


def test_every_word_is_used():
    source = "".join(words.files("zhuoyu.assess.report").joinpath(f).read_text("utf-8") for f in ("template.html.j2", "views.py"))
    families = ("measure_", "kind_", "skip_", "status_", "theme_", "documents_", "rows_")
    lost = [k for k in words.words() if f'"{k}"' not in source and not k.startswith(families)]
    assert not lost


def test_which_language_comes_first_is_the_facts(facts):
    assert '<html lang="zh-Hans" data-theme="auto">' in report.render(facts | {"language": "zh"})
    assert '<html lang="en" data-theme="dark">' in report.render(facts | {"theme": "dark"})


def test_every_status_has_its_sign_its_mark_and_its_word(page):
    for status, word in (("pass", "pass"), ("warn", "below target"), ("fail", "fail"), ("not_evaluated", "not evaluated")):
        assert f'class="sign s-{status}"' in page
        assert f"interval s-{status}" in page
        assert word in shown(page, "en")
    assert "interval s-not_applicable" in page
    for shape in ("<circle", "m-warn", "m-fail"):
        assert shape in page
    assert "it needs a reference model, and none is installed" in shown(page, "en")
    assert "办法：安装后再运行一次" in shown(page, "zh")


def test_nothing_is_rounded_across_a_threshold(page):
    said = shown(page, "en")
    assert "0.9997" in said
    assert "7 rows fail" in said
    assert "score 89.99999" in said
    assert numbers.exact(0.99999999, [1.0]) == "0.99999999"


def test_licences_that_nobody_named_say_so(page):
    assert "the package metadata names no licence" in shown(page, "en")
    assert "包元数据未写明许可" in shown(page, "zh")


def test_no_personal_datum_reaches_the_page(page):
    assert kit.EMAIL not in page
    assert kit.PHONE not in page
    assert "not shown" not in page
    assert "/home/somebody" not in page


def test_what_the_rows_hold_is_text_not_markup(facts):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    cuts = [
        facts["cuts"][0]
        | {"because": evil, "examples": [{"reason": evil, "count": 1, "rows": [{"id": evil, "uri": evil, "found": evil, "excerpt": evil}]}]}
    ]
    page = report.render(facts | {"cuts": cuts, "version": evil, "fingerprint": evil})
    assert "<script>alert" not in page
    assert "<img" not in page
    outline(page)


@pytest.mark.parametrize(
    "part", ["record", "assessment", "sources", "cuts", "measures", "categories", "duplicates", "masked", "batches", "rows", "fingerprint"]
)
def test_a_missing_part_is_a_sentence_not_an_error(facts, part):
    outline(report.render({k: v for k, v in facts.items() if k != part}))


def test_nothing_but_a_version_is_still_a_page():
    page = report.render({"version": "docs@1", "language": "zh"})
    assert "未质检" in shown(page, "zh")
    assert "Not assessed" in shown(page, "en")


def test_a_real_assessment_is_shown_whole():
    data = Tables(
        [row(f"r{n}", _license=None if n else "MIT") for n in range(8)], [row("x1", _step=0, _reason="short", _found="text_words = 3")]
    )
    result = assess(Plan.load("pretrain-text"), data).to_json()
    facts = report.gather(data, FACTS["run"] | {"version": "docs@1"}, result, kit.masked)
    page = report.render(facts)
    outline(page)
    for one in result["indicators"]:
        assert one["id"] in shown(page, "en")
        assert one["en"] in html.unescape(shown(page, "en"))
    for gate in result["verdict"]["gates"]:
        assert gate["zh"] in shown(page, "zh")


STATUSES = [
    # verdict, English, Chinese
    ({"status": "no_verdict", "coverage": 0.4}, "Too little was evaluated for a verdict.", "已评部分太少，不下结论。"),
    ({"status": "no_verdict", "gates": [{"id": "G", "en": "Safety", "zh": "安全", "status": "held"}]},
     "1 gate was not evaluated: Safety.", "1 项门槛未评：安全。"),
    ({"status": "not_passed", "score": 59.99999, "gates": []}, "The score is too low.", "得分太低。"),
    ({"status": "not_passed", "gates": [{"id": f"G{n}", "en": f"G{n}", "zh": f"门{n}", "status": "fail"} for n in range(5)]},
     "5 gates fail: G0, G1, G2 and 2 more.", "5 项门槛未过：门0、门1、门2 等，另 2 项。"),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "en", "zh"), STATUSES)
def test_a_held_version_says_what_holds_it(facts, verdict, en, zh):
    page = report.render(facts | {"assessment": {"verdict": verdict}})
    assert en in shown(page, "en")
    assert zh in shown(page, "zh")
    assert "worth training" not in page


PLACES = [
    # value, target, floor, direction, lowest and highest place
    (1.0, 1.0, 1.0, "high", 72, 72),
    (0.9999, 1.0, 1.0, "high", 3, 26),
    (0.85, 0.9, 0.8, "high", 49, 49),
    (0.95, 0.9, 0.8, "high", 73, 97),
    (0.0, 0.0, 0.0, "low", 72, 72),
    (0.6, 0.5, 0.7, "low", 48, 50),
    (0.9, 0.5, 0.7, "low", 3, 26),
    (5.0, (2.0, 8.0), (1.0, 9.0), "range", 80, 90),
    (1.5, (2.0, 8.0), (1.0, 9.0), "range", 48, 50),
    (8.5, (2.0, 8.0), (1.0, 9.0), "range", 48, 50),
    (20.0, (2.0, 8.0), (1.0, 9.0), "range", 3, 26),
]


@pytest.mark.parametrize(("value", "target", "floor", "direction", "low", "high"), PLACES)
def test_floor_and_target_stand_at_the_same_place(value, target, floor, direction, low, high):
    assert low <= round(charts.place(value, target, floor, direction), 6) <= high


def test_a_waterfall_bar_is_on_one_scale():
    bar = charts.kept_bar(25, 50, 100)
    assert 'width="25%"' in bar
    assert 'x="25%" y="0" width="25%"' in bar
    assert "stone" not in charts.kept_bar(50, 50, 100)


def test_the_tokens_are_the_ones_of_the_interface():
    tokens = words.files("zhuoyu.assess.report").joinpath("tokens.css").read_text("utf-8")
    dark = re.search(r'\[data-theme="dark"\] \{(.*?)\}', tokens, re.DOTALL)[1]
    auto = re.search(r'\[data-theme="auto"\] \{(.*?)\}', tokens, re.DOTALL)[1]
    assert dark.split() == auto.split()
    style = words.files("zhuoyu.assess.report").joinpath("style.css").read_text("utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", style) in ([], ["#fff"])


def test_a_word_is_written_once():
    lines = words.files("zhuoyu.assess.report").joinpath("words.yaml").read_text("utf-8").splitlines()
    keys = [m[1] for line in lines if (m := re.match(r"(\w+): ", line))]
    assert len(keys) == len(set(keys)) == len(words.words())
