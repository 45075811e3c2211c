"""Documents as Markdown, with the page and the box of every block."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa

from zhuoyu.op import Children, Column, Expand, Input
from zhuoyu.ops.document import _read
from zhuoyu.ops.document._blocks import BOX, Placed
from zhuoyu.units import Category, Content

_BLOCK = pa.struct(
    [("kind", pa.string()), ("page", pa.int64()), ("part", pa.string()), ("box", BOX), ("start", pa.int64()), ("end", pa.int64())]
)


class Markdown(Expand):
    r"""One child a document (文档转 Markdown): PDF, DOCX, PPTX, XLSX, EPUB or HTML, known by content. Null has no child.

    A document that cannot be read has a child without text whose ``problem`` says why (see ``document.facts``): a scan says
    ``needs_ocr``. ``blocks`` lists where each block stands in the Markdown (``start`` and ``end`` in code points) and where it
    came from: the page, slide or sheet from 1, the sheet or the file in a book, and the box in points from the page's top left.
    PDF headings go by font size; its tables need ruled lines; lines that stand in the margin of three pages or more are left out.
    Figures are their alternative text; ``document.figures`` has their bytes. Characters are not escaped.

    >>> Markdown().run(pa.array([b"<!doctype html><h1>Hi</h1><p>there", None], pa.large_binary())).columns[0].to_pylist()
    ['# Hi\n\nthere']
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "document"
    reads: ClassVar[tuple[Input, ...]] = (Input("content", "binary"),)
    source: ClassVar[str] = "CommonMark 0.31 and the tables of GitHub Flavored Markdown 0.29; formats: see document.facts"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("text", pa.large_string(), Content, "the document as Markdown", zh="正文"),
        Column("title", pa.string(), Content, "the title in the file's own description; null: none", zh="标题"),
        Column("document_format", pa.string(), Category, "pdf, docx, pptx, xlsx, epub or html", zh="文档格式"),
        Column("problem", pa.string(), Category, "why it cannot be read; null: it can", zh="问题"),
        Column("blocks", pa.list_(_BLOCK), Content, "where each block stands and where it came from", zh="版面块"),
    )

    def open(self) -> None:
        """Import the readers once per worker."""
        _read.require()

    def run(self, *inputs: pa.Array) -> Children:
        """Documents in order."""
        parents: list[int] = []
        rows: list[tuple[Any, ...]] = []
        for i, raw in enumerate(inputs[0]):
            if not raw.is_valid:
                continue
            found = _read.read(raw.as_py())
            text, placed = found.markdown()
            parents.append(i)
            rows.append((text, found.title, found.format, found.problem, [_said(p) for p in placed]))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.writes)
        return Children(pa.array(parents, pa.int64()), [pa.array(v, c.type) for v, c in zip(columns, self.writes, strict=True)])


def _said(placed: Placed) -> dict[str, Any]:
    block = placed.block
    return {"kind": block.kind, "page": block.page, "part": block.part, "box": block.boxed(), "start": placed.start, "end": placed.end}
