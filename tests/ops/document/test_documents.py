from __future__ import annotations

import io
import random
import re
import sys
import threading
import zipfile

import pyarrow as pa
import pytest

import office_files as made
import planted_pii as planted
from zhuoyu.errors import MissingExtra
from zhuoyu.op import Bound
from zhuoyu.ops.document._blocks import Document
from zhuoyu.ops.document._pdf_grid import grids
from zhuoyu.ops.document._read import read
from zhuoyu.ops.document.facts import Facts
from zhuoyu.ops.document.figures import Figures
from zhuoyu.ops.document.markdown import Markdown

CELLS = [["Name", "数量|n"], ["jade", "3"], ["bell\nof bronze", ""]]
PLAIN = [["Name", "Count", "Place"], ["jade", "3", "Hetian"], ["bell", "12", "Wuhan"], ["loom", "7", "Suzhou"]]


def rows(op: Markdown | Figures, *files: bytes | None) -> list[dict]:
    got = op.run(pa.array(files, pa.large_binary()))
    columns = [got.parent.to_pylist(), *(c.to_pylist() for c in got.columns)]
    return [dict(zip(["row", *(c.suffix for c in op.writes)], values, strict=True)) for values in zip(*columns, strict=True)]


def markdown(raw: bytes) -> str:
    return rows(Markdown(), raw)[0]["text"]


def sentences(r: random.Random, n: int) -> list[str]:
    """Real English sentences in Latin-1, which the fonts of a plain PDF have."""
    found = {s for t in planted.real_texts() for s in re.findall(r"[A-Z][A-Za-z ,']{60,300}\.", t)}
    return r.sample(sorted(" ".join(s.split()) for s in found), n)


def test_planted_pdf_blocks_are_found_with_their_places() -> None:
    r = random.Random(4)
    paragraphs, heads, tables, pdf = [], [], [], made.Pdf()
    for page in range(1, 9):
        if page > 1:
            pdf.turn()
        pdf.text(60, 30, "Annual report of the workshop", 8)
        pdf.text(290, 820, f"- {page} -", 8)
        head = f"{page}. Chapter of jade"
        pdf.text(60, 80, head, 16)
        heads.append((head, page))
        y = 110.0
        for said in sentences(r, 3):
            y = pdf.paragraph(60, y, said)
            paragraphs.append(said)
        pdf.text(60, y, "• first point", 10)
        pdf.text(60, y + 12, "• second point", 10)
        cells = [[f"{c}{page}" for c in row] for row in PLAIN]
        tables.append((cells, page, y + 40))
        y = pdf.table(60, y + 40, cells)
        pdf.paragraph(60, y, f"After table {page} there is an end.")
    raw = pdf.bytes()
    (row,) = rows(Markdown(), raw)
    text = row["text"]
    assert row["problem"] is None
    assert [(text[b["start"] : b["end"]], b["page"]) for b in row["blocks"] if b["kind"] == "heading"] == [(f"# {h}", p) for h, p in heads]
    assert sum(p in text for p in paragraphs) == len(paragraphs)
    assert text.count("- first point\n- second point") == 8
    assert "Annual report" not in text
    assert "- 3 -" not in text
    found = rows(Figures(), raw)
    assert [(f["cells"], f["page"]) for f in found] == [(cells, page) for cells, page, _ in tables]
    for one, (_, page, top) in zip(found, tables, strict=True):
        assert one["box"] == pytest.approx({"left": 60, "top": top, "right": 390, "bottom": top + 72}, abs=1), page
        assert text.index(f"second point\n\n{one['text']}\n\nAfter table {page}") > 0


