from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ops.relate import slow
from sample_inputs import TEXTS, apply_relate, random_texts, row_ids
from zhuoyu.kernels.clusters import Greedy, buckets, components, in_pieces
from zhuoyu.kernels.clusters import jaccard as fast_jaccard
from zhuoyu.kernels.minhash import band_hashes, bands_and_rows
from zhuoyu.kernels.shingles import shingle_sets
from zhuoyu.op import Bound
from zhuoyu.ops.relate.near_duplicates import NearDuplicates

Found = dict[str, tuple[str | None, float | None, str | None]]
LICENCE = (
    "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files to "
    "deal in the software without restriction including without limitation the rights to use copy modify merge publish distribute "
    "sublicense and or sell copies of the software and to permit persons to whom the software is furnished to do so"
)


def found(texts: list[str | None], ids: list[str] | None = None, extra: dict[str, Any] | None = None, **params: Any) -> Found:
    columns = {k: pa.array(v) for k, v in (extra or {}).items()}
    return apply_relate(NearDuplicates(**params), [pa.array(texts, pa.large_string())], ids or row_ids(len(texts)), 97, columns)


@cache
def corpus() -> tuple[list[str], list[frozenset[tuple[str, ...]]], dict[tuple[int, int], float]]:
    """Real texts with planted copies of some, a stretch of up to 15 % replaced in each; their 5-gram sets; every pair at 0.6 or more."""
    pick = random.Random(11)
    texts = slow.code_texts(700) + slow.chinese_texts(400)
    for original in pick.sample([t for t in texts if len(t) >= 100], 400):
        size = pick.randint(1, len(original) * 15 // 100)
        at = pick.randrange(len(original) - size)
        texts.append(f"{original[:at]} changed {original[at + size :]}")
    sets = [slow.shingles(t, 5) for t in texts]
    return texts, sets, slow.pairs(sets, 0.6)


def test_the_columns_are_called_by_their_input() -> None:
    assert [f.name for f in Bound(NearDuplicates()).fields()] == ["text_duplicate_of", "text_duplicate_jaccard", "text_cluster"]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_ngrams_are_those_of_slow_python(n: int) -> None:
    texts = [t for t in TEXTS + random_texts(9, 400) if t is None or len(t) < 20_000]
    values, ends = shingle_sets(pa.array([None, *texts], pa.large_string())[1:], n)
    sets = [set(values[a:b].tolist()) for a, b in pairwise(ends)]
    truth = [slow.shingles(t or "", n) for t in texts]
    assert [len(s) for s in sets] == [len(s) for s in truth]
    named: dict[tuple[str, ...], set[int]] = {}
    for mine, theirs in zip(sets, truth, strict=True):
        for gram in theirs:
            named[gram] = named[gram] & mine if gram in named else mine
    assert all(named.values()), "an n-gram has one hash wherever it stands"
    assert all((np.diff(values[a:b].astype(object)) > 0).all() for a, b in pairwise(ends))


def test_jaccard_of_sets_is_exact_and_gives_up_only_below_the_least() -> None:
    pick = random.Random(2)
    for _ in range(400):
        a, b = ({pick.randrange(60) for _ in range(pick.randint(1, 60))} for _ in range(2))
        values = np.array(sorted(a) + sorted(b), np.uint64)
        truth = len(a & b) / len(a | b)
        least = pick.choice([truth, 0.1, 0.5, 0.8, 1.0])
        assert fast_jaccard(values, 0, len(a), len(a), len(b), least) == (truth if truth >= least else 0)


def test_bands_miss_few_pairs_at_the_threshold() -> None:
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        bands, rows = bands_and_rows(threshold, 112)
        assert bands * rows <= 112
        assert (1 - threshold**rows) ** bands < 0.05
        assert 1 - (1 - (threshold - 0.4) ** rows) ** bands < 0.3


def test_signatures_agree_as_often_as_sets_do() -> None:
    texts, sets, pairs = corpus()
    bands, _ = band_hashes(pa.array(texts, pa.large_string()), 5, 400, 1, 3)
    errors = [(bands[i] == bands[j]).mean() - s for (i, j), s in pairs.items() if min(len(sets[i]), len(sets[j])) > 20]
    assert len(errors) > 50
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.03, "400 permutations: 0.02 expected"


def test_every_removed_row_has_a_verified_partner_that_stays() -> None:
    texts, _, pairs = corpus()
    ids = row_ids(len(texts))
    at = {name: i for i, name in enumerate(ids)}
    got = found(texts, ids)
    for name, (partner, similar, _) in got.items():
        if partner is None:
            continue
        i, j = at[name], at[partner]
        assert got[partner][0] is None, "it stays"
        same = " ".join(texts[i].split()) == " ".join(texts[j].split())
        assert similar == (1.0 if same else pairs[min(i, j), max(i, j)])
        assert similar >= 0.8


def test_pairs_above_the_threshold_are_found() -> None:
    texts, _, pairs = corpus()
    ids = row_ids(len(texts))
    got = found(texts, ids)
    for least, share in ((0.85, 0.99), (0.8, 0.97)):
        alike = [(i, j) for (i, j), s in pairs.items() if s >= least]
        missed = [(i, j) for i, j in alike if got[ids[i]][0] is None and got[ids[j]][0] is None]
        assert len(alike) >= 150
        assert len(missed) <= (1 - share) * len(alike)
    assert sum(v[0] is not None for v in got.values()) >= 290


def test_the_most_similar_row_that_stays_is_named() -> None:
    words = [f"w{i}" for i in range(200)]
    texts = [[f"x{i}" for i in range(40)] + words[40:], words[:170] + [f"y{i}" for i in range(30)], words]
    got = found([" ".join(t) for t in texts], ["a", "b", "c"], threshold=0.6, prefer="first")
    assert got == {"a": (None, None, None), "b": (None, None, "b"), "c": ("b", 166 / 226, "b")}  # 156 / 236 with a


def test_short_texts_are_nobodys_near_duplicates() -> None:
    lines = ["好评", "很好", "不错!", "房间 大", "ok", "fine", "好评\n", "", " ", None]
    assert found(lines, list("abcdefghij")) == {
        **dict.fromkeys("bcdefj", (None, None, None)),
        "a": ("g", 1.0, "a"),  # the longer one stays
        "g": (None, None, "a"),
        "h": ("i", 1.0, "h"),
        "i": (None, None, "h"),
    }
    texts = list(dict.fromkeys(t for t in slow.chinese_texts(3000) if len(t) < 30))
    assert len(texts) > 500
    assert sum(v[0] is not None for v in found(texts).values()) < 0.01 * len(texts)


def test_tokens_not_marks_and_case_are_compared() -> None:
    got = found(
        ["One two three, four five six!", "one TWO three four -- five six", "天地玄黄，宇宙洪荒。", "天地玄黄 宇宙洪荒"], list("abcd")
    )
    assert [v[1] for v in got.values()] == [None, 1.0, None, 1.0] or got["b"][0] is None


def test_chains_do_not_remove_what_is_not_similar_to_a_row_that_stays() -> None:
    words = [f"w{i}" for i in range(140)]
    texts = [" ".join(words[k : k + 100]) for k in (0, 8, 16, 24)]  # neighbours 0.83, next but one 0.69
    got = found(texts, list("abcd"), prefer="first")
    assert {k: v[0] for k, v in got.items()} == {"a": None, "b": "a", "c": None, "d": "c"}
    assert [v[2] for v in got.values()] == ["a", "a", "c", "c"]


def test_copies_of_a_removed_row_go_to_the_row_that_stays() -> None:
    got = found([LICENCE + " one two", LICENCE, LICENCE + "\n", "else"], ["d", "c", "b", "a"])
    similar = got["c"][1]
    assert got == {"d": (None, None, "b"), "c": ("d", similar, "b"), "b": ("d", similar, "b"), "a": (None, None, None)}
    assert similar is not None
    assert 0.9 < similar < 1


@pytest.mark.parametrize(("prefer", "stays"), [("longest", "c"), ("first", "a"), ("score", "b"), ("-score", "c")])
def test_who_stays_is_a_policy(prefer: str, stays: str) -> None:
    texts: list[str | None] = [LICENCE, LICENCE + " x", LICENCE + " x y"]
    got = found(texts, ["a", "b", "c"], {"score": [0.5, 0.9, 0.1]}, prefer=prefer)
    assert {k: v[0] for k, v in got.items()} == {k: None if k == stays else stays for k in "abc"}
    assert {v[2] for v in got.values()} == {"a"}


def test_per_compares_equal_values_only() -> None:
    texts: list[str | None] = [LICENCE, LICENCE + " x", LICENCE + " x y", LICENCE]
    got = found(texts, list("abcd"), {"site": [1, 2, 1, 2]}, per="site")
    assert {k: v[0] for k, v in got.items()} == {"a": "c", "b": None, "c": None, "d": "b"}


@pytest.mark.parametrize("prefer", ["longest", "first", "score"])
def test_order_of_rows_does_not_matter(prefer: str) -> None:
    texts, _, _ = corpus()
    ids, pick = row_ids(len(texts)), random.Random(4)
    score = [pick.randrange(5) for _ in texts]
    whole = found(texts, ids, {"score": score}, prefer=prefer)
    order = pick.sample(range(len(texts)), len(texts))
    assert found([texts[i] for i in order], [ids[i] for i in order], {"score": [score[i] for i in order]}, prefer=prefer) == whole


def test_the_size_of_pieces_does_not_matter_and_forgetting_only_misses() -> None:
    texts, _, _ = corpus()
    column = pa.array(sorted(set(texts) - {""}, key=len, reverse=True), pa.large_string())
    hashes, some = band_hashes(column, 2, 60, 1, 0)  # one permutation a band: large components
    bucket_of, count = buckets(hashes[some], np.zeros(int(some.sum()), np.int32))
    heads = components(bucket_of, count)
    turn = np.argsort(heads, kind="stable")
    assert np.bincount(heads).max() > 300
    column, bucket_of = column.filter(pa.array(some)).take(pa.array(turn)), bucket_of[turn]

    def settled(piece: int, **limits: int) -> tuple[np.ndarray, np.ndarray]:
        greedy = Greedy(bucket_of, count, heads[turn], 0.8, **limits)
        for first, stop in in_pieces(np.ones(len(column), np.int64), piece):
            greedy.take(*shingle_sets(column.slice(first, stop - first), 5))
        return greedy.partners, greedy.jaccards

    partners, jaccards = settled(10**6)
    assert (partners >= 0).sum() > 50
    for piece in (1, 7, 100):
        again = settled(piece)
        assert (again[0] == partners).all()
        assert (again[1] == jaccards).all()
    fewer = settled(7, most=2000)
    assert 0 < (fewer[0] >= 0).sum() <= (partners >= 0).sum()
    assert (fewer[1][fewer[0] >= 0] >= 0.8).all()
    assert (fewer[0][fewer[0][fewer[0] >= 0]] == -1).all(), "partners stay"


def test_thousands_of_alike_licences_are_one_cluster_fetched_once_in_bounded_pieces() -> None:
    texts = [f"{LICENCE} holder{i} {LICENCE[::-1]}" for i in range(3000)]
    column, ids, op = pa.array(texts, pa.large_string()), row_ids(3000), NearDuplicates()
    rows = pa.table({"_id": ids, **dict(zip((c.suffix for c in op.signs), op.signature(column), strict=True))})
    fetched: list[int] = []

    def fetch(at: pa.Array) -> list[pa.Array]:
        fetched.append(len(at))
        return [column.take(at)]

    of, _, cluster = op.relate(rows, fetch)
    assert of.null_count == 1
    assert set(cluster.to_pylist()) == {min(ids)}
    assert sum(fetched) == 3000
    assert max(fetched) * len(texts[0]) <= 2_100_000


def test_a_text_of_megabytes_is_compared() -> None:
    pick = random.Random(8)
    long = " ".join(pick.choices([f"w{i}" for i in range(5000)], k=600_000))
    got = found([long, long[:-20_000], "短" * 300], list("abc"))
    assert got["b"][0] == "a"
    assert got["b"][1] == pytest.approx(0.994, abs=0.002)
    assert got["c"] == (None, None, None)
