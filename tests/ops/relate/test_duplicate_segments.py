from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kit import ListInput, kept, run, step
from ops.relate import slow
from sample_inputs import TEXTS, apply_relate, random_texts, row_ids
from zhuoyu.kernels import segments
from zhuoyu.kernels.segments import Pieces
from zhuoyu.op import Bound, Relate
from zhuoyu.ops.relate._packed import pack, unpack
from zhuoyu.ops.relate.duplicate_lines import DuplicateLines
from zhuoyu.ops.relate.duplicate_paragraphs import DuplicateParagraphs
from zhuoyu.recipe.plan import Stage

Found = dict[str, tuple[float | None, list[tuple[int, int]] | None]]
OPS: list[type[DuplicateLines] | type[DuplicateParagraphs]] = [DuplicateLines, DuplicateParagraphs]
_SPACE = "".join(chr(c) for c in range(0x3001) if slow.flags_of(c) & 8)


def found(op: Relate, texts: list[str | None], ids: list[str], extra: dict[str, Any] | None = None) -> Found:
    got = apply_relate(op, [pa.array(texts, pa.large_string())], ids, 5, {k: pa.array(v) for k, v in (extra or {}).items()})
    return {k: (share, None if spans is None else [(s["start"], s["end"]) for s in spans]) for k, (share, spans) in got.items()}


def slow_segments(text: str, paragraphs: bool) -> list[tuple[int, int]]:
    """Where the lines or paragraphs that are not blank stand."""
    out: list[tuple[int, int]] = []
    at, joins = 0, False
    while at <= len(text):
        stop = next((i for i in range(at, len(text)) if text[i] in "\r\n"), len(text))
        inner = text[at:stop].strip(_SPACE)
        if inner:
            start = at + len(text[at:stop]) - len(text[at:stop].lstrip(_SPACE))
            span = (out.pop()[0] if paragraphs and joins else start, start + len(inner))
            out.append(span)
        joins = bool(inner)
        at = stop + (2 if text[stop : stop + 2] == "\r\n" else 1)
    return out


def slow_found(texts: list[str | None], ids: list[str], paragraphs: bool, least: int, rows: int) -> Found:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for name, text in zip(ids, texts, strict=True):
        for a, b in slow_segments(text or "", paragraphs):
            owners[(text or "")[a:b]].add(name)
    out: Found = {}
    for name, text in zip(ids, texts, strict=True):
        if text is None:
            out[name] = (None, None)
            continue
        spans, every, before, count = list[tuple[int, int]](), slow_segments(text, paragraphs), False, 0
        for a, b in every:
            has = owners[text[a:b]]
            again = b - a >= least and len(has) >= rows and min(has) != name
            if again:
                spans.append((spans.pop()[0] if before else a, b))
            before, count = again, count + again
        out[name] = (count / len(every) if every else 0.0, spans)
    return out


def test_the_columns_are_called_by_their_input() -> None:
    assert [f.name for f in Bound(DuplicateLines()).fields()] == ["text_repeated_line_share", "text_repeated_line_spans"]
    assert [f.name for f in Bound(DuplicateParagraphs()).fields()] == ["text_repeated_paragraph_share", "text_repeated_paragraph_spans"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a menu line\nmine", "a menu line\nyours"], [(0.0, []), (0.5, [(0, 11)])]),
        (["one line\ntwo line", "x\none line\r\n two line \nyy"], [(0.0, []), (0.5, [(2, 21)])]),
        (["一行中文\n自己", "😀\n一行中文"], [(0.0, []), (0.5, [(2, 6)])]),
        (["same same\nsame same", "other"], [(0.0, []), (0.0, [])]),
        (["}\n}", "}\nx"], [(0.0, []), (0.0, [])]),
        ([None, ""], [(None, None), (0.0, [])]),
    ],
)
def test_a_line_of_an_earlier_row_is_listed(texts: list[str | None], expected: list[tuple[float, list[tuple[int, int]]]]) -> None:
    assert found(DuplicateLines(min_chars=4), texts, ["a", "b"]) == dict(zip("ab", expected, strict=True))


def test_a_paragraph_goes_to_the_next_blank_line() -> None:
    texts: list[str | None] = ["first\nparagraph\n\nmine", "yours\n \u3000\nfirst\nparagraph", "first\nparagraph\nand more"]
    got = found(DuplicateParagraphs(min_chars=4), texts, ["a", "b", "c"])
    assert got == {"a": (0.0, []), "b": (0.5, [(9, 24)]), "c": (0.0, [])}


def test_who_has_it_first_is_a_policy_and_so_is_how_many() -> None:
    texts: list[str | None] = ["a menu line", "a menu line\nx", "a menu line\nxyz"]
    for prefer, first in (("first", "a"), ("longest", "c"), ("score", "b")):
        got = found(DuplicateLines(min_chars=4, prefer=prefer), texts, list("abc"), {"score": [1, 3, 2]})
        assert {k for k, (share, _) in got.items() if share == 0} == {first}
    assert found(DuplicateLines(min_chars=4, rows=4), texts, list("abc"))["b"] == (0.0, [])
    sites = found(DuplicateLines(min_chars=4, per="site"), texts, list("abc"), {"site": ["p", "q", "p"]})
    assert {k for k, (share, _) in sites.items() if share} == {"c"}


