from __future__ import annotations

import pickle
import random
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import planted_pii as planted
from zhuoyu.errors import SpecError
from zhuoyu.op import Bound
from zhuoyu.ops._pii_spans import KINDS
from zhuoyu.ops.text.mask_pii import MaskPii
from zhuoyu.ops.text.pseudonymize import Pseudonymize
from zhuoyu.settings import settings

NAME = re.compile(r"<(EMAIL|PHONE|ID|CARD|IP|KEY)_[a-z]{12}>")
SECRET = "0123456789abcdef-one"
SetKey = Callable[..., None]


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> SetKey:
    def put(value: str = SECRET, file: Path | None = None) -> None:
        monkeypatch.setenv("ZHUOYU_PSEUDONYM_KEY", value)
        monkeypatch.setenv("ZHUOYU_PSEUDONYM_KEY_FILE", str(file or ""))
        if file is None:
            monkeypatch.delenv("ZHUOYU_PSEUDONYM_KEY_FILE")
        settings.cache_clear()

    put()
    return put


@pytest.fixture(autouse=True)
def _settings_again() -> object:
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("电话13812345678", "手机 +86 138-1234-5678"),
        ("tel (212) 555-0123", "tel +1 212-555-0123"),
        ("call +44 20 7946 0958", "call +44 20 79460958"),
        ("mail A.b@Example.COM", "mail a.b@example.com"),
        ("身份证11010519491231002X", "身份证110105 19491231 002x"),
        ("卡号4111 1111 1111 1111", "卡号4111111111111111"),
        ("from 2001:4860:4860::8888", "from 2001:4860:4860:0:0:0:0:8888"),
    ],
)
def test_writings_of_one_value_have_one_name(key: SetKey, one: str, other: str) -> None:
    said = Pseudonymize().on({"text": [one, other]})
    first, second = ([m[0] for m in NAME.finditer(s)] for s in said)
    assert len(first) == 1
    assert first == second


def test_different_values_kinds_and_keys_have_different_names(key: SetKey) -> None:
    r = random.Random(1)
    numbers = [planted.mobile(r) for _ in range(2000)]
    first, again = (names(numbers) for _ in range(2))
    assert first == again
    assert len(first) >= 0.99 * len(set(numbers))  # the finder doubts round numbers
    key("another key of sixteen")
    assert not first & names(numbers)


def names(numbers: list[str]) -> set[str]:
    return {m[0] for said in Pseudonymize().on({"text": [f"电话{n}" for n in numbers]}) for m in NAME.finditer(said)}


def test_it_replaces_what_masking_masks() -> None:
    r = random.Random(5)
    texts = planted.real_texts()[::3] + planted.clean_rows(r)[::5]
    texts += [" ".join(planted.MAKERS[r.choice(KINDS)](r) if r.random() < 0.5 else "文本 and words" for _ in range(9)) for _ in range(200)]
    masked = MaskPii().on({"text": texts})
    said = Pseudonymize().on({"text": texts})
    same = sum(NAME.sub(lambda m: f"<{m[1]}>", a) == b for a, b in zip(said, masked, strict=True))
    assert same >= 0.995 * len(texts), f"{same} of {len(texts)}"  # a placeholder and a name may judge a neighbour differently
    assert sum(len(NAME.findall(s)) for s in said) > 500


def test_cells_point_at_the_names_and_slices_are_rows_of_their_own() -> None:
    texts = ["x", "电话13812345678和 a.b@example.com。", None, "😀 13912345678 13812345678", "no"]
    whole = pa.array(texts, pa.large_string())
    for array in (whole, whole.slice(1), whole.slice(1, 3)):
        got = Pseudonymize().run(array)
        for content, cells in zip(got.content.to_pylist(), got.cells.to_pylist(), strict=True):
            assert [content[c["start"] : c["end"]] for c in cells or []] == [m[0] for m in NAME.finditer(content or "")]
    assert Pseudonymize().run(whole).content[3].as_py().endswith(Pseudonymize().run(whole).content[1].as_py()[2:22])


def test_twice_is_once() -> None:
    r = random.Random(9)
    texts = ["\n".join(planted.MAKERS[k](r) for k in KINDS) for _ in range(100)]
    once = Pseudonymize().on({"text": texts})
    assert Pseudonymize().on({"text": once}) == once


def test_the_key_is_in_nothing_that_is_written_down(key: SetKey) -> None:
    op = Pseudonymize()
    said = [repr(op), str(op.params()), op.digest(), str(Bound(op).fields()), repr(settings()), str(settings().model_dump())]
    assert SECRET not in " ".join(said)
    assert SECRET.encode() not in pickle.dumps(op)
    assert op.is_default()


def test_the_digest_names_the_key_and_a_worker_with_another_one_is_refused(key: SetKey) -> None:
    planned = pickle.loads(pickle.dumps(Pseudonymize()))
    assert planned.digest() == Pseudonymize().digest()
    key("another key of sixteen")
    assert Pseudonymize().digest() != planned.digest()
    with pytest.raises(SpecError, match="give every worker the key"):
        planned.open()


def test_the_key_may_lie_in_a_file(key: SetKey, tmp_path: Path) -> None:
    by_variable = Pseudonymize().on({"text": ["电话13812345678"]})
    file = tmp_path / "key"
    file.write_text(SECRET + "\n")
    key("", file)
    assert Pseudonymize().on({"text": ["电话13812345678"]}) == by_variable
    key("", tmp_path / "gone")
    with pytest.raises(SpecError, match="cannot be read"):
        Pseudonymize()


@pytest.mark.parametrize(("value", "why"), [("", "found none"), ("short", "at least 16 bytes, found 5")])
def test_no_key_or_a_short_one_is_refused_with_the_way_out(key: SetKey, value: str, why: str) -> None:
    key(value)
    with pytest.raises(SpecError, match=rf"{why}.*openssl rand -hex 32"):
        Pseudonymize().open()
