from __future__ import annotations

import pytest

from zhuoyu.ops.text.convert_chinese import ConvertChinese

CASES = [
    ("t2s", "漢語 and 後面\x00皇后", "汉语 and 后面\x00皇后"),
    ("s2t", "头发和发展，干净与干部", "頭髮和發展，乾淨與幹部"),
    ("s2tw", "里面", "裡面"),
    ("s2twp", "软件和鼠标", "軟體和滑鼠"),
    ("s2hk", "里面", "裏面"),
    ("tw2s", "滑鼠裡", "滑鼠里"),
    ("tw2sp", "滑鼠裡的軟體", "鼠标里的软件"),
    ("hk2s", "裏面", "里面"),
    ("t2tw", "裏面", "裡面"),
    ("t2s", "𠮷野家 🎉 emoji", "𠮷野家 🎉 emoji"),
    ("t2s", "no Han", "no Han"),
    ("t2s", "", ""),
    ("t2s", None, None),
]


@pytest.mark.parametrize(("config", "text", "converted"), CASES)
def test_golden(config: str, text: str | None, converted: str | None) -> None:
    assert ConvertChinese(config=config).on({"text": [text, "z"]}) == [converted, "z"]


def test_simplified_text_survives_the_way_there_and_back() -> None:
    said = ["这个酒店的服务很好，房间干净，早餐也丰富。", "头发白了以后，皇后在后面发展农业。", "计算机里的软件"]
    for there, back in (("s2t", "t2s"), ("s2tw", "tw2s"), ("s2hk", "hk2s"), ("s2twp", "tw2sp")):
        assert ConvertChinese(config=back).on({"text": ConvertChinese(config=there).on({"text": said})}) == said, there
