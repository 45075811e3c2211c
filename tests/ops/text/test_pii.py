from __future__ import annotations

import random

import pyarrow as pa
import pytest

import planted_pii as planted
from zhuoyu.op import as_input
from zhuoyu.ops import _pii_suspect
from zhuoyu.ops._pii_numbers import is_card, is_resident_id, luhn
from zhuoyu.ops._pii_spans import KINDS
from zhuoyu.ops.text.mask_pii import MaskPii
from zhuoyu.ops.text.pii import Pii


def test_each_kind_has_its_column() -> None:
    text = "a@b.com 13812345678 11010519491231002X 4111111111111111 8.8.8.8:53 AKIAIOSFODNN7EXAMPLE 邮箱c@d.cn"
    assert {k: v for k, v in Pii().on({"text": [text, "", None]}).items() if "suspect" not in k} == {
        "text_pii_count": [7, 0, None],
        "text_pii_email": [2, 0, None],
        "text_pii_phone": [1, 0, None],
        "text_pii_id": [1, 0, None],
        "text_pii_card": [1, 0, None],
        "text_pii_ip": [1, 0, None],
        "text_pii_key": [1, 0, None],
    }


def test_no_rows_keep_the_schema() -> None:
    assert [a.type for a in Pii().run(pa.array([], pa.large_string()))] == [pa.int32()] * 8


SUSPECTS = [
    ("wok@exàmple.com", 1),
    ("一三八 1 3 8 1 2 3 4 5 6 7 8", 1),
    ("4111-1111-1111-1111", 1),
    ("1101 0519 4912 3100 2X", 1),
    ("x@y.zzz and 13812345678", 2),
    ("version 1.6.1 (2020-10-12) of 0.13812345678", 0),
    ("<EMAIL> <PHONE>", 0),
    ("", 0),
    (None, 0),
]


@pytest.mark.parametrize(("text", "n"), SUSPECTS)
def test_the_second_detector_sees_what_rules_may_miss(text: str | None, n: int) -> None:
    assert _pii_suspect.count(as_input(pa.array([text], pa.string()), "text")).tolist() == [n]


def test_masking_leaves_no_find_and_few_suspects_and_suspects_see_what_was_not_masked() -> None:
    r = random.Random(4)
    kinds = [k for k in KINDS if k not in ("key", "ip")]
    rows = [f"联系{planted.MAKERS[k](r)}，{planted.MAKERS[k](r)} end" for k in kinds for _ in range(100)]
    before, after = Pii().on({"text": rows}), Pii().on({"text": MaskPii().on({"text": rows})})
    assert sum(before["text_pii_count"]) >= 0.98 * 2 * len(rows)
    assert sum(n > 0 for n in before["text_pii_suspect"]) >= 0.8 * len(rows)
    assert sum(after["text_pii_count"]) == 0
    assert sum(after["text_pii_suspect"]) <= 0.01 * len(rows)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("440524188001010014", False),
        ("110105199902300010", False),
        ("990105194912310026", False),
    ],
)
def test_a_resident_id_has_a_province_a_day_and_a_check_digit(text: str, good: bool) -> None:
    assert is_resident_id(text) is good


def test_every_single_wrong_digit_breaks_a_checksum() -> None:
    r = random.Random(8)
    for _ in range(50):
        good_id, good_card = planted.resident_id(r), planted.card(r)
        assert [is_resident_id(good_id), luhn(good_card), is_card(good_card, True, False)] == [True] * 3
        at = r.randrange(len(good_card))
        assert not luhn(good_card[:at] + str((int(good_card[at]) + r.randint(1, 9)) % 10) + good_card[at + 1 :])
        at = r.randrange(14, 17)
        assert not is_resident_id(good_id[:at] + str((int(good_id[at]) + r.randint(1, 9)) % 10) + good_id[at + 1 :])
