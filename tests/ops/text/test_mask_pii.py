from __future__ import annotations

import random
import re

import numpy as np
import pyarrow as pa
import pytest

import planted_pii as planted
from zhuoyu.kernels import arrow, pii
from zhuoyu.op import CELLS
from zhuoyu.ops._pii_spans import KINDS, Rules, find
from zhuoyu.ops.text.mask_pii import MaskPii

FOUND = [
    ("电话13812345678请联系", "电话<PHONE>请联系"),
    ("手机：138 1234 5678，谢谢", "手机：<PHONE>，谢谢"),
    ("138-1234-5678", "<PHONE>"),
    ("tel13812345678", "tel<PHONE>"),
    ("+86 138-1234-5678 / 8613812345678 / 008613812345678", "<PHONE> / <PHONE> / <PHONE>"),
    ("请拨010-62551234或（0755）86543210", "请拨<PHONE>或<PHONE>"),
    ("传真 (0755) 86543210-801。", "传真 <PHONE>。"),
    ("13812345678 13912345678", "<PHONE> <PHONE>"),
    ("2023-12-01 138 1234 5678", "2023-12-01 <PHONE>"),
    ("客服400-810-8888", "客服<PHONE>"),
    ("(212) 555-0123, 212-555-0123, +1 212 555 0123", "<PHONE>, <PHONE>, <PHONE>"),
    ("call +44 20 7946 0958 or +49 (0)30 1234567.", "call <PHONE> or <PHONE>."),
    ("身份证11010519491231002X。", "身份证<ID>。"),
    ("110105 19491231 002x", "<ID>"),
    ("11010519491231002X,13812345678", "<ID>,<PHONE>"),
    ("卡号4111 1111 1111 1111", "卡号<CARD>"),
    ("6222-0212-3456-7890-128", "<CARD>"),
    ("card 4111111111111111", "card <CARD>"),
    ("请写信到li.lei@mail.example.cn。", "请写信到<EMAIL>。"),
    ("<A.B+c@Example.COM>", "<<EMAIL>>"),
    ("mailto:a@b.org?subject=x", "mailto:<EMAIL>?subject=x"),
    ("server 8.8.8.8, http://114.114.114.114/", "server <IP>, http://<IP>/"),
    ("from 2001:4860:4860::8888.", "from <IP>."),
    ("AKIAIOSFODNN7EXAMPLE", "<KEY>"),
    ("sk-abcDEF123456ghiJKL789mno", "<KEY>"),
    ('api_key = "a8f5f167f44f4964e6c998dee827110c"', 'api_key = "<KEY>"'),
    ("", ""),
]
CLEAN = [
    "version 1.2.3.4, v10.20.30.40, foo==100.200.100.20, Chrome/120.30.140.55",
    "127.0.0.1 192.168.1.1 10.0.0.8 203.0.113.9 255.255.255.0 ::1 fe80::1 2001:db8::1",
    "x = 13812345678; f(13577625587, y); read_bytes=18626220032",
    "0.13812345678 13812345678.5 a13812345678 13812345678b 0x13812345678 17179869184",
    "firmware 1.2.3.4X or 10.0.3.5x",
    "123 138 1234 5678 999",
    "110105194912310021",
    "4111 1111 1111 1112",
    "q@k.to(x) A@B.T icon@2x.png git@github.com:a/b @app.route('/')",
    "upgrade V8 from 4.2.77.18 to 4.2.77.20, v8: '12.4.254.14-node.11', net 123.45.67.0/24",
    "ObjectIdentifier('1.3.101.112')",
    "z +6073641856.9",
    'publicKeyToken="1fc8b3b9a1e18e3b"',
    "-----BEGIN PRIVATE KEY-----",
    "token = self.tokenizer.next_token_or_none_v2(stream)",
    "<EMAIL> <PHONE> <ID> <CARD> <IP> <KEY>",
]


@pytest.mark.parametrize(("text", "masked"), FOUND)
def test_personal_data_gets_a_placeholder(text: str, masked: str) -> None:
    assert MaskPii().on({"text": [text]}) == [masked]


@pytest.mark.parametrize("text", CLEAN)
def test_other_numbers_and_names_stay(text: str) -> None:
    assert MaskPii().on({"text": [text]}) == [text]


def test_cells_say_where_the_placeholders_stand_in_the_new_text() -> None:
    out = MaskPii().run(pa.array([None, "汉字 a@b.com 与 13812345678 字", "无", ""], pa.large_string()).slice(0, 3))
    assert out.cells is not None
    assert out.cells.type == CELLS
    assert [bool(c) for c in out.cells.to_pylist()] == [False, True, False]
    text = out.content[1].as_py()
    cells = out.cells[1].as_py()
    assert [text[c["start"] : c["end"]] for c in cells] == ["<EMAIL>", "<PHONE>"]
    assert {(c["column"], c["how"], c["by"]) for c in cells} == {("", "masked", "")}


def test_nothing_found_gives_no_cells_and_keeps_the_array() -> None:
    text = pa.array(["a", None], pa.large_string())
    out = MaskPii().run(text)
    assert out.content.equals(text)
    assert out.cells is None


def test_only_the_chosen_kinds_are_masked() -> None:
    text = ["a@b.com 13812345678 192.168.0.7"]
    assert MaskPii(kinds=("email",)).on({"text": text}) == ["<EMAIL> 13812345678 192.168.0.7"]
    assert MaskPii(kinds=("ip",), private_ip=True).on({"text": text}) == ["a@b.com 13812345678 <IP>"]


