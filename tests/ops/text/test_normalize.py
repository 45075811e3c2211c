from __future__ import annotations

import random
import unicodedata

import pyarrow as pa
import pytest

from zhuoyu.kernels.tidy import tidy
from zhuoyu.ops.text.normalize import Normalize

CASES = [
    ("a\r\nb\rc\x85d\u2028e\x0bf", "a\nb\nc\nd\ne\nf"),
    ("\ufeffa\u200bb\x00c\x1bd\u00ade", "abcde"),
    ("中文\u200b\ufeff 。\u3000\n好\xa0", "中文 。\n好"),
    ("a \t\nb\u2003\n", "a\nb\n"),
    ("a \u200b \n", "a\n"),
    ("  indented\n\ttab kept", "  indented\n\ttab kept"),
    ("a\n\n\n\n\nb\n\nc", "a\n\n\nb\n\nc"),
    ("a\n \n \n \n \nb", "a\n\n\nb"),
    ("\n\n\n\na", "\n\na"),
    ("cafe\u0301 \u212b", "café Å"),
    ("e\u200b\u0301", "é"),
    ("👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"),
    ("a\u200db \u200cc", "ab c"),
    ("\u202eevil\u2066x\u2069", "evilx"),
    ("", ""),
    (None, None),
]


@pytest.mark.parametrize(("text", "ordered"), CASES)
def test_white_space_and_invisible_characters_are_put_in_order(text: str | None, ordered: str | None) -> None:
    assert Normalize().on({"text": [text, "beside"]}) == [ordered, "beside"]


def test_nfkc_folds_what_only_looks_different() -> None:
    assert Normalize(form="NFKC").on({"text": ["ｆｕｌｌ１３８ ﬁ ²\u2003\nx", "ascii", None]}) == ["full138 fi 2\nx", "ascii", None]
    assert Normalize(form="none").on({"text": ["cafe\u0301 ﬁ \r\n"]}) == ["cafe\u0301 ﬁ\n"]


@pytest.mark.parametrize("form", ["NFC", "NFKC", "none"])
def test_a_second_time_changes_nothing(form: str) -> None:
    r = random.Random(2)
    pool = (
        "ab \t\n\r\x0b\x85\u2028\xa0\u3000\u200b\u200c\u200d\u0301\u0323é\ufeffﬁ²汉字한가क\u093cی👩\u202e\u00ad´¨\u1100\u1161\u11a8\ufdfa"
    )
    rows = ["".join(r.choices(pool, k=r.randint(0, 30))) for _ in range(3000)]
    once = Normalize(form=form).on({"text": rows})
    assert Normalize(form=form).on({"text": once}) == once
    if form != "none":
        assert all(unicodedata.is_normalized(form, t) for t in once)


def test_slices_with_nulls_keep_their_rows() -> None:
    whole = pa.array(["drop", None, "a \n", None, "é\r"], pa.large_string())
    assert tidy(whole.slice(1, 3)).to_pylist() == [None, "a\n", None]
    assert Normalize().run(whole.slice(3)).content.to_pylist() == [None, "é\n"]
    assert tidy(whole.slice(0, 0)).to_pylist() == []
