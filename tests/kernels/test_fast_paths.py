"""What was made fast says the same as slow, obvious Python: over nasty texts, broken bytes, slices and the very end of a buffer."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from sample_inputs import TEXTS
from zhuoyu.kernels import automaton, counts, lines, ngrams, pii, tidy, unicode
from zhuoyu.kernels.arrow import text_buffers
from zhuoyu.kernels.hashing import hash_span
from zhuoyu.kernels.memo import once
from zhuoyu.ops import _markup, _pii_suspect
from zhuoyu.ops.text.normalize import Normalize

NASTY = "ab tTheEofw 19.,!?'’…#\n\r\t\x0b\x00\x7f-()@Xx。！”」汉字かハ한é\u0301\u0650\u200b\u200d\u2028\u3000\ufeff\ufffd😀𠮷עِب"
texts = st.lists(st.text(st.sampled_from(NASTY), max_size=60), max_size=8)
raws = st.lists(st.binary(max_size=24) | st.text(st.sampled_from(NASTY), max_size=12).map(str.encode), max_size=8)

Test = Callable[..., None]


def given(*args: Any, **kwargs: Any) -> Callable[[Test], Test]:
    """No deadline: the first call compiles."""
    return lambda test: settings(deadline=None, max_examples=200)(hypothesis_given(*args, **kwargs)(test))


def column(values: list[str] | list[bytes]) -> pa.LargeStringArray:
    """The values between two others, as a slice whose buffer ends with its last byte; bytes need not be UTF-8."""
    raw = [v if isinstance(v, bytes) else v.encode() for v in ["before", *values]]
    ends = np.cumsum([0, *map(len, raw)])
    return pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(ends), pa.py_buffer(b"".join(raw))).slice(1)


def codes_of(raw: bytes) -> list[int]:
    data, p, out = np.frombuffer(raw, np.uint8), 0, []
    while p < len(raw):
        code, p = unicode.decode(data, p, len(raw))
        out.append(int(code))
    return out


def has(code: int, bits: int) -> bool:
    return bool(unicode.table()[code] & bits)


def sentences_by_the_book(codes: list[int]) -> int:
    found, said, breaks = 0, False, 0
    for k, code in enumerate(codes):
        if has(code, unicode.LETTER | unicode.DIGIT):
            said, breaks = True, 0
        elif code == 10:
            breaks += 1
        elif not has(code, unicode.SPACE):
            breaks = 0
        follow = unicode.SPACE | unicode.CLOSING | unicode.CJK | unicode.TERMINAL
        ends = has(code, unicode.TERMINAL) and (code > 0x7F or k + 1 == len(codes) or has(codes[k + 1], follow))
        if said and (breaks == 2 or ends):
            found, said = found + 1, False
    return found + said


def words_by_the_book(codes: list[int]) -> list[str]:
    kinds = "".join(
        "c" if has(c, unicode.CJK)
        else "l" if has(c, unicode.LETTER)
        else "d" if has(c, unicode.DIGIT)
        else "m" if has(c, unicode.MARK)
        else "'" if c in (0x27, 0x2019)
        else " "
        for c in codes
    )  # fmt: skip
    return ["".join(map(chr, codes[m.start() : m.end()])) for m in re.finditer(r"c|[ld](?:[ldm]|(?<=[lm])'(?=l))*", kinds)]


def surveyed_by_the_book(raw: bytes) -> list[int]:
    codes = codes_of(raw)
    words = words_by_the_book(codes)
    pieces = "".join(" " if has(c, unicode.SPACE) else "l" if has(c, unicode.LETTER) else "x" for c in codes).split()
    dots = re.findall(r"\.{3,}|…", "".join(map(chr, codes)))
    return [
        sum(b & 0xC0 != 0x80 for b in raw),
        len(words),
        len(re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", raw)),
        sentences_by_the_book(codes),
        sum(map(len, words)),
        len({w.lower() for w in words if w.isascii()} & set(automaton.STOP_WORDS)),
        len(pieces),
        sum("l" in p for p in pieces),
        codes.count(0x23),
        len(dots),
    ]


@given(raws | texts)
def test_the_automaton_counts_what_the_definitions_say(values: list[str] | list[bytes]) -> None:
    array = column(values)
    chars, words, breaks, sentences, inside = counts.lengths(array)
    again, *rest = counts.word_kinds(array)
    assert again.tolist() == words.tolist()
    raw = [v if isinstance(v, bytes) else v.encode() for v in values]
    assert np.array([chars, words, breaks, sentences, inside, *rest]).T.tolist() == [surveyed_by_the_book(r) for r in raw]


@given(st.text(st.sampled_from("theandTHE 'ofbwi1"), max_size=300))
def test_long_runs_do_not_spill_from_one_count_into_the_next(text: str) -> None:
    array = column([text * 40])
    raw = text.encode() * 40
    assert [counts.lengths(array)[k][0] for k in (0, 1, 4)] == [surveyed_by_the_book(raw)[k] for k in (0, 1, 4)]
    assert counts.word_kinds(array)[1][0] == surveyed_by_the_book(raw)[5]


@given(texts)
def test_word_hashes_are_equal_where_words_are(values: list[str]) -> None:
    offsets, data, _ = text_buffers(column(values))
    seen: dict[str, int] = {}
    for row, text in enumerate(values):
        hashes, sums = np.zeros(100, np.uint64), np.zeros(101, np.int64)
        n = ngrams._read(data, offsets[row], offsets[row + 1], unicode.table(), hashes, sums)
        words = words_by_the_book([ord(c) for c in text])
        assert n == len(words)
        assert np.diff(sums[: n + 1]).tolist() == list(map(len, words))
        for word, value in zip(words, hashes[:n].tolist(), strict=True):
            assert seen.setdefault(word, value) == value
    assert len(set(seen.values())) == len(seen)


def test_a_text_of_more_words_than_are_looked_at_stops_at_a_word() -> None:
    hashes, sums = np.zeros(5, np.uint64), np.zeros(6, np.int64)
    for text in ("a b c d e f", "一二三四五六", "ab一cd二ef三"):
        data = np.frombuffer(text.encode(), np.uint8)
        assert ngrams._read(data, 0, len(data), unicode.table(), hashes, sums) == 5
        assert sums.tolist() == [0, *np.cumsum([len(w) for w in words_by_the_book([ord(c) for c in text])[:5]])]


@given(raws)
def test_lines_eight_bytes_at_a_time(values: list[bytes]) -> None:
    offsets, data, _ = text_buffers(column(values))
    for row, raw in enumerate(values):
        p, end, found = int(offsets[row]), int(offsets[row + 1]), []
        assert lines._chars(data, p, end) == sum(b & 0xC0 != 0x80 for b in raw)
        while p < end:
            stop, after = unicode.next_line(data, p, end)
            found.append(bytes(data[p:stop]))
            p = after
        split = re.split(rb"\r\n|\r|\n", raw)
        assert found == (split[:-1] if split[-1] == b"" else split)


@given(st.lists(st.binary(max_size=20), min_size=2, max_size=30))
def test_hashes_of_spans_tell_bytes_apart_wherever_they_stand(values: list[bytes]) -> None:
    whole = np.frombuffer(b"x".join(values), np.uint8)
    at, seen = 0, {}
    for raw in values:
        alone = np.frombuffer(raw, np.uint8)
        value = int(hash_span(whole, at, at + len(raw)))
        assert value == int(hash_span(alone, 0, len(raw)))
        assert seen.setdefault(raw, value) == value != 0
        at += len(raw) + 1
    assert len(set(seen.values())) == len(seen)


def tidied_by_the_book(text: str) -> str:
    out, solid, breaks, last, k = "", 0, 1, 0, 0
    while k < len(text):
        code, k = ord(text[k]), k + 1
        kind = tidy._class(code)
        if code in (0x200C, 0x200D) and tidy._joins(last) and k < len(text) and tidy._joins(ord(text[k])):
            kind = tidy._KEEP
        if kind == tidy._BREAK:
            k += code == 13 and text[k : k + 1] == "\n"
            out = out[:solid] + ("\n" if breaks < tidy.NEWLINES else "")
            breaks, solid, last = breaks + 1, len(out), 10
        elif kind != tidy._DROP:
            out, last = out + chr(code), code
            if kind == tidy._KEEP:
                solid, breaks = len(out), 0
    return out[:solid]


@given(texts)
def test_tidying_in_runs_is_tidying_by_characters(values: list[str]) -> None:
    once_tidy = tidy.tidy(column(values))
    assert once_tidy.to_pylist() == [tidied_by_the_book(t) for t in values]
    assert tidy.tidy(once_tidy).to_pylist() == once_tidy.to_pylist()


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
@given(values=st.lists(st.text(max_size=20) | st.text(st.sampled_from("e\u0301가각\u1100\u1161\u11a8ﬁ²Åक\u093c汉\u3099か"), max_size=8)))
def test_a_text_that_is_not_asked_about_is_in_the_form(form: tidy.Form, values: list[str]) -> None:
    asked = tidy.unsettled(column(values), form)
    assert all(unicodedata.is_normalized(form, t) for t, a in zip(values, asked, strict=True) if not a)
    made = Normalize(form=form).on({"text": values}) if values else []
    assert all(unicodedata.is_normalized(form, t) for t in made)


_DIGITS = st.text(st.sampled_from("0123456789  ()--.Xx@a_é\n汉"), max_size=60)


_NEAR = st.lists(
    st.sampled_from(
        [
            "13812345678",
            "4111 1111 1111 1111",
            "11010519491231002",
            "11010519491231002X",
            "X",
            "x",
            ".5",
            " ",
            "   ",
            "a",
            "_",
            ".",
            "é",
            "b@c.de",
        ]
    ),
    max_size=6,
).map("".join)


@given(st.lists(_DIGITS | _NEAR, max_size=6))
def test_suspects_of_windows_are_those_of_the_whole_text(values: list[str]) -> None:
    pattern = re.compile(r"(?<![0-9A-Za-z_.])[0-9](?:[ ()\-]{0,2}[0-9]){10,18}[Xx]?(?![0-9A-Za-z_]|\.[0-9])")
    mail = re.compile(r"[^ \t\n\f\r@<>()\[\]:;,\"'`/=#\\!*]+@[A-Za-z0-9\x80-\U0010ffff-]+\.[A-Za-z]{2,}")
    values = [*values, "13812345678.5", "11010519491231002X.5", "11010519491231002Xa", "a13812345678", "11010519491231002X."]
    slow = [len(mail.findall(t)) + sum(_pii_suspect._suspicious(m[0]) for m in pattern.finditer(t)) for t in values]
    assert _pii_suspect.count(column(values)).tolist() == slow


@given(st.lists(_DIGITS, max_size=6), st.integers(1, 12))
def test_long_numbers_are_those_of_a_pattern(values: list[str], least: int) -> None:
    offsets, data, _ = text_buffers(column(values))
    found = [(r, s - offsets[r], e - offsets[r]) for r, s, e in pii.long_numbers(offsets, data, np.arange(len(values)), least)]
    runs = re.compile(rb"[0-9](?:[ ()-]{0,2}[0-9])*")
    slow = [
        (r, *m.span())
        for r, t in enumerate(values)
        for m in runs.finditer(t.encode())
        if sum(48 <= b <= 57 for b in m[0]) >= least
    ]  # fmt: skip
    assert found == slow


@given(st.text(st.sampled_from("\x1e\x1e a\n\t\x0b\xa0汉"), max_size=40))
def test_block_edges_without_patterns(text: str) -> None:
    spaced = re.sub(r"[ \t\r\n\f\v]{2,}|[\t\r\n\f\v]", " ", text)
    assert _markup._one_space(text) == spaced
    assert _markup._lines(spaced) == re.sub("[ ]?(?:\x1e[ ]?)+", "\n", spaced)


def test_every_tag_that_is_a_block_is_one_in_either_case() -> None:
    book = re.compile(f"<(?=/?(?:{'|'.join(_markup._BLOCKS)})\\b|table\\b)", re.IGNORECASE)
    tags = [
        form(t) + tail
        for t in (*_markup._BLOCKS, "table", "b", "pa", "hx", "tıtle", "ſection")
        for tail in ("", "x", ">", " a")
        for form in (str, str.upper, str.title)
    ]
    for tag in tags:
        for mark in ("<", "</", "< "):
            assert bool(_markup._EDGE.match(mark + tag)) == bool(book.match(mark + tag)), mark + tag


def test_what_is_kept_of_a_column_is_only_for_that_slice_and_thread() -> None:
    whole, calls = pa.array([t or "" for t in TEXTS], pa.large_string()), []

    def compute(array: pa.Array) -> list[str]:
        calls.append(len(array))
        return array.to_pylist()

    assert once(compute, whole) == once(compute, whole) == whole.to_pylist()
    assert once(compute, whole.slice(2, 3)) == whole.to_pylist()[2:5]
    assert once(compute, whole.slice(3, 3)) == whole.to_pylist()[3:6]
    assert once(compute, pa.array(whole.to_pylist(), pa.large_string())) == whole.to_pylist()
    assert len(calls) == 4
    worker = threading.Thread(target=once, args=(compute, whole))
    once(compute, whole)
    worker.start()
    worker.join()
    once(compute, whole)
    assert len(calls) == 6


def test_a_freed_column_is_not_taken_for_the_next_one() -> None:
    """Buffers of one size, made and dropped in turn: an address alone would often be met again."""
    for k in range(200):
        text = f"{'a ' * (k % 7 + 1):<400}"
        assert counts.lengths(pa.array([text], pa.large_string()))[1][0] == k % 7 + 1
