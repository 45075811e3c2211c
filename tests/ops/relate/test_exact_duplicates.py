from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from sample_inputs import apply_relate
from zhuoyu.errors import SpecError
from zhuoyu.op import Bound
from zhuoyu.ops.relate.exact_duplicates import ExactDuplicates


def found(texts: list[str | None], ids: list[str], extra: dict[str, Any] | None = None, **params: Any) -> dict[str, str | None]:
    columns = {k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in (extra or {}).items()}
    got = apply_relate(ExactDuplicates(**params), [pa.array(texts, pa.large_string())], ids, 2, columns)
    return {k: v[0] for k, v in got.items()}


def test_the_column_is_called_by_its_input() -> None:
    assert [f.name for f in Bound(ExactDuplicates()).fields()] == ["text_exact_duplicate_of"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["x", "x", "y"], [None, "a", None]),
        (["x y", " x\u3000\n y\t", "xy"], [None, "a", None]),
        (["琢玉", "琢玉\n", "琢 玉"], [None, "a", None]),
        (["", "  \n", "x"], [None, "a", None]),
        ([None, None, ""], [None, None, None]),
        (["A", "a", "a."], [None, None, None]),
    ],
)
def test_equal_texts_name_the_first(texts: list[str | None], expected: list[str | None]) -> None:
    assert found(texts, ["a", "b", "c"]) == dict(zip("abc", expected, strict=True))


def test_bytes_can_be_compared_as_they_are() -> None:
    assert found(["x y", "x  y", "x y"], ["a", "b", "c"], ignore="nothing") == {"a": None, "b": None, "c": "a"}


@pytest.mark.parametrize(
    ("prefer", "values", "stays"),
    [
        ("first", [1, 2, 3], "a"),
        ("longest", [1, 2, 3], "c"),
        ("score", [0.1, 0.9, 0.5], "b"),
        ("-score", [0.3, 0.2, 0.2], "b"),
        ("score", [None, None, 0.1], "c"),
        ("-score", [None, 5, 5], "b"),
        ("score", ["2023", "2024", "2022"], "b"),
        ("score", [False, True, True], "b"),
        ("-score", [3, 2**62 + 1, 2**62], "a"),
        ("score", [3, 2**62 + 1, 2**62], "b"),
    ],
)
def test_who_stays_is_a_policy(prefer: str, values: list[Any], stays: str) -> None:
    got = found(["same", "same ", "same   "], ["a", "b", "c"], {"score": values}, prefer=prefer)
    assert got == {k: None if k == stays else stays for k in "abc"}


def test_per_compares_equal_values_only_and_null_is_one() -> None:
    got = found(["x"] * 6, list("abcdef"), {"camera": ["l", "r", "l", None, "r", None]}, per="camera")
    assert got == {"a": None, "b": None, "c": "a", "d": None, "e": "b", "f": "d"}


def test_order_of_rows_does_not_matter() -> None:
    pick = random.Random(1)
    texts = [pick.choice(["x", "y", "z", "", None, " x"]) for _ in range(200)]
    ids = [f"{pick.getrandbits(64):016x}" for _ in texts]
    score = [pick.choice([1, 2, None]) for _ in texts]
    whole = found(texts, ids, {"score": pa.array(score)}, prefer="score")
    order = pick.sample(range(200), 200)
    turned = found([texts[i] for i in order], [ids[i] for i in order], {"score": pa.array([score[i] for i in order])}, prefer="score")
    assert turned == whole
    assert sum(v is None for v in whole.values()) == texts.count(None) + 4


def test_a_column_without_an_order_cannot_be_preferred() -> None:
    with pytest.raises(SpecError, match=r"expected a column of numbers.*found struct"):
        found(["x", "x"], ["a", "b"], {"where": [{"u": 1}, {"u": 2}]}, prefer="where")


def test_a_column_of_many_values_cannot_divide() -> None:
    with pytest.raises(SpecError, match=r"per: expected a column of single values, found struct"):
        found(["x", "x"], ["a", "b"], {"where": [{"u": 1}, {"u": 2}]}, per="where")


def test_a_policy_is_a_name() -> None:
    with pytest.raises(ValueError, match="prefer"):
        ExactDuplicates(prefer="max(score)")
