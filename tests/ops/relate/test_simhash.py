from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.relate import slow
from sample_inputs import TEXTS, apply_relate, random_texts, row_ids
from zhuoyu.kernels.shingles import shingle_sets
from zhuoyu.kernels.simhash import blocks_of, distance, settle, signatures
from zhuoyu.op import Bound
from zhuoyu.ops.relate.simhash import Simhash

LONG = " ".join(slow.tokens(" ".join(slow.code_texts(3)))[:300])


def found(texts: list[str | None], ids: list[str], extra: dict[str, Any] | None = None, **params: Any) -> dict[str, tuple[Any, ...]]:
    return apply_relate(Simhash(**params), [pa.array(texts, pa.large_string())], ids, 5, {k: pa.array(v) for k, v in (extra or {}).items()})


def test_the_columns_are_called_by_their_input() -> None:
    assert [f.name for f in Bound(Simhash()).fields()] == ["text_simhash_duplicate_of", "text_simhash_distance"]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_bit_is_what_most_ngrams_say(n: int) -> None:
    texts = [t for t in TEXTS + random_texts(2, 200) if t is None or len(t) < 20_000]
    got, some = signatures(pa.array([None, *texts], pa.large_string())[1:], n)
    for text, mine, there in zip(texts, got.tolist(), some, strict=True):
        tokens = slow.tokens(text or "")
        assert there == bool(tokens)
        size = min(n, len(tokens))
        votes, grams = [0] * 64, [tokens[i : i + size] for i in range(len(tokens) - size + 1)] if tokens else []
        known: dict[tuple[str, ...], int] = {}
        for gram in map(tuple, grams):
            if gram not in known:
                known[gram] = int(shingle_sets(pa.array([" ".join(gram)], pa.large_string()), size)[0][0])
            for bit in range(64):
                votes[bit] += known[gram] >> bit & 1
        assert mine == sum((2 * v > len(grams)) << bit for bit, v in enumerate(votes))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_distance_counts_bits(a: int, b: int) -> None:
    assert distance(np.uint64(a), np.uint64(b)) == (a ^ b).bit_count()


@pytest.mark.parametrize("rows", [10, 10**6, 10**8])
@pytest.mark.parametrize("most", [0, 1, 3, 6, 12])
def test_hashes_so_near_agree_under_a_mask(most: int, rows: int) -> None:
    masks = [int(m) for m in blocks_of(most, rows)]
    pick = random.Random(most)
    for _ in range(300):
        differ = sum(1 << b for b in pick.sample(range(64), most))
        assert any(m & differ == 0 for m in masks)
    assert all(m.bit_count() >= 4 for m in masks)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_pair_is_found_as_slow_python_finds_it(data: st.DataObject) -> None:
    seed, most, size = data.draw(st.integers(0, 10**6)), data.draw(st.integers(0, 6)), data.draw(st.integers(0, 60))
    pick = random.Random(seed)
    hashes: list[int] = []
    for _ in range(size):
        near = pick.choice(hashes) if hashes and pick.random() < 0.7 else pick.getrandbits(64)
        hashes.append(near ^ sum(1 << b for b in pick.sample(range(64), pick.randint(0, 7))))
    groups = [pick.randrange(2) for _ in hashes]
    who, far = settle(np.array(hashes, np.uint64), np.array(groups, np.int32), most)
    stays: list[int] = []
    for i, h in enumerate(hashes):
        near_by = sorted(((h ^ hashes[j]).bit_count(), j) for j in stays if groups[j] == groups[i])
        if near_by and near_by[0][0] <= most:
            assert (far[i], who[i]) == near_by[0]
        else:
            assert who[i] == -1
            stays.append(i)


def test_who_stays_is_a_policy_and_texts_without_words_are_left_alone() -> None:
    texts: list[str | None] = [LONG, f"{LONG} x", f"{LONG} x y", "!!!", "???", None, "", "short", "Short!"]
    ids, score = list("abcdefghi"), [1, 3, 2, 0, 0, 0, 0, 0, 0]
    for prefer, stays in (("longest", "c"), ("first", "a"), ("score", "b"), ("-score", "a")):
        got = found(texts, ids, {"score": score}, prefer=prefer)
        assert {k: got[k][0] for k in "abc"} == {k: None if k == stays else stays for k in "abc"}
        assert all(got[k] == (None, None) for k in "defg")
    assert found(texts, ids, prefer="first")["i"] == ("h", 0)
    sites = found(texts[:3], ["a", "b", "c"], {"site": [1, 2, 1]}, prefer="first", per="site")
    assert {k: v[0] for k, v in sites.items()} == {"a": None, "b": None, "c": "a"}


def test_planted_near_copies_are_found_and_unrelated_texts_are_not() -> None:
    pick = random.Random(7)
    texts = slow.code_texts(700) + [t for t in slow.chinese_texts(8000) if len(t) > 200][:700]
    originals, planted = pick.sample(range(len(texts)), 400), []
    for i in originals:
        size = max(1, len(texts[i]) // 50)
        at = pick.randrange(len(texts[i]) - size)
        planted.append(f"{texts[i][:at]} new {texts[i][at + size :]}")
    ids = row_ids(len(texts) + len(planted))
    alone = found(list(texts), ids[: len(texts)])
    whole = found([*texts, *planted], ids)
    hits = [whole[ids[i]][0] is not None or whole[ids[len(texts) + k]][0] is not None for k, i in enumerate(originals)]
    assert sum(hits) >= 0.75 * len(hits), "2 % replaced, 6 bits"
    false = [k for k, v in alone.items() if v[0] is not None]
    at = {name: i for i, name in enumerate(ids)}
    alike = [k for k in false if slow.jaccard(slow.shingles(texts[at[k]], 2), slow.shingles(texts[at[alone[k][0]]], 2)) > 0.5]
    assert len(false) - len(alike) <= 0.005 * len(texts)
    assert all(v[1] is None or 0 <= v[1] <= 6 for v in whole.values())
