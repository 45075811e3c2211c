"""Kernels against slow, obvious Python over random texts; and their behaviour at the edges of memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from sample_inputs import TEXTS, random_texts
from zhuoyu.kernels import counts, lines, ngrams, unicode
from zhuoyu.kernels.arrow import column, text_buffers

SAMPLE = [t or "" for t in TEXTS if t is None or len(t) < 3000] + [t or "" for t in random_texts(11, 400)]


def words_of(text: str) -> list[str]:
    """Words by the book: one CJK code point, or letters, digits and marks, joined by an apostrophe between letters."""
    flags = unicode.table()
    code = "".join(
        "c" if flags[ord(c)] & unicode.CJK
        else "l" if flags[ord(c)] & unicode.LETTER
        else "d" if flags[ord(c)] & unicode.DIGIT
        else "m" if flags[ord(c)] & unicode.MARK
        else "'" if c in "'’"
        else " "
        for c in text
    )  # fmt: skip
    return [text[m.start() : m.end()] for m in re.finditer(r"c|[ld](?:[ldm]|(?<=[lm])'(?=l))*", code)]


def repeats_by_the_book(text: str, n: int) -> tuple[float, float]:
    """(share in the most frequent n-gram, share in n-grams seen earlier), with a mask over words."""
    words = words_of(text)
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    often = Counter(grams)
    total = sum(map(len, words))
    if not often or max(often.values()) < 2:
        return 0.0, 0.0
    best = max(often, key=lambda g: (often[g], sum(map(len, g)), -grams.index(g)))
    top, again, seen = np.zeros(len(words), bool), np.zeros(len(words), bool), set()
    for i, gram in enumerate(grams):
        top[i : i + n] |= gram == best
        again[i : i + n] |= gram in seen
        seen.add(gram)
    sizes = np.array([len(w) for w in words])
    return sizes[top].sum() / total, sizes[again].sum() / total


def test_lengths_agree_with_python() -> None:
    got = counts.lengths(pa.array(SAMPLE, pa.large_string()))
    assert got[0].tolist() == [len(t) for t in SAMPLE]
    assert got[1].tolist() == [len(words_of(t)) for t in SAMPLE]
    split = [re.split(r"\r\n|\r|\n", t) for t in SAMPLE]
    assert got[2].tolist() == [len(parts) - (parts[-1] == "") for parts in split]
    assert got[4].tolist() == [sum(map(len, words_of(t))) for t in SAMPLE]


def test_kinds_agree_with_python() -> None:
    alpha, symbol, digit, _, upper, space, _, every = counts.kinds(pa.array(SAMPLE, pa.large_string()))
    category = [[unicodedata.category(c) for c in t] for t in SAMPLE]
    assert every.tolist() == [len(t) for t in SAMPLE]
    assert upper.tolist() == [sum(c in ("Lu", "Lt") for c in row) for row in category]
    assert symbol.tolist() == [sum(c[0] in "PS" for c in row) for row in category]
    assert (alpha + digit).tolist() == [sum(c[0] in "LMN" for c in row) for row in category]
    assert space.tolist() == [sum(c.isspace() and not "\x1c" <= c <= "\x1f" for c in t) for t in SAMPLE]


@pytest.mark.parametrize("n", range(2, 11))
def test_repeated_ngrams_agree_with_python(n: int) -> None:
    texts = SAMPLE + [" ".join(np.random.default_rng(k).choice(list("abcd"), 60)) for k in range(60)]
    got = ngrams.repeated(pa.array(texts, pa.large_string()))[n - 2]
    expected = [repeats_by_the_book(t, n)[0 if n < 5 else 1] for t in texts]
    assert got.tolist() == pytest.approx(expected)


def test_duplicate_lines_agree_with_python() -> None:
    texts = [t.replace("\x0b", "") for t in SAMPLE]
    again, every, lines_again, total = lines.duplicates(pa.array(texts, pa.large_string()), 1)
    for i, text in enumerate(texts):
        seen: set[str] = set()
        said = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
        repeated = [line for line in said if line and (line in seen or seen.add(line))]  # type: ignore[func-returns-value]
        assert (again[i], lines_again[i]) == (sum(map(len, repeated)), len(repeated)), repr(text)
        assert (every[i], total[i]) == (sum(map(len, said)), sum(map(bool, said)))


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table was made by a Python that has Unicode 14.0")
def test_the_table_of_classes_is_what_unicodedata_says() -> None:
    flags = unicode.table()
    assert len(flags) == unicode.SIZE
    assert all(flags[code] == unicode.classify(code) for code in (*range(0x3000), *range(0x3000, unicode.SIZE, 97)))


def test_decoding_never_leaves_the_text() -> None:
    broken = np.frombuffer(b"\xe6\xb1\x89\xf0\x9f\x98\x80\xe6\xb1\xff\xc3(\xed\xf4\x90\x80\x80\xe6", np.uint8)
    p, codes = 0, []
    while p < len(broken):
        code, p = unicode.decode(broken, p, len(broken))
        codes.append(code)
    bad = 0xFFFD
    assert codes == [0x6C49, 0x1F600, bad, bad, bad, bad, ord("("), bad, bad, bad, bad, bad, bad]


def test_slices_share_their_parents_buffers() -> None:
    whole = pa.array([*TEXTS, None, "tail 尾"], pa.large_string())
    for start, size in ((0, 0), (1, 1), (3, 9), (9, 20), (len(whole), 0)):
        part = whole.slice(start, size)
        offsets, data, valid = text_buffers(part)
        got = [bytes(data[a:b]).decode() if ok else None for a, b, ok in zip(offsets[:-1], offsets[1:], valid, strict=True)]
        assert got == part.to_pylist()


def test_a_column_of_results_keeps_its_nulls() -> None:
    made = column(np.array([1.5, 2.5, 3.5]), np.array([True, False, True]), pa.float64())
    assert made.to_pylist() == [1.5, None, 3.5]
    assert made.null_count == 1


_HUGE = """
import sys
import numpy as np
import pyarrow as pa
from zhuoyu.kernels import counts, lines, mojibake, ngrams, script

def row(raw):
    return pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(raw)])), pa.py_buffer(raw))

def numbered(start):
    n = np.arange(start, start + 100_000)[:, None] // 10 ** np.arange(6, -1, -1) % 10 + 48
    return np.hstack([n, np.full((len(n), 1), 10)]).astype(np.uint8).tobytes()

def measure(text):
    for job in (counts.lengths, counts.kinds, lines.ends_terminal, ngrams.repeated, mojibake.noise, script.scan):
        job(text)
    lines.duplicates(text, 1), lines.line_kinds(text, 30)

measure(row(b"warm up"))
rows = [row(unit.encode() * (10_000_000 // len(unit.encode()))) for unit in ("a b ", "字", "ab\\n", "\\n", "a")]
rows.append(row(b"".join(numbered(100_000 * k) for k in range(13))))
open("/proc/self/clear_refs", "w").write("5")  # the peak starts again from what is in use now
kilobytes = lambda name: int(open("/proc/self/status").read().split(name)[1].split()[0])
before = kilobytes("VmRSS:")
for text in rows:
    measure(text)
sys.stdout.write(str(1024 * (kilobytes("VmHWM:") - before)))
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux to reset a process's peak memory")
def test_huge_rows_are_measured_in_bounded_scratch() -> None:
    """10 MB in one row, six shapes: beside the texts, all measures together take at most a fixed amount of memory."""
    done = subprocess.run([sys.executable, "-c", _HUGE], capture_output=True, text=True, check=True)
    assert 1_000_000 < int(done.stdout) < 100_000_000