@pytest.mark.parametrize("cls", OPS)
@settings(max_examples=120, deadline=None)
@given(st.data())
def test_columns_are_those_of_slow_python(cls: type[DuplicateLines] | type[DuplicateParagraphs], data: st.DataObject) -> None:
    line = st.sampled_from(["", " ", "ab", "汉字", " ab", "😀x", "é\u0301", "\u3000", "\x00", "\u200f\u0627b", "ab ab"])
    text = st.lists(st.tuples(line, st.sampled_from(["\n", "\r\n", "\r", "\n\n"])), max_size=7).map(lambda p: "".join(a + b for a, b in p))
    texts = data.draw(st.lists(st.none() | text, max_size=8))
    least, rows = data.draw(st.integers(1, 3)), data.draw(st.integers(2, 3))
    ids = row_ids(len(texts))
    assert found(cls(min_chars=least, rows=rows), texts, ids) == slow_found(texts, ids, cls is DuplicateParagraphs, least, rows)


@pytest.mark.parametrize("cls", OPS)
def test_hard_texts_are_those_of_slow_python(cls: type[DuplicateLines] | type[DuplicateParagraphs]) -> None:
    texts = TEXTS + random_texts(4, 300)
    ids = row_ids(len(texts))
    assert found(cls(min_chars=1), texts, ids) == slow_found(texts, ids, cls is DuplicateParagraphs, 1, 2)


def test_passes_of_any_size_say_the_same() -> None:
    texts = slow.code_texts(200)
    said, ends, _ = segments.hashes(pa.array(texts, pa.large_string()), False, 5)
    ranks, groups = np.arange(len(texts), dtype=np.int32), np.zeros(len(texts), np.int32)
    whole = segments.repeated(Pieces([(said, ends)]), ranks, groups, 2)[0]
    assert 100 < whole.sum() < len(whole)
    for most in (100, 7):
        assert (segments.repeated(Pieces([(said, ends)]), ranks, groups, 2, most)[0] == whole).all()


def test_hashes_are_packed_and_read_back_from_slices() -> None:
    ends, valid = np.array([0, 2, 2, 2, 5]), np.array([True, True, False, True])
    packed = pack(np.arange(5, dtype=np.uint64), ends, valid)
    packed.validate(full=True)
    assert [None if v is None else len(v) for v in packed.to_pylist()] == [16, 0, None, 24]
    (hashes, at), (more, then) = unpack(pa.chunked_array([packed[1:3], packed[:0], packed[3:]]))
    assert (hashes.tolist(), at.tolist(), more.tolist(), then.tolist()) == ([], [0, 0, 0], [2, 3, 4], [0, 3])


def test_broken_utf8_is_walked_to_its_end() -> None:
    column = pa.array([b"\xed\xa0\x80 line\nok line", b"\xff\xf0\x9f", b"ok line\n\xe6\xb1"], pa.large_binary()).view(pa.large_string())
    said, ends, every = segments.hashes(column, False, 1)
    assert every.tolist() == [2, 1, 2]
    again = segments.repeated(Pieces([(said, ends)]), np.arange(3, dtype=np.int32), np.zeros(3, np.int32), 2)[0]
    assert again.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(("cls", "sep"), [(DuplicateLines, "\n"), (DuplicateParagraphs, "\n\n")])
def test_planted_boilerplate_is_found_and_nothing_else(cls: type[DuplicateLines] | type[DuplicateParagraphs], sep: str) -> None:
    pick = random.Random(6)
    lines = sorted({line.strip() for t in slow.code_texts(400) for line in t.splitlines() if len(line.strip()) >= 30})
    lines += sorted({t for t in slow.chinese_texts(3000) if len(t.strip()) >= 30 and t == t.strip()})
    pick.shuffle(lines)
    menus, bodies = [f"{lines.pop()} 版权所有 all rights reserved" for _ in range(40)], [lines[i : i + 6] for i in range(0, 1800, 6)]
    planted: list[list[str]] = [[] for _ in bodies]
    for i, body in enumerate(bodies):
        for menu in pick.sample(menus, i % 3):
            body.insert(pick.randrange(7), menu)
            planted[i].append(menu)
    texts: list[str | None] = [sep.join(b) for b in bodies]
    ids = row_ids(len(texts))
    got = found(cls(), texts, ids)
    held: defaultdict[str, list[str]] = defaultdict(list)
    for name, some in zip(ids, planted, strict=True):
        for menu in some:
            held[menu].append(name)
    for name, text, some in zip(ids, texts, planted, strict=True):
        again = sorted(m for m in some if min(held[m]) != name)
        said = sorted(p for a, b in got[name][1] or [] for p in (text or "")[a:b].split(sep))
        assert said == again
    assert sum(len(s) for s in planted) > 250


@pytest.mark.parametrize("what", ["relate.duplicate_lines", "relate.duplicate_paragraphs"])
def test_it_runs_in_the_engine_whatever_the_shards(tmp_path: Path, what: str) -> None:
    sep = "\n" if what.endswith("lines") else "\n\n"
    texts = tuple(f"the same header of every page{sep}but a body of its own {i}" for i in range(120))
    column = f"text_repeated_{what[17:-1]}_share"
    for shards in ((1000, 50), (40, 15)):
        rows = kept(run(tmp_path / str(shards[0]), ListInput(texts, *shards), Stage([], [step(0, what)]), Stage([], [])))
        assert [r[column] for r in rows] == [0.0] + [0.5] * 119
