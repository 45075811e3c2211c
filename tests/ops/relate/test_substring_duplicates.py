from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kit import ListInput, kept, run, step
from ops.relate import slow
from sample_inputs import TEXTS, apply_relate, random_texts, row_ids
from zhuoyu.kernels.substrings import fingerprints
from zhuoyu.op import Bound
from zhuoyu.ops.relate import _substrings
from zhuoyu.ops.relate.substring_duplicates import SubstringDuplicates
from zhuoyu.recipe.plan import Stage

Found = dict[str, tuple[float | None, list[tuple[int, int]] | None]]


def found(texts: list[str | None], ids: list[str], extra: dict[str, Any] | None = None, **params: Any) -> Found:
    op = SubstringDuplicates(**params)
    got = apply_relate(op, [pa.array(texts, pa.large_string())], ids, 5, {k: pa.array(v) for k, v in (extra or {}).items()})
    return {k: (share, None if spans is None else [(s["start"], s["end"]) for s in spans]) for k, (share, spans) in got.items()}


def slow_tokens(text: str) -> list[tuple[str, int, int]]:
    out, at, folded = [], 0, "".join(slow._fold(c) for c in text)
    for token in slow.tokens(text):
        at = folded.index(token, at)
        out.append((token, at, at + len(token)))
        at += len(token)
    return out


def slow_found(texts: list[str | None], ids: list[str], window: int) -> Found:
    out: Found = {}
    seen: set[tuple[str, ...]] = set()
    for name, text in sorted(zip(ids, texts, strict=True)):
        if text is None:
            out[name] = (None, None)
            continue
        tokens, spans = slow_tokens(text), list[tuple[int, int]]()
        windows = [tuple(t for t, _, _ in tokens[i : i + window]) for i in range(len(tokens) - window + 1)]
        for i, said in enumerate(windows):
            if said in seen:
                start, end = tokens[i][1], tokens[i + window - 1][2]
                spans.append((spans.pop()[0] if spans and start <= spans[-1][1] else start, end))
        seen |= set(windows)
        out[name] = (sum(b - a for a, b in spans) / len(text) if text else 0.0, spans)
    return out


def test_the_columns_are_called_by_their_input() -> None:
    assert [f.name for f in Bound(SubstringDuplicates()).fields()] == ["text_substring_duplicate_share", "text_substring_duplicate_spans"]


@pytest.mark.parametrize(
    ("texts", "spans"),
    [
        (["a b c d e f", "x a b c d e f y"], [[], [(2, 13)]]),
        (["a b c d", "A, b -- C d!"], [[], [(0, 11)]]),
        (["a b c", "a b c"], [[], []]),
        (["天地玄黄宇宙洪荒", "😀千字文：天地玄黄，宇宙洪荒。"], [[], [(5, 14)]]),
        (["a b c d a b c d", "other words here too"], [[], []]),
        (["a b c d z e f g h", "e f g h q a b c d"], [[], [(0, 7), (10, 17)]]),
        ([None, ""], [None, []]),
    ],
)
def test_passages_of_an_earlier_row_are_listed(texts: list[str | None], spans: list[Any]) -> None:
    got = found(texts, ["a", "b"], tokens=4)
    assert [got[k][1] for k in "ab"] == spans
    assert all(share is None or share == pytest.approx(sum(b - a for a, b in s or []) / max(1, len(t or "")))
               for (share, s), t in zip(got.values(), texts, strict=True))  # fmt: skip


