from __future__ import annotations

import importlib
import re
import socket
import sys
from importlib.metadata import distributions

import markdown
import pytest

from zhuoyu.errors import MissingExtra
from zhuoyu.ops.text.main_text import MainText

MENU = ["Sign in", "Newsletter", "Careers", "Follow us on Mastodon", "隐私政策", "友情链接", "Cookie settings", "Terms of use"]
PAGE = """<!DOCTYPE html><html><head><title>{name}</title><script>var tracker = 1;</script></head><body>
<header><div class="logo">Example portal</div><nav><ul>{menu}</ul></nav></header>
<div class="sidebar"><h3>Most read</h3><ul>{menu}</ul></div>
<main><article>{body}</article></main>
<footer><ul>{menu}</ul><p>© 2024 Example portal. All rights reserved.</p></footer></body></html>"""


def real_bodies() -> list[tuple[str, str, list[str]]]:
    """(name, HTML, paragraphs) of descriptions of installed packages that are written in Markdown."""
    out = []
    for package in distributions():
        said = package.metadata.get_payload() or ""
        if "markdown" not in (package.metadata.get("Description-Content-Type") or "") or not isinstance(said, str):
            continue
        body = markdown.markdown(said, extensions=["fenced_code", "tables"])
        plain = [re.sub(r"\s+", " ", p).strip() for p in re.findall(r"<p>([^<&]{80,})</p>", body)]
        if len(plain) >= 3:
            out.append((package.metadata["Name"], body, plain))
    return sorted(out)[:25]


def test_real_articles_come_out_of_planted_boilerplate() -> None:
    found = real_bodies()
    assert len(found) >= 10
    menu = "".join(f'<li><a href="/{i}">{said}</a></li>' for i, said in enumerate(MENU))
    pages = [PAGE.format(name=name, menu=menu, body=body) for name, body, _ in found]
    said = [re.sub(r"\s+", " ", text) for text in MainText().on({"text": pages})]
    paragraphs = [(text, p) for text, (_, _, plain) in zip(said, found, strict=True) for p in plain]
    kept = sum(p in text for text, p in paragraphs)
    left = sum(line in text for text in said for line in MENU)
    assert kept >= 0.9 * len(paragraphs), f"{kept} of {len(paragraphs)} paragraphs"
    assert left <= 0.02 * len(MENU) * len(pages), f"{left} lines of boilerplate"


def test_a_chinese_article() -> None:
    body = "<p>琢玉是一个数据工程平台，它把数据集当作代码来管理，并对每一行的去向给出原因。</p>" * 3
    page = PAGE.format(name="新闻", menu="".join(f'<li><a href="#">{m}</a></li>' for m in MENU), body=body)
    (said,) = MainText().on({"text": [page]})
    assert "琢玉是一个数据工程平台" in said
    assert not [m for m in MENU if m in said]


@pytest.mark.parametrize(
    ("page", "main"),
    [
        ("plain text, no tag", "plain text, no tag"),
        ("a < b and c > d", "a < b and c > d"),
        ("", ""),
        (None, None),
        ("<html><body></body></html>", ""),
        ("<?xml version='1.0' encoding='gbk'?><html><body><p>解码过的中文</p></body></html>", "解码过的中文"),
        ("<html><body><p>broken <b <i>x</p", "broken x"),
    ],
)
def test_edges(page: str | None, main: str | None) -> None:
    assert MainText().on({"text": [page, "z"]}) == [main, "z"]


def test_markdown_keeps_headings_and_tables_can_go() -> None:
    body = (
        "<h2>Part</h2><p>"
        + "A sentence of some length stands here, number one of five. " * 12
        + "</p><table><tr><td>cell one</td><td>cell two</td></tr></table>"
    )
    page = PAGE.format(name="T", menu="", body=body)
    marked, bare = MainText(form="markdown").on({"text": [page]})[0], MainText(tables=False).on({"text": [page]})[0]
    assert "## Part" in marked
    assert "cell one" in marked
    assert "cell one" not in bare


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the extractor opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = '<html><head><link rel="canonical" href="http://a.example/b"></head><body><p>Text by <a href="http://a.example">A</a></p></body></html>'
    assert "Text by" in MainText().on({"text": [page]})[0]


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(MissingExtra, match=r"pip install 'zhuoyu\[text\]'"):
        importlib.import_module("zhuoyu.ops.text.main_text").MainText().open()
