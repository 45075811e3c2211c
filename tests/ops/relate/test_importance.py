from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ops.relate import slow
from sample_inputs import apply_relate, row_ids
from zhuoyu.kernels.features import features
from zhuoyu.op import Bound
from zhuoyu.ops.relate._importance import BUCKETS, top
from zhuoyu.ops.relate.importance import Importance


def lines(folder: Path, texts: list[str], name: str = "reference.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(" ".join(t.split()) for t in texts), "utf-8")
    return path


def found(texts: list[str | None], ids: list[str], **params: Any) -> dict[str, tuple[float | None, bool | None]]:
    got = apply_relate(Importance(**params), [pa.array(texts, pa.large_string())], ids, 97)
    return {k: (v[0], v[1]) for k, v in got.items()}


def test_the_columns_are_called_by_their_input() -> None:
    assert [f.name for f in Bound(Importance()).fields()] == ["text_importance", "text_importance_sampled"]


def test_log_weights_are_those_of_the_formula(tmp_path: Path) -> None:
    texts: list[str | None] = ["jade river", "stone wall stone", "琢玉", None, "", "river"]
    reference = ["jade river cloud", "琢玉成器"]

    def buckets(text: str) -> Counter[int]:
        return Counter(features(pa.array([text], pa.large_string()), BUCKETS, 10**6)[0].tolist())

    there, here = (sum((buckets(t) for t in some if t), Counter[int]()) for some in (reference, texts))
    got = found(texts, list("abcdef"), reference=[lines(tmp_path, reference)])
    for name, text in zip("abcdef", texts, strict=True):
        if not text:
            assert got[name] == (None, None)
            continue
        expected = sum(
            n * math.log((there[b] + 1) / (there.total() + BUCKETS) / ((here[b] + 1) / (here.total() + BUCKETS)))
            for b, n in buckets(text).items()
        )
        assert got[name][0] == pytest.approx(expected)
    assert sum(sampled is True for _, sampled in got.values()) == 2, "half of four"


def test_draws_are_in_proportion_to_the_weights() -> None:
    weights, ids, pick = np.log(np.array([1.0, 2.0, 4.0, 8.0, np.nan])), np.arange(5), np.random.default_rng(1)
    counts = np.zeros(5)
    for _ in range(6000):
        drawn = top(weights, np.append(pick.random(4), 0.5), ids, 1)
        counts += drawn
    assert counts[4] == 0
    assert counts[:4] / 6000 == pytest.approx(np.array([1, 2, 4, 8]) / 15, abs=0.025)
    assert top(weights, np.full(5, 0.5), ids, 10).sum() == 4


def test_a_larger_sample_contains_the_smaller_one_and_order_does_not_matter(tmp_path: Path) -> None:
    texts: list[str | None] = [*slow.chinese_texts(300), *slow.code_texts(100)]
    ids, file = row_ids(len(texts)), lines(tmp_path, slow.code_texts(200)[100:])
    few, more = (found(texts, ids, reference=[file], total=n) for n in (30, 60))
    assert sum(bool(s) for _, s in few.values()) == 30
    assert {i for i in ids if few[i][1]} < {i for i in ids if more[i][1]}
    order = random.Random(2).sample(range(len(texts)), len(texts))
    assert found([texts[i] for i in order], [ids[i] for i in order], reference=[file], total=30) == few


def test_planted_texts_of_the_references_kind_are_drawn(tmp_path: Path) -> None:
    chinese, code = [t for t in slow.chinese_texts(4000) if len(t) > 60], slow.code_texts(900)
    hotel = [t for t in chinese if "酒店" in t or "房间" in t]
    other = [t for t in chinese if "酒店" not in t and "房间" not in t]
    assert min(len(hotel), len(other)) > 150
    planted, texts = hotel[:100], [*other[:600], *code[:300]]
    rows: list[str | None] = [*texts, *planted]
    ids = row_ids(len(rows))
    got = found(rows, ids, reference=[lines(tmp_path, hotel[100:])], total=100)
    drawn = [k for k, i in enumerate(ids) if got[i][1]]
    assert sum(k >= len(texts) for k in drawn) >= 0.7 * 100, "11 by chance: one in ten rows is about hotels"
    assert sum(600 <= k < 900 for k in drawn) <= 1, "no code"


def test_without_a_reference_nothing_is_known() -> None:
    assert found(["a", None], ["a", "b"]) == {"a": (None, None), "b": (None, None)}
