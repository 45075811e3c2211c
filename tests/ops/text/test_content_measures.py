"""Vocabulary, compression, scripts, URLs, lexicon and token count: golden cases, and slow Python beside each."""

from __future__ import annotations

import base64
import math
import re
import unicodedata
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow import walk
from sample_inputs import TEXTS, random_texts
from zhuoyu import ops
from zhuoyu.errors import DataError, SpecError
from zhuoyu.kernels import scripts, unicode

SAMPLE = [t for t in TEXTS if t is not None and len(t) < 5000] + [t or "" for t in random_texts(21, 300)]
CASES: list[tuple[str, str, str, Any]] = [
    ("text.vocabulary", "text_type_token_ratio", "a A b ÉÀ éà", 3 / 5),
    ("text.vocabulary", "text_type_token_ratio", "好的好的", 0.5),
    ("text.vocabulary", "text_hapax_share", "a a b c", 0.5),
    ("text.vocabulary", "text_word_entropy", "a b c d", 2.0),
    ("text.vocabulary", "text_word_entropy", "x x x", 0.0),
    ("text.vocabulary", "text_word_entropy", "!!", 0.0),
    ("text.scripts", "text_latin_share", "ab汉字", 0.5),
    ("text.scripts", "text_kana_share", "かなカナ漢字ab", 0.5),
    ("text.scripts", "text_hangul_share", "한국 1", 1.0),
    ("text.scripts", "text_cyrillic_share", "Привет, b", 6 / 7),
    ("text.scripts", "text_greek_share", "λόγος", 1.0),
    ("text.scripts", "text_arabic_share", "مرحبا", 1.0),
    ("text.scripts", "text_other_share", "გამარჯობა", 1.0),
    ("text.scripts", "text_thai_share", "", 0.0),
    ("text.urls", "text_urls", "See https://a.cn/b?c=d#e, www.x.org. And http://y.", 3),
    ("text.urls", "text_urls", "见http://a.cn/b。再见www.c.cn看", 2),
    ("text.urls", "text_urls", "awww.no xhttp://no http:// www.", 0),
    ("text.urls", "text_url_share", "a http://b.c!", 10 / 13),
    ("text.urls", "text_url_share", "<https://a.b>", 11 / 13),
    ("text.lexicon", "text_lexicon_hits", "Lorem IPSUM. Coming soonest; coming soon!", 2),
    ("text.lexicon", "text_lexicon_terms", "待补充待补充", 1),
    ("text.lexicon", "text_lexicon_hits", "内容待补充", 2),
    ("text.lexicon", "text_lexicon_hits", "a good text", 0),
    ("text.token_count", "text_bpe_tokens", "é汉<|endoftext|>", 18),
    ("text.token_count", "text_bytes_per_token", "abc", 1.0),
    ("text.token_count", "text_bytes_per_token", "", 0.0),
]