def test_a_scan_says_that_it_needs_ocr_and_a_mixed_file_counts_its_scans() -> None:
    scan = made.Pdf()
    scan.picture(made.jpeg(), 0, 0, made.WIDTH, made.HEIGHT)
    mixed = made.Pdf()
    mixed.text(60, 100, "A page with text")
    mixed.turn()
    mixed.picture(made.jpeg(), 0, 0, made.WIDTH, made.HEIGHT)
    blank = made.Pdf()
    files = [scan.bytes(), mixed.bytes(), blank.bytes()]
    said = Facts().on({"content": files})
    assert said["content_needs_ocr"] == [True, False, False]
    assert said["content_problem"] == ["needs_ocr", None, "empty"]
    assert said["content_scanned_pages"] == [1, 1, 0]
    assert said["content_pages"] == [1, 2, 1]
    first = rows(Markdown(), *files)[0]
    assert (first["text"], first["problem"]) == ("", "needs_ocr")
    (figure,) = rows(Figures(), files[0])
    assert figure["media_type"] == "image/jpeg"
    assert figure["image"][:2] == b"\xff\xd8"
    assert rows(Figures(images=False), files[0])[0]["image"] is None


def test_word() -> None:
    raw = made.word(["中文段落。", "An English paragraph\twith a tab."], CELLS)
    assert markdown(raw) == (
        "# Title of it\n\n# 第一章 Part one\n\n中文段落。\n\nAn English paragraph\twith a tab.\n\n- first point\n  - inner point\n\n"
        "### Deep\n\n| Name | 数量\\|n |\n| --- | --- |\n| jade | 3 |\n| bell of bronze |  |"
    )
    table, picture = rows(Figures(), raw)
    assert table["cells"] == CELLS
    assert (picture["kind"], picture["media_type"], picture["image"]) == ("figure", "image/png", made.png())
    assert rows(Markdown(), raw)[0]["title"] == "A Word file"
    assert Facts().on({"content": [raw]})["content_pages"] == [None]


def test_slides() -> None:
    raw = made.slides(["Why", "如何"], CELLS)
    (row,) = rows(Markdown(), raw)
    assert row["text"].startswith("## Why\n\n- one point\n  - 它的细节\n\n> Say Why.\n\n## 如何")
    table, picture = rows(Figures(), raw)
    assert (table["page"], table["cells"], table["box"]["left"], table["box"]["top"]) == (3, CELLS, 36, 72)
    assert (picture["page"], picture["image"]) == (3, made.png())
    assert picture["box"] == {"left": 36, "top": 300, "right": 100, "bottom": 348}
    assert {b["page"] for b in row["blocks"]} == {1, 2, 3}


def test_sheets() -> None:
    raw = made.sheets(["库存", "Prices"], [["item", None, "n"], [None, None, None], ["jade", None, 3.5]])
    (row,) = rows(Markdown(), raw)
    assert row["text"].startswith("## 库存\n\n| item | n |\n| --- | --- |\n| jade | 3.5 |\n\n## Prices")
    assert [(f["kind"], f["page"], f["part"]) for f in rows(Figures(), raw)] == [
        ("table", 1, "库存"),
        ("figure", 1, "库存"),
        ("table", 2, "Prices"),
    ]
    assert Facts().on({"content": [raw]})["content_pages"] == [3]


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    raw = made.book(["<h2>Last</h2><p>end</p>", '<h2>首章</h2><p>a <b>bold</b><br/>line</p><img src="../red.png" alt="A red square"/>'])
    (row,) = rows(Markdown(), raw)
    assert (row["title"], row["document_format"]) == ("一本书", "epub")
    assert row["text"] == "## 首章\n\na bold\nline\n\n![A red square]()\n\n## Last\n\nend"
    (figure,) = rows(Figures(), raw)
    assert (figure["part"], figure["image"], figure["media_type"]) == ("OEBPS/text/c 1.xhtml", made.png(), "image/png")


def test_html() -> None:
    page = """<!doctype html><title> A  page </title><script>no</script><h1>One</h1>tail<p>a <a href=x>link</a> &amp; more
      <ul><li>x<ul><li>y</ul><li>z</ul><blockquote><p>said<br>so</blockquote><pre>  code\n  more</pre><!-- no -->
      <table><tr><td>only column</table><table><tr><th>a<th>b<tr><td>1<td>2</table><img src=x alt=alt><div>end"""
    (row,) = rows(Markdown(), page.encode())
    assert row["title"] == "A page"
    assert row["text"] == (
        "# One\n\ntail\n\na link & more\n\n- x\n  - y\n- z\n\n> said\n> so\n\n```\n  code\n  more\n```\n\nonly column\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n![alt]()\n\nend"
    )
    old = '<!DOCTYPE html><meta charset="gbk"><p>中文网页'.encode("gbk")
    assert markdown(old) == "中文网页"


