"""The kernels behind the web rule sets against ``web_reference`` over random and nasty texts, sliced and with nulls."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import web_reference as book
from sample_inputs import TEXTS, random_texts
from zhuoyu import ops
from zhuoyu.kernels import english, tokens, unicode

PROSE = [
    'He can\'t (e.g., the U.S. way...) pay $5.50 for 10km at http://x.org/a-b/c, "well-known" and/or foo.Bar 3*4 don’t end. :-)',
    "John's 5'10\" frame; a@b.com — visit WWW.Example.com/path?q=1 (see [12] or [citation needed]).",
    "It costs US$ 5m, 3.5mm or 7%... He'd've said \"I'm gonna\". Cannot! 10am, 11p.m. Mr. Smith's end.Start x--y a-b-",
]
PIECES = [
    *"aB1 .,'\n-—…#•(){}[]\"’$%:/=<>~+*^@_ \t\r\x85\u2028\x1c\u3000é汉。！💡",
    "n't", "can't", "cannot", "e.g.", "U.S.", "...", "http://a.bc/d", "x@y.zz", "1.2.3.4",
    "10km", "5%", "US$", "and/or", "the ", "to be. ", "\n\n",
    "words and more words ", "javascript", "Lorem Ipsum", "use cookies", "[1]", "[edit]",
    "12 likes", "Read more...", "sign-in ", "items in cart",
    "😀", ":)", "a.b", "A.B", "www.x.yz",
]  # fmt: skip
made = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60)
SAMPLE = PROSE + [t for t in TEXTS if t and len(t) < 4000] + [t for t in random_texts(3, 200) if t]


def kernel_tokens(text: str) -> list[str]:
    raw, known, bounds = text.encode(), english.tables(), tokens.room()
    data = np.frombuffer(raw, np.uint8) if raw else np.zeros(0, np.uint8)
    out: list[str] = []
    p = 0
    while True:
        start, p, met, marks, _ = tokens.next_chunk(data, p, len(data), known.kinds)
        if start == len(data):
            return out
        n = tokens.cut(data, start, p, met, marks, known, bounds)
        out += [raw[bounds[k] : bounds[k + 1]].decode() for k in range(n)]


def columns(name: str, texts: list[str | None]) -> list[list]:
    """Values by row, from an array that is a slice of a longer one."""
    array = pa.array(["before", *texts, None, "after"], pa.large_string()).slice(1, len(texts))
    return [list(row) for row in zip(*(a.to_pylist() for a in ops.load(name)().run(array)), strict=True)]


def test_tokens_of_prose_are_as_the_reference_tokenizer_cuts_them() -> None:
    """Recorded from spaCy 3.8, blank English."""
    assert kernel_tokens(PROSE[0]) == [
        "He", "ca", "n't", "(", "e.g.", ",", "the", "U.S.", "way", "...", ")", "pay", "$", "5.50", "for", "10", "km", "at",
        "http://x.org/a-b/c", ",", '"', "well", "-", "known", '"', "and/or", "foo", ".", "Bar",
        "3", "*", "4", "do", "n’t", "end", ".", ":-)",
    ]  # fmt: skip


@pytest.mark.parametrize("text", SAMPLE)
def test_tokens_agree_with_python(text: str) -> None:
    assert kernel_tokens(text) == book.tokens(text)


@settings(max_examples=300, deadline=None)
@given(made)
def test_tokens_of_any_text_agree_with_python(text: str) -> None:
    assert kernel_tokens(text) == book.tokens(text)


def check(texts: list[str]) -> None:
    for text, row in zip(texts, columns("text.gopher", texts), strict=True):
        expected = [*book.quality(text).values(), *book.repetition(text)]
        assert row == pytest.approx(expected), repr(text)
    for text, row in zip(texts, columns("text.fineweb", texts), strict=True):
        assert row == pytest.approx(book.fineweb(text)), repr(text)
    kept = ops.load("text.drop_lines")().run(pa.array(["x", *texts], pa.large_string()).slice(1)).content.to_pylist()
    for text, row, left in zip(texts, columns("text.c4", texts), kept, strict=True):
        expected, said = book.c4(text)
        assert row == pytest.approx(expected), repr(text)
        assert left == said, repr(text)


def test_rule_sets_agree_with_python() -> None:
    check([*SAMPLE, "", "\n", "a\n\nb\n\na\n\na", "\n\nx\n\n \nx\n", "one two one two one two", "a b c d e f g h i j k l " * 3])


@settings(max_examples=200, deadline=None)
@given(st.lists(made, min_size=1, max_size=4))
def test_rule_sets_of_any_text_agree_with_python(texts: list[str]) -> None:
    check(texts)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "the end.", "\n", "\n\n", " ", "x y", "\n \n"]), max_size=60).map("".join))
def test_repeats_agree_with_python(text: str) -> None:
    assert columns("text.gopher", [text])[0][8:] == pytest.approx(book.repetition(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["3", "1.2", "k", " ", "likes", "views", "!", "(", "_", "x", "M", "Shares"]), max_size=8).map("".join))
def test_counters_agree_with_python(line: str) -> None:
    text = f"two words {line.count(' ')}\n{line}"
    kept = ops.load("text.drop_lines")(rules="refinedweb").on({"text": [text]})[0]
    upper = sum(c.isupper() for c in line) > len(line) / 2
    gone = line != "" and (upper or line.isdigit() or len(line.split()) < 2 or book.COUNTER.search(line) is not None)
    assert kept == (text.split("\n")[0] if gone else text).strip()


def test_a_chunk_without_white_space_is_cut_in_bounded_pieces() -> None:
    size = tokens.MOST
    assert list(map(len, kernel_tokens("a" * (2 * size + 5)))) == [size, size, 5]
    assert "".join(kernel_tokens("汉(" * size)) == "汉(" * size


def test_bytes_that_are_not_utf8_do_no_harm() -> None:
    offsets, raw = np.array([0, 4, 9], np.int64), b"ab\xff c\xe6\xb1 \xf0"
    array = pa.LargeStringArray.from_buffers(2, pa.py_buffer(offsets), pa.py_buffer(raw))
    for name in ("text.gopher", "text.fineweb", "text.c4", "text.refinedweb", "text.stop_words"):
        assert all(len(column) == 2 for column in ops.load(name)().run(array))


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table was made by a Python that has Unicode 14.0")
def test_the_table_of_marks_is_unicodes() -> None:
    stored = np.load(english._FILE)
    assert (stored == english.runs()).all()
    assert english.kinds()[ord("a")] == english.LOWER | english.ALPHA | english.BEFORE_POINT
    assert len(english.kinds()) == unicode.SIZE
