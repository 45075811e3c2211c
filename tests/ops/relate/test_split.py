from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.kit import ListInput, kept, rejected, run, step
from ops.relate import slow
from sample_inputs import apply_relate, row_ids
from zhuoyu.errors import SpecError
from zhuoyu.kernels import draw
from zhuoyu.op import Bound
from zhuoyu.ops.relate.near_duplicates import NearDuplicates
from zhuoyu.ops.relate.sample import Sample
from zhuoyu.ops.relate.split import Split
from zhuoyu.recipe.plan import Stage


def found(ids: list[str], extra: dict[str, Any] | None = None, **params: Any) -> dict[str, str]:
    columns = {k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in (extra or {}).items()}
    return {k: v[0] for k, v in apply_relate(Split(**params), [pa.array(ids)], ids, 97, columns).items()}


def test_the_column_is_called_split() -> None:
    assert [f.name for f in Bound(Split()).fields()] == ["split"]
    assert [f.name for f in Bound(Split(), label="mine").fields()] == ["mine_split"]


def test_shares_are_those_asked_for_and_another_seed_is_another_split() -> None:
    ids = row_ids(20_000)
    first = found(ids, ratios={"train": 8, "valid": 1, "test": 1})
    counts = Counter(first.values())
    for name, share in (("train", 0.8), ("valid", 0.1), ("test", 0.1)):
        assert abs(counts[name] / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5
    other = found(ids, ratios={"train": 8, "valid": 1, "test": 1}, seed=1)
    assert sum(first[i] == other[i] for i in ids) / 20_000 == pytest.approx(0.66, abs=0.02)


def test_a_sample_is_parted_like_all_rows() -> None:
    ids = row_ids(4000)
    split = found(ids, ratios={"train": 1, "test": 1})
    sampled = apply_relate(Sample(share=0.25), [pa.array(ids)], ids)
    both = [split[i] for i in ids if sampled[i][0]]
    assert both.count("test") / len(both) == pytest.approx(0.5, abs=0.07)


def test_drawn_numbers_are_uniform_and_of_different_seeds_independent() -> None:
    text = pa.array([str(i) for i in range(100_000)], pa.large_string())
    a, b = (draw.uniform(draw.keys(text, "test", seed)) for seed in (0, 1))
    for drawn in (a, b):
        counts = np.histogram(drawn, 100, (0, 1))[0]
        assert ((counts - 1000) ** 2 / 1000).sum() < 160, "chi square, 99 degrees of freedom, p = 0.0001"
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.015
    assert (draw.keys(text[7:20], "test", 0) == draw.keys(text, "test", 0)[7:20]).all()


@pytest.mark.parametrize("group", ["", "site"])
def test_rows_added_move_no_others(group: str) -> None:
    ids = row_ids(3000)
    site = [None if i % 5 == 0 else f"site{i * 7919 % 400}" for i in range(3000)]
    whole = found(ids, {"site": site}, group=group)
    some = random.Random(2).sample(range(3000), 1000)
    assert found([ids[i] for i in some], {"site": [site[i] for i in some]}, group=group) == {ids[i]: whole[ids[i]] for i in some}


def test_a_larger_test_split_contains_the_smaller_one() -> None:
    ids = row_ids(3000)
    small, large = found(ids), found(ids, ratios={"train": 0.7, "valid": 0.1, "test": 0.2})
    for name in ("valid", "test"):
        assert {i for i in ids if small[i] == name} < {i for i in ids if large[i] == name}


def test_strata_are_parted_at_the_ratios_and_few_rows_move() -> None:
    pick = random.Random(3)
    ids, kind = row_ids(5000), [pick.choices(["a", "b", None], [100, 5, 1])[0] for _ in range(5000)]
    ratios = {"train": 0.8, "valid": 0.1, "test": 0.1}
    got = found(ids, {"kind": kind}, stratify="kind", ratios=ratios)
    for value, n in Counter(kind).items():
        counts = Counter(got[i] for i, k in zip(ids, kind, strict=True) if k == value)
        assert all(abs(counts[name] - share * n) <= 1 for name, share in ratios.items()), value
    fewer = found(ids[:4950], {"kind": kind[:4950]}, stratify="kind", ratios=ratios)
    assert sum(fewer[i] != got[i] for i in ids[:4950]) <= 25, "50 rows more move borders only"


def test_groups_are_whole_also_across_strata() -> None:
    pick = random.Random(4)
    ids = row_ids(4000)
    author = [None if pick.random() < 0.2 else pick.randrange(300) for _ in ids]
    kind = [pick.choice("xy") for _ in ids]
    got = found(ids, {"author": pa.array(author, pa.int32()), "kind": kind}, group="author", stratify="kind")
    splits: dict[int, set[str]] = {}
    for i, who in zip(ids, author, strict=True):
        if who is not None:
            splits.setdefault(who, set()).add(got[i])
    assert all(len(s) == 1 for s in splits.values())
    assert abs(Counter(got.values())["train"] / 4000 - 0.9) < 0.02


def test_a_group_counts_for_the_stratum_of_most_of_its_rows() -> None:
    got = found(list("abcdefg"), {"g": list("ppppqrr"), "k": list("xxxyxyy")}, group="g", stratify="k", ratios={"one": 1, "two": 1})
    assert len({got[i] for i in "abcd"}) == 1
    assert got["e"] != got["a"], "stratum x: p and q"


def test_no_planted_near_duplicate_leaks_out_of_its_cluster() -> None:
    texts = [t for t in slow.code_texts(300) + slow.chinese_texts(200) if len(t) > 100]
    planted = [f"{t[: len(t) // 2]} one more {t[len(t) // 2 :]}" for t in texts]
    alike = [slow.jaccard(slow.shingles(a, 5), slow.shingles(b, 5)) >= 0.8 for a, b in zip(texts, planted, strict=True)]
    ids, n = row_ids(2 * len(texts)), len(texts)
    near = apply_relate(NearDuplicates(), [pa.array(texts + planted, pa.large_string())], ids)
    cluster = [near[i][2] for i in ids]
    pairs = [(ids[k], ids[n + k]) for k in range(n) if alike[k]]
    ratios = {"train": 0.5, "test": 0.5}
    loose, tight = found(ids, ratios=ratios), found(ids, {"text_cluster": cluster}, group="text_cluster", ratios=ratios)
    assert len(pairs) > 250
    assert sum(loose[a] != loose[b] for a, b in pairs) > 0.4 * len(pairs), "without a group half of them leak"
    assert sum(tight[a] != tight[b] for a, b in pairs) <= 0.01 * len(pairs), "those that near_duplicates missed"


def test_rows_that_when_leaves_out_have_no_split() -> None:
    op = Split(stratify="k")
    keys = pa.array([5, None, 2**63], pa.uint64())
    rows = pa.table({"_id": list("abc"), "k": ["x", "y", "x"], "key": keys})
    assert [v is None for v in op.relate(rows, lambda at: [])[0].to_pylist()] == [False, True, False]


@pytest.mark.parametrize("ratios", [{}, {"train": 0}, {"train": 1, "test": -1}, {"train": float("nan")}])
def test_ratios_are_above_zero(ratios: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="ratios"):
        Split(ratios=ratios)


def test_a_group_is_a_single_value() -> None:
    with pytest.raises(SpecError, match=r"group: expected a column of single values, found struct"):
        found(["a", "b"], {"where": [{"u": 1}, {"u": 2}]}, group="where")


def test_it_runs_in_the_engine_whatever_the_shards(tmp_path: Path) -> None:
    texts = tuple(f"row {i}" for i in range(200))
    stages = Stage([], [step(0, "relate.split", params={"ratios": {"a": 1, "b": 1}})]), Stage([step(1, "keep split = 'a'")], [])
    whole = run(tmp_path / "1", ListInput(texts), *stages)
    parts = run(tmp_path / "2", ListInput(texts, 50, 20), *stages)
    assert [r["_id"] for r in kept(whole)] == [r["_id"] for r in kept(parts)]
    assert len(kept(whole)) + len(rejected(whole)) == 200
    assert 70 < len(kept(whole)) < 130
