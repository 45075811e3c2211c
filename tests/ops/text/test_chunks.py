from __future__ import annotations

import itertools
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import planted_pii as planted
from zhuoyu.ops.text.chunks import Chunks
from zhuoyu.ops.text.length import Length

GUIDE = "Intro words.\n\n# One\n\nA first. B second!\n\n```\n# no heading\n```\n## Two ##\nC third？\n#hashtag\n"
CASES = [
    ({"by": "words", "size": 2}, "one two three. four", ["one two", "three. four"]),
    ({"by": "words", "size": 2, "overlap": 1}, "a b c d", ["a b", "b c", "c d"]),
    ({"by": "words", "size": 3}, "汉字很多，你好", ["汉字很", "多，你好"]),
    ({"by": "words", "size": 1}, "“one” (two) — three!", ["“one”", "(two) —", "three!"]),
    ({"by": "sentences", "size": 5}, "Pi is 3.14. “So?” he said. End", ["Pi is 3.14. “So?”", "he said. End"]),
    ({"by": "sentences", "size": 2}, "one two three. four five", ["one two", "three.", "four five"]),
    ({"by": "sentences", "size": 4, "overlap": 2}, "a b. c d. e f. g h.", ["a b. c d.", "c d. e f.", "e f. g h."]),
    ({"by": "sentences", "size": 4, "overlap": 1}, "a b. c d. e f. g h.", ["a b. c d.", "e f. g h."]),
    ({"by": "sentences", "size": 6}, "今天好。明天也好！后天？", ["今天好。", "明天也好！后天？"]),
    ({"by": "sentences", "size": 3}, "a b\n\nc d", ["a b", "c d"]),
    ({"by": "words", "unit": "chars", "size": 3}, "abcdefgh ij", ["abc", "def", "gh", "ij"]),
    ({"by": "words", "unit": "chars", "size": 6}, "ab cd ef", ["ab cd", "ef"]),
    ({"by": "words", "size": 2}, "!!! ??? …", ["!!! ??? …"]),
    ({"by": "words", "size": 9}, " \n\u3000", []),
    ({}, "", []),
    ({}, None, []),
]


def chunked(op: Chunks, *texts: str | None) -> list[dict[str, object]]:
    got = op.run(pa.array(texts, pa.large_string()))
    columns = [got.parent, *got.columns]
    names = ["row", *(c.suffix for c in op.writes)]
    return [dict(zip(names, row, strict=True)) for row in zip(*(c.to_pylist() for c in columns), strict=True)]


@pytest.mark.parametrize(("params", "text", "said"), CASES)
def test_golden(params: dict, text: str | None, said: list[str]) -> None:
    got = chunked(Chunks(**params), None, text, "z")
    assert [c["text"] for c in got] == [*said, "z"]
    assert [c["row"] for c in got] == [1] * len(said) + [2]


def test_headings_start_chunks_and_are_named() -> None:
    got = chunked(Chunks(by="headings", size=100), GUIDE)
    assert [(c["heading"], c["text"]) for c in got] == [
        (None, "Intro words."),
        ("One", "# One\n\nA first. B second!\n\n```\n# no heading\n```"),
        ("Two", "## Two ##\nC third？\n#hashtag"),
    ]
    small = chunked(Chunks(by="headings", size=4, overlap=2), GUIDE)
    assert [(c["heading"], c["text"]) for c in small][:3] == [
        (None, "Intro words."),
        ("One", "# One\n\nA first."),
        ("One", "A first. B second!"),
    ]
    assert all(c["text"].count("# One") <= 1 for c in small)


def test_an_overlap_must_be_smaller_than_the_size() -> None:
    with pytest.raises(ValidationError, match="overlap below the size of 3, found 3"):
        Chunks(size=3, overlap=3)


NASTY = st.text(st.sampled_from(list("ab Ié汉字。.!?“”(）《#`~'\n\r\t\u3000\u200b\x00😀👍🏽م٣1")), max_size=80)
PARAMS = st.fixed_dictionaries(
    {"by": st.sampled_from(["words", "sentences", "headings"]), "unit": st.sampled_from(["words", "chars"]), "size": st.integers(1, 12)}
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.none() | NASTY, max_size=4), PARAMS, st.integers(0, 11), st.integers(0, 3))
def test_laws(texts: list[str | None], params: dict, overlap: int, offset: int) -> None:
    op = Chunks(**params, overlap=min(overlap, params["size"] - 1))
    whole = pa.array(texts, pa.large_string()).slice(min(offset, len(texts)))
    texts = whole.to_pylist()
    got = op.run(whole)
    rows = list(zip(got.parent.to_pylist(), *(c.to_pylist() for c in got.columns), strict=True))
    for row, said, start, end, _ in rows:
        assert texts[row][start:end] == said
        assert said == said.strip("".join(map(chr, SPACES)))
        size = len(said) if op.unit == "chars" else Length().on({"text": [said]})["text_words"][0]
        assert size <= op.size
    for row, text in enumerate(texts):
        mine = [(s, e) for r, _, s, e, _ in rows if r == row]
        assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(mine)), "each goes on"
        covered = set(itertools.chain.from_iterable(range(s, e) for s, e in mine))
        assert not [c for i, c in enumerate(text or "") if i not in covered and ord(c) not in SPACES], "nothing is lost"
        if not op.overlap:
            assert sum(e - s for s, e in mine) == len(covered)


SPACES = {9, 10, 11, 12, 13, 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def words_of(text: str) -> int:
    return Length().on({"text": [text]})["text_words"][0]


@settings(max_examples=200, deadline=None)
@given(NASTY, st.integers(1, 7))
def test_chunks_of_words_are_full_but_for_the_last(text: str, size: int) -> None:
    said = [c["text"] for c in chunked(Chunks(by="words", size=size), text)]
    counts = [words_of(s) for s in said]
    assert sum(counts) == words_of(text)
    assert counts[:-1] == [size] * (len(counts) - 1)


def test_real_text_is_cut_at_sentence_ends() -> None:
    texts = [t for t in planted.real_texts() if words_of(t) > 300]
    assert len(texts) >= 5
    got = chunked(Chunks(size=120, overlap=20), *texts)
    ends = [c for c in got if c["end"] < len(texts[c["row"]].rstrip())]
    good = sum(
        c["text"].rstrip("\"')]}»›”’」』）】》〉〕*_`")[-1] in ".!?。！？…‼"
        or "\n\n" in texts[c["row"]][c["end"] : c["end"] + 4].replace(" ", "")
        for c in ends
    )
    assert good >= 0.6 * len(ends), f"{good} of {len(ends)}"


def test_time_grows_with_length_only() -> None:
    op = Chunks(by="words", unit="chars", size=1000)
    op.run(pa.array(["x"], pa.large_string()))
    for text in ("a" * 20_000_000, "字" * 6_000_000, " " * 20_000_000, "# \n" * 5_000_000):
        begun = time.process_time()
        op.run(pa.array([text], pa.large_string()))
        assert time.process_time() - begun < 10
