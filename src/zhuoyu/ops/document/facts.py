"""What kind of document a file is, and whether its text can be read."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa

from zhuoyu.op import Column, Input, Measure
from zhuoyu.ops.document import _read
from zhuoyu.units import Category, Chars, Count, Flag


class Facts(Measure):
    r"""Format, pages and readability (文档概况) of PDF, DOCX, PPTX, XLSX, EPUB and HTML, by content, not by name. Null stays null.

    ``problem`` is null for a document that can be read, else: needs_ocr (a scan: pages are images, none has a text layer),
    encrypted, broken, empty, legacy_format (Office before 2007), unknown_format, too_large (an archive that unpacks to over 1 GB, or to 200
    times its size). DOCX, EPUB and HTML have no pages before they are laid out: null. A PDF in which only some pages are
    scans has no problem; ``scanned_pages`` counts them.

    >>> Facts().on({"content": [b"<!doctype html><h1>Hi</h1>", b"\x00\x01", None]})["content_problem"]
    [None, 'unknown_format', None]
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "document"
    reads: ClassVar[tuple[Input, ...]] = (Input("content", "binary"),)
    source: ClassVar[str] = "ISO 32000-2 (PDF); ECMA-376 (OOXML); EPUB 3.3; WHATWG HTML"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("document_format", pa.string(), Category, "pdf, docx, pptx, xlsx, epub, html; null: none of them", zh="文档格式"),
        Column("pages", pa.int64(), Count, "pages, slides or sheets", zh="页数"),
        Column("text_chars", pa.int64(), Chars, "code points of text that can be read", "high", "可读文字数"),
        Column("scanned_pages", pa.int64(), Count, "PDF pages that are an image without text", "low", "扫描页数"),
        Column("needs_ocr", pa.bool_(), Flag, "a scan without any text", "low", "需要识别"),
        Column("problem", pa.string(), Category, "why it cannot be read; null: it can", zh="问题"),
    )

    def open(self) -> None:
        """Import the readers once per worker."""
        _read.require()

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        rows: list[tuple[Any, ...]] = []
        for raw in inputs[0]:
            if not raw.is_valid:
                rows.append((None,) * len(self.writes))
                continue
            found = _read.read(raw.as_py())
            rows.append((found.format, found.pages, found.chars(), found.scanned, found.problem == "needs_ocr", found.problem))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.writes)
        return [pa.array(values, c.type) for values, c in zip(columns, self.writes, strict=True)]
