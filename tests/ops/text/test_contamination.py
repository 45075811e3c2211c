from __future__ import annotations

import gzip
import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kit import ListInput, kept, rejected, run, step
from ops.relate import slow
from sample_inputs import TEXTS, pieces, random_texts
from zhuoyu.errors import DataError, SpecError
from zhuoyu.kernels import overlap
from zhuoyu.kernels.shingles import shingle_sets
from zhuoyu.op import FOLDER
from zhuoyu.ops import load
from zhuoyu.ops.text.contamination import Contamination
from zhuoyu.recipe.names import make_op
from zhuoyu.recipe.plan import Stage

QUESTION = "Natalia sold clips to forty eight of her friends in April, and then she sold half as many in May. How many?"
NOVEL = "Who wrote the novel that begins with rain?"
CHINESE = "小明有三十六个苹果，他把其中的三分之一分给了小红，请问他还剩下多少个苹果？"


def lines(folder: Path, *texts: str, name: str = "bench.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(texts), "utf-8")
    return path


def found(op: Contamination, texts: list[str | None]) -> list[tuple[float | None, list[tuple[int, int, str]] | None]]:
    got = op.on({"text": texts})
    shares, spans = got["text_contaminated_share"], got["text_contaminated_spans"]
    said = [None if s is None else [(x["start"], x["end"], x["benchmark"]) for x in s] for s in spans]
    return list(zip(shares, said, strict=True))


def slow_tokens(text: str) -> list[tuple[str, int, int]]:
    """Tokens of slow Python and where they stand: each is found again after the one before."""
    out, at, folded = [], 0, "".join(slow._fold(c) for c in text)
    for token in slow.tokens(text):
        at = folded.index(token, at)
        out.append((token, at, at + len(token)))
        at += len(token)
    return out


def slow_spans(text: str, known: set[tuple[str, ...]], n: int) -> list[tuple[int, int]]:
    tokens = slow_tokens(text)
    out: list[list[int]] = []
    for i in range(len(tokens) - n + 1):
        if tuple(t for t, _, _ in tokens[i : i + n]) in known:
            start, end = tokens[i][1], tokens[i + n - 1][2]
            if out and start <= out[-1][1]:
                out[-1][1] = end
            else:
                out.append([start, end])
    return [(a, b) for a, b in out]


@pytest.mark.parametrize(
    ("item", "text", "quoted"),
    [
        (QUESTION, f"Today: {QUESTION} Answer: 72.", QUESTION.rstrip("?")),
        (QUESTION, QUESTION.upper().replace(",", " --"), QUESTION.upper().replace(",", " --").rstrip("?")),
        (QUESTION, QUESTION[:60], None),
        (CHINESE, f"题目：{CHINESE}答案", CHINESE[:-1]),
        (CHINESE, f"😀𠮷{CHINESE[:20]}不同", CHINESE[:20]),
        (CHINESE, CHINESE[:13], None),
        (NOVEL, f"x {NOVEL.lower()[:-1]} y", NOVEL.lower()[:-1]),
        (NOVEL, NOVEL.replace("rain", "sun"), None),
        ("Who wrote that?", "Who wrote that?", None),
    ],
)  # fmt: skip
def test_spans_are_what_the_benchmark_has(tmp_path: Path, item: str, text: str, quoted: str | None) -> None:
    share, spans = found(Contamination(benchmarks=[lines(tmp_path, item)]), [text])[0]
    expected = [] if quoted is None else [(text.index(quoted), text.index(quoted) + len(quoted), "bench")]
    assert spans == expected
    assert share == (pytest.approx(len(quoted) / len(text)) if quoted else 0)


def test_each_benchmark_is_named_and_the_share_counts_every_code_point_once(tmp_path: Path) -> None:
    a = lines(tmp_path, QUESTION, name="a.txt")
    b = lines(tmp_path, QUESTION[QUESTION.index("eight") :], name="b.txt")
    share, spans = found(Contamination(benchmarks=[a, b]), [QUESTION])[0]
    assert spans == [(0, len(QUESTION) - 1, "a"), (QUESTION.index("eight"), len(QUESTION) - 1, "b")]
    assert share == pytest.approx((len(QUESTION) - 1) / len(QUESTION))


def test_null_empty_and_no_benchmarks(tmp_path: Path) -> None:
    assert found(Contamination(benchmarks=[lines(tmp_path, QUESTION)]), [None, "", "x"]) == [(None, None), (0.0, []), (0.0, [])]
    assert found(Contamination(), [QUESTION, None]) == [(None, None), (None, None)], "nothing was compared: unknown, not clean"


def test_the_form_of_a_benchmark_does_not_count(tmp_path: Path) -> None:
    form = "Read the following passage and answer the question with one of the four options given below"
    file = lines(tmp_path, *(f"{form} {i}" for i in range(11)))
    assert found(Contamination(benchmarks=[file]), [form])[0] == (0.0, [])
    assert found(Contamination(benchmarks=[file], common=11), [form])[0][0] == 1.0


def test_files_of_every_kind_give_the_same(tmp_path: Path) -> None:
    rows = [{"q": QUESTION, "a": "seventy two"}, {"q": CHINESE, "a": None}]
    said = "\n".join(json.dumps(r) for r in rows)
    paths = [tmp_path / name for name in ("a.jsonl", "a.jsonl.gz", "a.json", "a.parquet")]
    paths[0].write_text(said, "utf-8")
    paths[1].write_bytes(gzip.compress(said.encode()))
    paths[2].write_text(json.dumps(rows), "utf-8")
    pq.write_table(pa.Table.from_pylist(rows), paths[3])
    texts = [QUESTION, CHINESE, "other"]
    expected = found(Contamination(benchmarks=[lines(tmp_path, QUESTION, CHINESE, name="a.txt")]), texts)
    for path in paths:
        assert found(Contamination(benchmarks=[{"path": str(path), "field": ["q", "a"]}]), texts) == expected


def test_the_digest_is_of_what_the_file_says_not_of_where_it_lies(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    one, two = (Contamination(benchmarks=[lines(tmp_path / f, QUESTION)]) for f in ("a", "b"))
    assert one.digest() == two.digest()
    lines(tmp_path / "b", CHINESE)
    assert Contamination(benchmarks=[tmp_path / "b" / "bench.txt"]).digest() != one.digest()
    with pytest.raises(DataError, match="changed since the run was planned"):
        two.open()
    with pytest.raises(ValueError, match="expected 000000"):
        Contamination(benchmarks=[{"path": str(tmp_path / "a" / "bench.txt"), "digest": "0" * 64}])


def test_files_that_are_not_what_they_should_be_say_so(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"benchmarks.*nowhere.txt.*cannot be read"):
        make_op(load("text.contamination"), {"benchmarks": [str(tmp_path / "nowhere.txt")]})
    bad = {"a.jsonl": b'{"q": "x"}', "b.jsonl": b"{", "c.parquet": b"PAR", "d.txt": b"\xff\xfe"}
    for name, body in bad.items():
        words = "has no field 'text'; say `field:`, one of: q" if name == "a.jsonl" else "cannot be read"
        (tmp_path / name).write_bytes(body)
        with pytest.raises((SpecError, DataError), match=words):
            Contamination(benchmarks=[tmp_path / name]).open()


NASTY = st.text(st.sampled_from("aAbβ1 .'’é\u0301汉字かกß\x00😀𠮷\u200f\u0627\n"), max_size=60)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | NASTY, max_size=6), st.lists(NASTY, max_size=3), st.integers(1, 4), st.integers(0, 3))
def test_spans_are_those_of_slow_python(texts: list[str | None], items: list[str], n: int, cut: int) -> None:
    column = pa.array(["ab"] * cut + texts, pa.large_string())[cut:]
    hashes = sorted(set(shingle_sets(pa.array(items, pa.large_string()), n)[0].tolist()))
    table = overlap.grams(n, pa.array(hashes, pa.uint64()).to_numpy(), pa.array([0] * len(hashes), pa.int32()).to_numpy())
    known = {gram for item in items for gram in slow.shingles(item, n)}
    expected = [[row, 0, a, b] for row, t in enumerate(texts) if t is not None for a, b in slow_spans(t, known, n)]
    assert overlap.find(column, table).tolist() == expected