@pytest.mark.parametrize(("op", "column", "text", "expected"), CASES)
def test_value(op: str, column: str, text: str, expected: Any) -> None:
    found = ops.load(op)().on({"text": [text]})[column][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def words_of(text: str) -> list[str]:
    flags = unicode.table()
    kinds = "".join(
        "c" if flags[ord(c)] & unicode.CJK else "l" if flags[ord(c)] & unicode.LETTER else "d" if flags[ord(c)] & unicode.DIGIT
        else "m" if flags[ord(c)] & unicode.MARK else "'" if c in "'’" else " " for c in text
    )  # fmt: skip
    found = (text[m.start() : m.end()] for m in re.finditer(r"c|[ld](?:[ldm]|(?<=[lm])'(?=l))*", kinds))
    return ["".join(c.lower() if ord(c) < 0x590 and len(c.lower()) == 1 else c for c in word) for word in found]


def test_vocabulary_agrees_with_python() -> None:
    got = ops.load("text.vocabulary")().on({"text": SAMPLE})
    for k, text in enumerate(SAMPLE):
        often = Counter(words_of(text))
        n = sum(often.values())
        expected = [
            len(often) / n if n else 0.0,
            sum(c == 1 for c in often.values()) / n if n else 0.0,
            -sum(c / n * math.log2(c / n) for c in often.values()),
        ]
        assert [column[k] for column in got.values()] == pytest.approx(expected, abs=1e-9), repr(text)


def test_a_text_that_repeats_one_paragraph_has_a_poor_vocabulary_and_shrinks() -> None:
    rich = [" ".join(f"word{k * 7 + j}" for j in range(200)) for k in range(20)]
    poor = [" ".join(f"word{k * 7 + j % 10}" for j in range(200)) for k in range(20)]
    for name, column in (("text.vocabulary", "text_type_token_ratio"), ("text.compression", "text_compression_ratio")):
        values = ops.load(name)().on({"text": rich + poor})[column]
        assert min(values[:20]) > 2 * max(values[20:])


@pytest.mark.parametrize("level", [1, 6, 9])
def test_compression_is_zlibs(level: int) -> None:
    got = ops.load("text.compression")(level=level).on({"text": [*SAMPLE, None]})["text_compression_ratio"]
    raw = [t.encode() for t in SAMPLE]
    assert got == [*(len(zlib.compress(r, level)) / len(r) if r else 0.0 for r in raw), None]


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the table was made by a Python that has Unicode 14.0")
def test_the_table_of_scripts_is_unicodes() -> None:
    assert (np.load(scripts._FILE) == scripts.runs()).all()


def test_scripts_agree_with_python_and_add_up() -> None:
    got = ops.load("text.scripts")().on({"text": SAMPLE})
    for k, text in enumerate(SAMPLE):
        counts = Counter(scripts.classify(ord(c)) for c in text)
        every = sum(n for kind, n in counts.items() if kind)
        values = [column[k] for column in got.values()]
        assert values == pytest.approx([counts[j + 1] / every if every else 0.0 for j in range(len(values))])
        assert sum(values) == pytest.approx(1.0 if every else 0.0)


def test_planted_urls_are_found_and_paths_and_addresses_are_not_accused() -> None:
    sound = [
        "The path /usr/share/doc and the host example.org",
        "bob@example.com wrote http and www",
        "3.14 and e.g. a.b.c",
        "文件在目录下",
    ]
    urls = ["https://example.org/a_(b)?q=1&r=2#f", "http://10.0.0.1:8080/x", "ftp://h.de/f.tar.gz", "www.example.cn/路"]
    got = ops.load("text.urls")().on({"text": [f"{s} {u} end" for s in sound for u in urls] + sound})["text_urls"]
    assert got == [1] * 16 + [0] * 4


TERMS = ["ab", "b a", "坏", "坏话", "c"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*TERMS, "a", "B", " ", "。", "好", "é", "A坏", "1"]), max_size=30).map("".join))
def test_lexicon_agrees_with_python(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "terms.txt"
    path.write_text("# bad words\n" + "\n".join(TERMS) + "\n\n", encoding="utf-8")
    latin = "[A-Za-z0-9é]"
    found = [
        len(re.findall(f"(?={re.escape(t)})" if t[0] == "坏" else f"(?<!{latin})(?={re.escape(t)}(?!{latin}))", text.lower()))
        for t in TERMS
    ]
    got = ops.load("text.lexicon")(terms=str(path)).on({"text": [text]})
    assert [v[0] for v in got.values()] == [sum(found), sum(n > 0 for n in found)]


def test_another_lexicon_under_the_same_path_is_other_work(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("one", encoding="utf-8")
    op = ops.load("text.lexicon")(terms=str(path))
    assert op.on({"text": ["one two two"]})["text_lexicon_hits"] == [1]
    path.write_text("two\n", encoding="utf-8")
    with pytest.raises(DataError, match="changed since"):
        op.on({"text": ["one"]})
    again = ops.load("text.lexicon")(terms=str(path))
    assert again.digest() != op.digest()
    assert again.on({"text": ["one two two"]})["text_lexicon_hits"] == [2]


def test_a_relative_file_begins_at_the_recipe_s_folder(tmp_path: Path) -> None:
    place = walk.make(tmp_path, packages=("json",), reviews=1)
    (place.folder / "words.txt").write_text("bad word\n", encoding="utf-8")
    (place.folder / "a.jsonl").write_text('{"text": "a bad word"}\n{"text": "fine"}\n', encoding="utf-8")
    (place.folder / "words.yaml").write_text(
        "dataset: words\nmodality: text\nsource:\n  - {read: a.jsonl, basis: {kind: own, evidence: test}}\n"
        "steps:\n  - text.lexicon: {terms: words.txt, as: bad}\n  - keep: bad_lexicon_hits == 0\n"
    )
    assert place.json("run", "words.yaml")["rows"] == {"read": 2, "kept": 1, "rejected": 1}


@pytest.mark.parametrize(
    ("name", "parameter", "said"), [("text.lexicon", "terms", "# nothing\n"), ("text.token_count", "ranks", "not base64 !\n")]
)
def test_a_file_that_is_missing_or_wrong_says_so(tmp_path: Path, name: str, parameter: str, said: str) -> None:
    with pytest.raises(ValueError, match="missing' cannot be read"):
        ops.load(name)(**{parameter: str(tmp_path / "missing")})
    (tmp_path / "wrong").write_text(said, encoding="utf-8")
    with pytest.raises(SpecError, match="expected a"):
        ops.load(name)(**{parameter: str(tmp_path / "wrong")}).on({"text": ["a"]})


def merged(piece: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """Byte-pair encoding by the book: merge the pair of lowest rank until there is none."""
    parts = [bytes([b]) for b in piece]
    while len(parts) > 1:
        rank, at = min((ranks.get(parts[k] + parts[k + 1], 1 << 30), k) for k in range(len(parts) - 1))
        if rank == 1 << 30:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def test_token_counts_agree_with_byte_pairs_by_the_book(tmp_path: Path) -> None:
    """Ranks learnt from the sample: the forty most frequent pairs of words cut at spaces, one after the other."""
    ranks = {bytes([b]): b for b in range(256)}
    pieces = [p.encode() for t in SAMPLE for p in re.findall(r" ?\S+|\s", t)]
    for _ in range(40):
        pairs: Counter[bytes] = Counter()
        for piece in pieces[:1500]:
            parts = merged(piece, ranks)
            pairs.update(a + b for a, b in pairwise(parts))
        ranks[pairs.most_common(1)[0][0]] = len(ranks)
    path = tmp_path / "small.tiktoken"
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items()))
    op = ops.load("text.token_count")(ranks=str(path), pieces=r" ?\S+|\s")
    got = op.on({"text": SAMPLE})["text_bpe_tokens"]
    assert got == [sum(len(merged(p.encode(), ranks)) for p in re.findall(r" ?\S+|\s", t)) for t in SAMPLE]
    assert sum(got) < 0.9 * sum(len(t.encode()) for t in SAMPLE)