def test_blocks_are_slices_of_the_text() -> None:
    files = [made.word(["p"], CELLS), made.slides(["Why"], CELLS), made.sheets(["a"], CELLS), made.book(["<p>😀 x</p><p>y</p>"])]
    for row in rows(Markdown(), *files):
        said = [row["text"][b["start"] : b["end"]] for b in row["blocks"]]
        assert all(s == s.strip("\n") and s for s in said)
        assert re.sub(r"\s", "", "".join(said)) == re.sub(r"\s", "", row["text"])


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"0" * 60_000_000)
    return out.getvalue()


def empty_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    return out.getvalue()


WRONG = [
    (b"", None, "empty"),
    (b"\x00\x01\x02", None, "unknown_format"),
    (b"plain text", None, "unknown_format"),
    (b"%PDF-1.7\nnothing", "pdf", "broken"),
    (made.locked_pdf(), "pdf", "encrypted"),
    (b"PK\x03\x04 cut off", None, "broken"),
    (empty_zip(), None, "unknown_format"),
    (bomb(), "docx", "too_large"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None, "legacy_format"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), None, "encrypted"),
    (b"<!doctype html><body></body>", "html", "empty"),
]


@pytest.mark.parametrize(("raw", "form", "problem"), WRONG, ids=[f"{p}-{len(r)}" for r, _, p in WRONG])
def test_what_cannot_be_read_says_why(raw: bytes, form: str | None, problem: str) -> None:
    said = Facts().on({"content": [raw, None]})
    assert (said["content_document_format"], said["content_problem"]) == ([form, None], [problem, None])
    (row,) = rows(Markdown(), None, raw)
    assert (row["row"], row["text"], row["problem"], row["blocks"]) == (1, "", problem, [])
    assert rows(Figures(), raw) == []


def test_damaged_files_never_raise() -> None:
    r = random.Random(8)
    pdf = made.Pdf()
    pdf.table(60, 100, PLAIN)
    for raw in (pdf.bytes(), made.word(["p"], CELLS), made.slides(["t"], CELLS), made.sheets(["s"], CELLS), made.book(["<p>x</p>"])):
        for _ in range(25):
            spoilt = bytearray(raw)
            for _ in range(r.choice((1, 20, 400))):
                spoilt[r.randrange(8, len(spoilt))] = r.randrange(256)
            assert isinstance(read(bytes(spoilt[: r.choice((len(raw), len(raw) // 2))]), True), Document)


def test_threads_may_read_pdfs_at_once() -> None:
    pdf = made.Pdf()
    for _ in range(5):
        pdf.table(60, pdf.paragraph(60, 80, "Some text that stands above."), PLAIN)
        pdf.turn()
    raw = pdf.bytes()
    expected = read(raw)
    got: list[Document] = []
    threads = [threading.Thread(target=lambda: got.extend(read(raw) for _ in range(5))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert got == [expected] * 20


def test_rules_that_do_not_meet_are_no_table() -> None:
    lines = [(0, 10 * i, 100, 10 * i) for i in range(3)]
    assert grids(lines) == []
    assert grids([*lines, (0, 0, 0, 20), (50, 0, 50, 20), (100, 0, 100, 20)]) == [([0, 50, 100], [20, 10, 0])]
    assert grids([(0, 0, 100, 100)]) == []


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(MissingExtra, match=r"python-pptx is not installed; run: pip install 'zhuoyu\[document\]'"):
        Facts().open()


def test_children_have_plain_column_names() -> None:
    assert Bound(Markdown()).fields()[0].name == "text"
