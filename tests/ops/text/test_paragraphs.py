from __future__ import annotations

import pyarrow as pa
import pytest

from zhuoyu.ops.text.paragraphs import Paragraphs

CASES = [
    ("one\nline\n\ntwo", ["one\nline", "two"]),
    ("一段\n\n\n \n\u3000\n二段", ["一段", "二段"]),
    ("a\r\n\r\nb\r\nc", ["a", "b\r\nc"]),
    ("\n\n  a  \n\n", ["a"]),
    ("no break", ["no break"]),
    ("", []),
    (" \n\n \n", []),
    (None, []),
]


@pytest.mark.parametrize(("text", "paragraphs"), CASES)
def test_a_text_gives_its_paragraphs(text: str | None, paragraphs: list[str]) -> None:
    children = Paragraphs().run(pa.array([None, text, "z"], pa.large_string()))
    assert children.columns[0].to_pylist() == [*paragraphs, "z"]
    assert children.parent.to_pylist() == [1] * len(paragraphs) + [2]
    assert children.parent.type == pa.int64()
    assert children.columns[0].type == pa.large_string()


def test_short_paragraphs_can_be_left_out() -> None:
    children = Paragraphs(min_chars=3).run(pa.array(["ab\n\nabc\n\n三个字", "x"], pa.large_string()))
    assert children.columns[0].to_pylist() == ["abc", "三个字"]


def test_slices_name_the_rows_of_the_slice() -> None:
    whole = pa.array(["a\n\nb", None, "c\n\nd"], pa.large_string())
    assert Paragraphs().run(whole.slice(1)).parent.to_pylist() == [1, 1]
    assert Paragraphs().run(whole.slice(0, 0)).parent.to_pylist() == []