def test_slices_and_nulls_do_not_shift_what_is_masked() -> None:
    rows = ["x", None, "电话13812345678", "b@c.org", None, "y"]
    whole = pa.array(rows, pa.large_string())
    for a in range(len(rows)):
        got = MaskPii().run(whole.slice(a)).content.to_pylist()
        assert got == MaskPii().on({"text": rows[a:]})
        assert got == [MaskPii().on({"text": [t]})[0] for t in rows[a:]]


def _planted(r: random.Random, kind: str, texts: list[str], n: int) -> list[tuple[str, str]]:
    """N real texts with one item of KIND each, beside white space, Chinese or nothing."""
    out = []
    for _ in range(n):
        text, item = r.choice(texts), planted.MAKERS[kind](r)
        places = [m.start() for m in re.finditer(r"[\n ]|(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", text)] or [len(text)]
        at = r.choice(places)
        before, after = r.choice([("联系", "，"), (" ", " "), ("：", "\n"), ("(", ")"), ("号码", "请"), ('"', '"'), ("\n", "\n")])
        out.append((f"{text[:at]}{before}{item}{after}{text[at:]}", item))
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_planted_items_are_found(kind: str) -> None:
    rows = _planted(random.Random(f"{kind}7"), kind, planted.real_texts(), 400)
    masked = MaskPii().on({"text": [text for text, _ in rows]})
    secret = [item.split('"')[1] if item.endswith('"') else item for _, item in rows]
    missed = [item for item, text in zip(secret, masked, strict=True) if item in text]
    assert len(missed) <= 0.02 * len(rows), missed[:10]
    right = sum(f"<{kind.upper()}>" in text for text in masked)
    assert right >= 0.98 * len(rows)


def test_clean_rows_full_of_numbers_are_left_alone() -> None:
    rows = planted.clean_rows(random.Random(3))
    masked = MaskPii().on({"text": rows})
    wrong = [(a, b) for a, b in zip(rows, masked, strict=True) if a != b]
    assert len(wrong) <= 0.01 * len(rows), wrong[:10]


def test_masking_twice_is_masking_once() -> None:
    r = random.Random(5)
    texts = planted.real_texts()[:40]
    rows = [
        " ".join(planted.MAKERS[r.choice(KINDS)](r) if r.random() < 0.5 else r.choice(texts)[:80] for _ in range(12)) for _ in range(200)
    ]
    rows.append("150 1024 2048 555-123-4567")
    once = MaskPii().on({"text": rows})
    assert MaskPii().on({"text": once}) == once


_BRACKET = rb"(?:[()]|\xef\xbc[\x88\x89])"
_SEPARATOR = rb"(?:[ .-]|" + _BRACKET + rb"[ .-]?|[ .-]" + _BRACKET + rb"|" + _BRACKET + _BRACKET + rb")"
_EVERYWHERE = {
    pii.NUMBER: re.compile(rb"(?:(?<![0-9A-Za-z_])|(?<=[lLeExX]))[0-9]+(?:" + _SEPARATOR + rb"[0-9]+)*"),
    pii.AT: re.compile(rb"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{3,253}"),
    pii.COLONS: re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{4}(?=:)[0-9A-Fa-f:.]+"),
    pii.PREFIX: re.compile(rb"(?<![0-9A-Za-z_-])(?=" + b"|".join(p.encode() for p in pii.PREFIXES) + rb")"),
    pii.ASSIGNED: re.compile(rb"(?<=[=:\"' >])(?<![=:\"' >][+/_.-])[A-Za-z0-9+/=_.-]{16,256}"),
}


def _by_regex(text: bytes, rules: Rules) -> set[tuple[str, int, int]]:
    """What the rules say of every place of the whole text, with no kernel and no window."""
    found = set()
    for place, pattern in _EVERYWHERE.items():
        for m in pattern.finditer(text):
            if place == pii.ASSIGNED and not re.search(
                rb"[ytndYTND][ \"':]{0,3}[=:][ \"'>=]{0,5}$", text[max(0, m.start() - 10) : m.start()]
            ):
                continue
            found.update(rules.judge(place, text, m.start(), m.end()))
    return found


def test_windows_find_what_the_rules_find_in_the_whole_text() -> None:
    r = random.Random(11)
    texts = [t for t in planted.real_texts() if t][::4] + planted.clean_rows(r)[::9]
    rows = [text for kind in KINDS for text, _ in _planted(r, kind, texts, 40)] + texts
    array, rules = pa.array(rows, pa.large_string()), Rules()
    offsets, _, _ = arrow.text_buffers(array)
    spans = find(array, rules)
    assert len(spans) > 200
    for row, text in enumerate(rows):
        mine = {(KINDS[k], int(s - offsets[row]), int(e - offsets[row])) for _, k, s, e in spans[spans[:, 0] == row]}
        whole = _by_regex(text.encode(), rules)
        inside = {w for w in whole if any(w != o and o[1] <= w[1] and w[2] <= o[2] for o in whole)}
        assert mine == whole - inside, text[:200]


def test_code_points_are_counted_within_each_text() -> None:
    data = np.frombuffer("汉a字b".encode(), np.uint8)
    assert pii.code_points(data, np.array([0, 0, 4]), np.array([3, 4, 7])).tolist() == [1, 2, 1]
