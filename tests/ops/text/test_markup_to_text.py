from __future__ import annotations

import random
import time

import pyarrow as pa
import pytest

from zhuoyu.ops._markup import sniff
from zhuoyu.ops.text.markup_to_text import MarkupToText

META = "Metadata-Version: 2.1\nName: a\nAuthor: B\nClassifier: x\nDescription-Content-Type: text/markdown\n\n"
CASES = [
    ("<p>Hello <b>world</b> &amp; all</p><script>x<1</script><style>p{}</style>", "html", "Hello world & all"),
    ("<html><head><title>T</title></head><body><h1>A</h1>b<br>c</body>", "htm", "T\nA\nb\nc"),
    ("<ul><li>一<li>二</ul>", "html", "一\n二"),
    ("<p>a\n  b\t c</p><pre>x\n  y</pre>", "html", "a b c\nx\n  y"),
    ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "html", "1 2\n3"),
    ("<div>a<table><tr><td>1<tr><th>2<table><tr><td>3</table></table>b", "html", "a\n1\n2\n3\nb"),
    ("<p>broken <b <i>x</p", "html", "broken x"),
    ("1 < 2 & 3", "html", "1 < 2 & 3"),
    ("", "html", ""),
    ("# Title #\n\ntext **bold** and *it* `c`\n", "md", "Title\n\ntext bold and it c\n"),
    ("[a](http://b/c_(d)) ![alt](x.png) [t][r] <https://e.f>\n[r]: http://g\n", "md", "a alt t https://e.f\n"),
    ("T\n===\n> quote\n\n---\nend", "md", "T\n\nquote\n\n\nend"),
    ("a\n```python\n# not a heading\nx = a*b*c\n```\n**z**\n", "md", "a\n# not a heading\nx = a*b*c\nz\n"),
    ("| a | b |\n|---|:-:|\n| 1 | 2 |\n", "md", "| a | b |\n| 1 | 2 |\n"),
    ("snake_case_name 2*3*4 * not\n- item\n", "md", "snake_case_name 2*3*4 * not\n- item\n"),
    ("easy\\_install \\*x\\*", "md", "easy_install *x*"),
    ("```\nopen fence", "md", "open fence"),
    ("中文**加粗**和[链接](http://a)", "md", "中文**加粗**和链接"),
    (
        "Title\n=====\n\nSee :class:`~a.B` and `text <http://x>`_ with ``code``::\n\n    x\n",
        "rst",
        "Title\n\nSee a.B and text with code:\n\n    x\n",
    ),
    (".. image:: a.png\n   :alt: b\n\n.. note:: Mind.\n\n.. comment\n\n.. _l: http://x\n", "rst", "\nMind.\n\n\n\n"),
    (META + "# Body\nHello\n", "metadata", "Body\nHello\n"),
    ("Metadata-Version: 2.1\nName: a\n", "metadata", ""),
    ("Metadata-Version: 1.0\nDescription: One\n        two\nPlatform: X\n", "metadata", "One\ntwo\n"),
    ("No header here.\n\nText", "metadata", "No header here.\n\nText"),
    ("# comment\nx = '<b>'\n", "py", "# comment\nx = '<b>'\n"),
    ("# a **b**", "txt", "# a **b**"),
    ("<b>MIT</b>", "license", "<b>MIT</b>"),
    ("<!DOCTYPE html><p>a", None, "a"),
    ("# Changes\n\n* [x](http://y)\n", "changelog", "Changes\n\n* x\n"),
    ("plain # text", "other", "plain # text"),
    (None, "html", None),
    (None, None, None),
]


@pytest.mark.parametrize(("text", "form", "plain"), CASES)
def test_markup_becomes_text(text: str | None, form: str | None, plain: str | None) -> None:
    assert MarkupToText().on({"text": [text, "x"], "format": [form, "py"]}) == [plain, "x"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC>", "html"),
        ("Metadata-Version: 2.3\n", "metadata"),
        ("# A\n\n[b](https://c) and\n```\n", "md"),
        ("Title\n=====\n\n.. note:: x\n", "rst"),
        ("import os\nfrom a import b\ndef f(x):\n    # A\n# B\n# C\n", "txt"),
        ("Once upon a time # 1\n", "txt"),
    ],
)
def test_a_missing_format_is_sniffed(text: str, form: str) -> None:
    assert sniff(text) == form


def test_noise_never_raises() -> None:
    r = random.Random(1)
    pool = [
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "&#x110000;",
        "&amp",
        "[",
        "](",
        "```",
        "\n",
        "::",
        "`",
        "**",
        "__",
        ".. ",
        "<pre>",
        "\x00",
        "\x1e",
        "字",
        "|",
        "=====\n",
    ]
    rows = ["".join(r.choices(pool, k=200)) for _ in range(300)]
    for form in ("html", "md", "rst", "metadata", None):
        out = MarkupToText().on({"text": rows, "format": [form] * len(rows)})
        assert all(isinstance(t, str) for t in out)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<div>" * 100_000 + "x", "html"),
        ("<b><i>" * 100_000 + "x", "html"),
        ("<pre>" * 20_000, "html"),
        ("<!--" * 50_000, "html"),
        ("[" * 50_000, "md"),
        ("*" * 50_000 + "a", "md"),
        ("* " * 50_000, "md"),
        ("`" * 50_000, "md"),
        ("```\n" * 20_001, "md"),
        ("<a " * 20_000, "md"),
        ("|--" * 20_000, "md"),
        ("![](" * 10_000, "md"),
        ("`a <" * 20_000, "rst"),
        (":a:" * 20_000, "rst"),
        (".. |" * 20_000, "rst"),
        ("=" * 100_000 + "a", "rst"),
        ("== " * 20_000, "rst"),
        ("a: b\n" * 20_000, "metadata"),
        ("\n" * 100_000, "rst"),
        (" " * 100_000, "md"),
    ],
)
def test_hostile_documents_take_no_quadratic_time(text: str, form: str) -> None:
    begun = time.process_time()
    MarkupToText().run(pa.array([text], pa.large_string()), pa.array([form], pa.large_string()))
    assert time.process_time() - begun < 5