def test_who_has_it_first_is_a_policy() -> None:
    texts: list[str | None] = ["a b c d", "a b c d x", "a b c d x yz"]
    for prefer, first in (("first", "a"), ("longest", "c"), ("score", "b")):
        got = found(texts, list("abc"), {"score": [1, 3, 2]}, tokens=4, prefer=prefer)
        assert {k for k, (share, _) in got.items() if share == 0} == {first}
    got = found(texts, list("abc"), {"site": ["p", "q", "p"]}, tokens=4, per="site")
    assert {k for k, (share, _) in got.items() if share} == {"c"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_columns_are_those_of_slow_python(data: st.DataObject) -> None:
    words = st.lists(st.sampled_from(["a", "B", "c", "汉", "字", "é\u0301", "😀", "it's", "𠮷", "\x00", "\u0627\u200f"]), max_size=40)
    sep = data.draw(st.sampled_from([" ", "", ", "]))
    texts = data.draw(st.lists(st.none() | words.map(sep.join), max_size=6))
    window = data.draw(st.integers(4, 9))
    ids = row_ids(len(texts))
    assert found(texts, ids, tokens=window) == slow_found(texts, ids, window)


def test_hard_texts_are_those_of_slow_python() -> None:
    texts = [t for t in TEXTS + random_texts(4, 300) if t is None or len(t) < 20_000]
    ids = row_ids(len(texts))
    got, truth = found(texts, ids, tokens=5), slow_found(texts, ids, 5)
    assert got == truth
    assert sum(bool(s) for s, _ in truth.values()) >= 3


def test_two_texts_that_share_a_window_share_its_fingerprint() -> None:
    pick = random.Random(9)
    for _ in range(200):
        common = [str(pick.randrange(5)) for _ in range(20)]
        a, b = ([str(pick.randrange(5)) for _ in range(pick.randrange(30))] + common for _ in range(2))
        hashes, ends = fingerprints(pa.array([" ".join(a), " ".join(b)], pa.large_string()), 20)
        assert set(hashes[: ends[1]]) & set(hashes[ends[1] :])
    long = pa.array([" ".join(str(pick.randrange(10**6)) for _ in range(20_000))], pa.large_string())
    assert len(fingerprints(long, 50)[0]) / 20_000 == pytest.approx(2 / 27, rel=0.05), "density of winnowing"


def test_passes_of_any_size_say_the_same() -> None:
    texts = slow.code_texts(150)
    column, op = pa.array(texts + [t[30:] for t in texts], pa.large_string()), SubstringDuplicates(tokens=20)
    rows = pa.table({"_id": row_ids(len(column)), **dict(zip((s.suffix for s in op.signs), op.signature(column), strict=True))})
    fetched: list[int] = []

    def fetch(at: pa.Array) -> list[pa.Array]:
        fetched.append(len(at))
        return [column.take(at)]

    whole = [a.to_pylist() for a in op.relate(rows, fetch)]
    few = sum(fetched)
    assert [a.to_pylist() for a in _substrings.relate(rows, fetch, 20, "first", "", most=2000)] == whole
    assert sum(fetched) >= 5 * few, "several passes"
    assert sum(s > 0.5 for s in whole[0]) > 100


def test_broken_utf8_is_walked_to_its_end() -> None:
    column = pa.array([b"a b c d \xed\xa0\x80", b"\xff\xf0\x9f", b"\xe6\xb1 a b c d", None], pa.large_binary()).view(pa.large_string())
    hashes, ends = fingerprints(column, 4)
    assert ends[-1] >= 2
    assert hashes[0] in hashes[ends[2] :]


def test_planted_passages_are_found_and_nothing_else() -> None:
    pick = random.Random(10)
    english = [" ".join(dict.fromkeys(slow.tokens(t))) for t in slow.code_texts(900)]  # a word once: no tables
    chinese = [t for t in slow.chinese_texts(16000) if 80 < len(t) < 300]
    texts = list(dict.fromkeys(english[:600] + chinese[:600]))
    ids = row_ids(len(texts))
    assert sum((share or 0) > 0 for share, _ in found(list(texts), ids).values()) <= 0.02 * len(texts), (
        "real texts quote each other, seldom"
    )
    passages = [" ".join(slow.tokens(" ".join(slow.code_texts(1000)[-40:]))[i * 60 : i * 60 + 60]) for i in range(10)]
    hosts = pick.sample(range(len(texts)), 200)
    for k, i in enumerate(hosts):
        at = pick.choice([0, len(texts[i]), texts[i].find(" ") + 1])
        texts[i] = f"{texts[i][:at]} {passages[k % 10]} {texts[i][at:]}"
    got = found(list(texts), ids)
    for k, passage in enumerate(passages):
        holders = sorted(ids[i] for i in hosts[k::10])
        for name in holders[1:]:
            text = texts[ids.index(name)]
            start = text.index(passage)
            assert any(a <= start and start + len(passage) <= b for a, b in got[name][1] or [])


def test_it_runs_in_the_engine_whatever_the_shards(tmp_path: Path) -> None:
    passage = " ".join(f"word{i}" for i in range(60))
    texts = tuple(f"page {i} {passage}" for i in range(100))
    for shards in ((1000, 50), (40, 15)):
        rows = kept(
            run(tmp_path / str(shards[0]), ListInput(texts, *shards), Stage([], [step(0, "relate.substring_duplicates")]), Stage([], []))
        )
        assert [r["text_substring_duplicate_share"] > 0.95 for r in rows] == [False] + [True] * 99
