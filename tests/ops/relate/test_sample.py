from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engine.kit import ListInput, kept, run, step
from sample_inputs import apply_relate, row_ids
from zhuoyu.errors import SpecError
from zhuoyu.op import Bound
from zhuoyu.ops.relate.sample import Sample
from zhuoyu.recipe.plan import Stage

IDS = row_ids(2000)
SITE = [random.Random(i).choices(["web", "news", "book", None], [80, 15, 4, 1])[0] for i in range(2000)]
SIZES = Counter(SITE)


def found(ids: list[str], extra: dict[str, Any] | None = None, **params: Any) -> dict[str, int]:
    columns = {k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in (extra or {}).items()}
    got = apply_relate(Sample(**params), [pa.array(ids, pa.string())], ids, 97, columns)
    assert all(sampled is (epochs > 0) for sampled, epochs in got.values())
    return {k: v[1] for k, v in got.items()}


def by_site(counts: dict[str, int]) -> Counter[str | None]:
    out: Counter[str | None] = Counter()
    for i, site in zip(IDS, SITE, strict=True):
        out[site] += counts[i]
    return out


def test_the_columns_are_called_sampled_and_epochs() -> None:
    assert [f.name for f in Bound(Sample()).fields()] == ["sampled", "epochs"]


@pytest.mark.parametrize(
    ("params", "web", "news", "book", "null"),
    [
        ({}, SIZES["web"], SIZES["news"], SIZES["book"], SIZES[None]),
        ({"share": 0.1}, *(SIZES[k] / 10 for k in ("web", "news", "book", None))),
        ({"alpha": 0}, SIZES[None], SIZES[None], SIZES[None], SIZES[None]),
        ({"alpha": 0, "total": 400, "short": "fill"}, 0, 0, 0, SIZES[None]),
        ({"ratios": {"web": 1, "book": 1}}, SIZES["book"], 0, SIZES["book"], 0),
        ({"ratios": {"web": 1, "book": 1}, "epochs": 3}, 3 * SIZES["book"], 0, 3 * SIZES["book"], 0),
        ({"ratios": {"web": 3, "news": 1}, "total": 100}, 75, 25, 0, 0),
        ({"ratios": {"web": 1, "book": 1}, "total": 1000, "short": "fill"}, 1000 - SIZES["book"], 0, SIZES["book"], 0),
        ({"ratios": {"book": 1}, "epochs": 4, "total": 150}, 0, 0, 150, 0),
    ],
)
def test_strata_give_what_was_asked(params: dict[str, Any], web: int, news: int, book: int, null: int) -> None:
    got = by_site(found(IDS, {"site": SITE}, by="site", **params))
    if params.get("short") == "fill" and not params.get("ratios"):
        assert (got[None], sum(got.values())) == (null, 400)
        assert max(got["web"], got["news"]) - min(got["web"], got["news"]) <= 1
    else:
        expected = (web, news, book, null)
        assert all(abs(got[k] - n) <= ("share" in params) for k, n in zip(("web", "news", "book", None), expected, strict=True))


def test_temperature_lifts_rare_strata() -> None:
    got = by_site(found(IDS, {"site": SITE}, by="site", alpha=0.3, total=200, epochs=2))
    for a, b in (("web", "news"), ("news", "book")):
        assert got[a] / got[b] == pytest.approx((SIZES[a] / SIZES[b]) ** 0.3, rel=0.06)


def test_rounds_are_whole_before_a_row_stands_once_more() -> None:
    counts = found(IDS, {"site": SITE}, by="site", ratios={"book": 1}, epochs=4, total=2.5 * SIZES["book"])
    books = Counter(counts[i] for i, s in zip(IDS, SITE, strict=True) if s == "book")
    assert set(books) == {2, 3}
    assert abs(books[3] - SIZES["book"] / 2) <= 1