def test_broken_utf8_is_walked_to_its_end() -> None:
    raw = [b"one two \xed\xa0\x80 three", b"\xff\xfe\xf0\x9f", b"two three \xe6\xb1"]
    column = pa.array(raw, pa.large_binary()).view(pa.large_string())
    hashes, _ = shingle_sets(pa.array(["two three"], pa.large_string()), 2)
    got = overlap.find(column, overlap.grams(2, hashes, pa.array([0] * len(hashes), pa.int32()).to_numpy()))
    assert [g[0] for g in got.tolist()] == [0, 2]


def test_the_laws_of_a_measure_hold_with_a_benchmark(tmp_path: Path) -> None:
    pool = TEXTS + random_texts(1, 80) + [QUESTION, CHINESE, f"{CHINESE} {QUESTION}"]
    op = Contamination(benchmarks=[lines(tmp_path, QUESTION, *(t for t in TEXTS if t and "\n" not in t))], ngram=8)
    op.open()
    column = pa.array(pool, pa.large_string())
    whole: list[Any] = [a.to_pylist() for a in op.run(column)]
    assert [a.type for a in op.run(column[:0])] == [c.type for c in op.writes]
    for size in (1, 7):
        parts = [op.run(*part) for part in pieces([column], size)]
        assert [[v for part in parts for v in part[k].to_pylist()] for k in range(2)] == whole
    assert all(s is None or 0 <= s <= 1 for s in whole[0])
    for spans, text in zip(whole[1], pool, strict=True):
        assert spans is None or all(0 <= s["start"] < s["end"] <= len(text or "") for s in spans)
        assert spans is None or all(a["end"] < b["start"] for a, b in pairwise(spans))


