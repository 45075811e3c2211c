"""HTML as blocks: headings, paragraphs, lists, code, quotes, tables and figures, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from zhuoyu.ops.document._blocks import Block, Document

_GONE = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea", "head", "math"})
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "br",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
    }
    | {"rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
Picture = Callable[[str], tuple[bytes | None, str | None]]
"""From an image's address to its bytes and media type, where they are at hand."""


def no_picture(_: str) -> tuple[bytes | None, str | None]:
    """Images of a page lie elsewhere; nothing is fetched."""
    return None, None


def tree(raw: bytes) -> Any:
    """The parsed page, or None; UTF-8 where the bytes are, else as the page declares."""
    from lxml import etree, html

    try:
        raw.decode()
        coding = "utf-8"
    except UnicodeDecodeError:
        coding = None
    try:
        return html.document_fromstring(raw, parser=html.HTMLParser(encoding=coding, no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def read(raw: bytes) -> Document:
    """The blocks of a page; images keep their alternative text, nothing is downloaded."""
    root = tree(raw)
    if root is None:
        return Document("html", "empty")
    found = blocks(root)
    title = " ".join((root.findtext(".//title") or "").split()) or None
    return Document("html", None if found else "empty", title, None, None, tuple(found))


def blocks(root: Any, part: str | None = None, picture: Picture = no_picture) -> list[Block]:
    """The blocks below ROOT."""
    from lxml import etree

    walk = _Walk(part, picture)
    body = root.find(".//body")
    skipped = None
    for event, node in etree.iterwalk(root if body is None else body, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if skipped is None:
                walk.say(node.tail)
            continue
        if skipped is not None:
            if event == "end" and node is skipped:
                skipped = None
                walk.say(node.tail)
            continue
        tag = str(node.tag).rsplit("}", 1)[-1].lower()
        if event == "start" and (tag in _GONE or tag in ("table", "pre") or tag == "img"):
            walk.whole(tag, node)
            skipped = node
        elif event == "start":
            walk.enter(tag, node)
        else:
            walk.leave(tag, node)
    walk.flush()
    return walk.out


class _Walk:
    """The text of the block that is open, and the blocks before it."""

    def __init__(self, part: str | None, picture: Picture) -> None:
        self.out: list[Block] = []
        self.said: list[str] = []
        self.part, self.picture = part, picture
        self.heading, self.lists, self.quotes = 0, 0, 0
        self.item = False

    def say(self, text: str | None) -> None:
        if text:
            self.said.append(re.sub(r"[ \t\r\n\f\v]+", " ", text))

    def flush(self) -> None:
        """End the open block."""
        text = "\n".join(line.strip() for line in re.sub(r" {2,}", " ", "".join(self.said)).split("\n")).strip()
        self.said = []
        if not text:
            return
        if self.heading:
            self.out.append(Block("heading", text, self.heading, part=self.part))
        elif self.item:
            self.out.append(Block("list", text, max(0, self.lists - 1), part=self.part))
            self.item = False
        else:
            self.out.append(Block("quote" if self.quotes else "paragraph", text, part=self.part))

    def enter(self, tag: str, node: Any) -> None:
        """A tag opens."""
        if tag == "br":
            self.said.append("\n")
        elif tag not in _INLINE:
            self.flush()
            self.heading = _HEADINGS.get(tag, self.heading)
            self.lists += tag in ("ul", "ol")
            self.quotes += tag == "blockquote"
            self.item = tag in ("li", "dd", "dt") or (self.item and tag in ("p", "div"))
        self.say(node.text)

    def leave(self, tag: str, node: Any) -> None:
        """A tag closes, and what follows it begins."""
        if tag not in _INLINE:
            self.flush()
            self.heading = 0 if tag in _HEADINGS else self.heading
            self.lists -= tag in ("ul", "ol")
            self.quotes -= tag == "blockquote"
            self.item = self.item and tag not in ("li", "dd", "dt", "ul", "ol")
        self.say(node.tail)

    def whole(self, tag: str, node: Any) -> None:
        """An element that is one block, or nothing."""
        if tag == "table":
            self.flush()
            cells = _cells(node)
            if cells:
                self.out.append(Block("table", "", part=self.part, cells=cells))
            else:
                self.say(" ".join(node.itertext()))
                self.flush()
        elif tag == "pre":
            self.flush()
            said = "".join(node.itertext()).strip("\r\n")
            if said.strip():
                self.out.append(Block("code", said, part=self.part))
        elif tag == "img":
            image, media = self.picture(node.get("src") or "")
            self.flush()
            self.out.append(Block("figure", (node.get("alt") or "").strip(), part=self.part, image=image, media_type=media))


def _cells(table: Any) -> tuple[tuple[str, ...], ...]:
    """The rows of a table; of one inside another, the text only. A single column is a layout, not a table: no rows."""
    rows = []
    for row in table.iter("{*}tr", "tr"):
        if next(row.iterancestors("{*}table", "table")) is not table:
            continue
        cells = row.iterchildren("{*}td", "td", "{*}th", "th")
        rows.append(tuple(" ".join("".join(c.itertext()).split()) for c in cells))
    rows = [r for r in rows if any(r)]
    return tuple(rows) if max(map(len, rows), default=0) > 1 else ()