def test_a_larger_sample_contains_the_smaller_one_and_rows_added_move_few() -> None:
    small, large = found(IDS, total=200), found(IDS, total=600)
    assert sum(small.values()) == 200
    assert all(large[i] >= small[i] for i in IDS)
    grown = row_ids(2200)
    more = found(grown, share=0.5)
    assert sum(more[i] != n for i, n in found(IDS, share=0.5).items()) < 60
    assert found(IDS, total=200, seed=1) != small


def test_weight_says_who_is_drawn_first() -> None:
    weight = pa.array([(3.0, 1.0, 0.0, None, -1.0)[i % 5] for i in range(2000)])
    drawn = Counter[int]()
    for seed in range(20):
        counts = found(IDS, {"w": weight}, weight="w", total=50, seed=seed)
        for at, i in enumerate(IDS):
            drawn[at % 5] += counts[i]
    assert drawn[2] == drawn[3] == drawn[4] == 0
    assert drawn[0] + drawn[1] == 1000
    assert drawn[0] == pytest.approx(737, abs=55), "3 to 1, less what runs out; four standard deviations"


def test_size_measures_what_a_sample_holds() -> None:
    tokens = [random.Random(i).randint(1, 400) for i in range(2000)]
    counts = found(IDS, {"site": SITE, "tokens": tokens}, by="site", ratios={"web": 2, "news": 1}, size="tokens", total=30_000)
    held: Counter[str | None] = Counter()
    for i, site, n in zip(IDS, SITE, tokens, strict=True):
        held[site] += counts[i] * n
    assert abs(held["web"] - 20_000) <= 200
    assert abs(held["news"] - 10_000) <= 200
    none = found(["a", "b", "c"], {"tokens": pa.array([None, 0, 5])}, size="tokens")
    assert none == {"a": 0, "b": 0, "c": 1}


def test_a_planted_class_of_one_in_a_thousand_is_balanced_out() -> None:
    kind = ["rare" if i % 1000 == 0 else "common" for i in range(2000)]
    got = found(IDS, {"kind": kind}, by="kind", alpha=0, epochs=10)
    held = Counter({k: sum(got[i] for i, v in zip(IDS, kind, strict=True) if v == k) for k in ("rare", "common")})
    assert held == {"rare": 20, "common": 20}


def test_rows_that_when_leaves_out_are_not_counted() -> None:
    op = Sample(share=0.5)
    rows = pa.table({"_id": list("abcd"), "key": pa.array([1, None, 2, None], pa.uint64())})
    sampled, epochs = op.relate(rows, lambda at: [])
    assert epochs.to_pylist() in ([1, None, 0, None], [0, None, 1, None])
    assert sampled.null_count == 2


@pytest.mark.parametrize("params", [{"total": 5, "share": 0.1}, {"ratios": {"a": 1}}, {"by": "k", "ratios": {"a": -1}}])
def test_parameters_that_contradict_each_other_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sample(**params)


def test_a_stratum_that_is_not_there_is_no_silent_zero() -> None:
    with pytest.raises(SpecError, match="no row is of stratum 'boks'; did you mean 'book'"):
        found(IDS, {"site": SITE}, by="site", ratios={"boks": 1, "web": 1})
    assert found([], {"site": pa.array([], pa.string())}, by="site", ratios={"boks": 1}) == {}


def test_a_weight_is_a_number() -> None:
    with pytest.raises(SpecError, match=r"weight: expected a column of numbers, found string in 'w'"):
        found(["a"], {"w": ["x"]}, weight="w")


def test_it_runs_in_the_engine_whatever_the_shards(tmp_path: Path) -> None:
    texts = tuple(f"row {i}" for i in range(200))
    stages = Stage([], [step(0, "relate.sample", params={"total": 50})]), Stage([step(1, "keep sampled")], [])
    whole = kept(run(tmp_path / "1", ListInput(texts), *stages))
    parts = kept(run(tmp_path / "2", ListInput(texts, 50, 20), *stages))
    assert [r["_id"] for r in whole] == [r["_id"] for r in parts]
    assert len(whole) == 50