def test_planted_questions_are_found_and_other_texts_are_not_alarmed(tmp_path: Path) -> None:
    pick = random.Random(5)
    english, chinese = slow.code_texts(600), [t for t in slow.chinese_texts(4000) if len(t) >= 40]
    items = [" ".join(slow.tokens(t)[:40]) for t in english[:150]] + [t[:40] for t in chinese[:150]]
    others = english[300:] + chinese[300:1500]
    planted = []
    for item in items:
        host = pick.choice(others)
        at = pick.randrange(len(host))
        planted.append(f"{host[:at]} {item} {host[at:]}")
    op = Contamination(benchmarks=[lines(tmp_path, *(i.replace("\n", " ") for i in items))])
    hits = [share > 0 for share, _ in found(op, list(planted)) if share is not None]
    alarms = [share > 0 for share, _ in found(op, list(others)) if share is not None]
    assert len(others) > 1000
    assert sum(hits) >= 0.99 * len(items)
    assert sum(alarms) <= 0.01 * len(others)


def test_a_relative_path_begins_at_the_recipes_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(tmp_path, QUESTION)
    monkeypatch.chdir("/")
    token = FOLDER.set(tmp_path)
    try:
        op = make_op(load("text.contamination"), {"benchmarks": ["bench.txt"]})
    finally:
        FOLDER.reset(token)
    assert op.digest() == Contamination(benchmarks=[tmp_path / "bench.txt"]).digest()
    op.open()


def test_a_benchmark_that_broke_after_planning_ends_the_run_with_its_words(tmp_path: Path) -> None:
    file = lines(tmp_path, "{", name="bench.jsonl")
    with pytest.raises(DataError, match=r"bench\.jsonl cannot be read"):
        run(tmp_path, ListInput(("a text",)), Stage([step(0, "text.contamination", params={"benchmarks": [str(file)]})], []))


def test_it_runs_in_the_engine_with_spans_beside_the_rows(tmp_path: Path) -> None:
    file = lines(tmp_path, QUESTION)
    stage = Stage([step(0, "text.contamination", params={"benchmarks": [str(file)]}), step(1, "keep text_contaminated_share < 0.5")], [])
    done = run(tmp_path, ListInput((QUESTION, f"{QUESTION} {CHINESE * 5}", "clean", None)), stage)
    assert [r["_id"] for r in kept(done)] == ["00001", "00002"]
    assert kept(done)[0]["text_contaminated_spans"] == [{"start": 0, "end": len(QUESTION) - 1, "benchmark": "bench"}]
    assert [r["_id"] for r in rejected(done)] == ["00000", "00003"]
