"""The tables and figures of documents, as rows of a table of their own."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.op import Children, Column, Expand, Input
from zhuoyu.ops.document import _read
from zhuoyu.ops.document._blocks import BOX, Block
from zhuoyu.units import Category, Content, Count

_CELLS = pa.list_(pa.list_(pa.string()))


class Figures(Expand):
    r"""One child a table or figure (表格与插图), in reading order, of the documents that ``document.markdown`` reads.

    A table has its cells and its Markdown; a cell merged over several columns says its text once. A figure has its alternative
    text and, with ``images``, its bytes: as they lie in the file, else PNG; null where the file only names it (HTML) or it
    cannot be decoded. ``page`` and the box as in ``document.markdown``. A document that cannot be read has none.

    >>> page = b"<!doctype html><table><tr><th>a<th>b<tr><td>1<td>2</table>"
    >>> Figures().run(pa.array([page, None], pa.large_binary())).columns[1].to_pylist()
    ['| a | b |\n| --- | --- |\n| 1 | 2 |']
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "document"
    reads: ClassVar[tuple[Input, ...]] = (Input("content", "binary"),)
    source: ClassVar[str] = "The tables of GitHub Flavored Markdown 0.29; formats: see document.facts"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("kind", pa.string(), Category, "table or figure", zh="种类"),
        Column("text", pa.large_string(), Content, "a table's Markdown, a figure's alternative text", zh="文字"),
        Column("cells", _CELLS, Content, "a table's rows of cells; null for figures", zh="单元格"),
        Column("image", pa.large_binary(), Content, "a figure's bytes", zh="图像"),
        Column("media_type", pa.string(), Category, "of the image; null: not known", zh="媒体类型"),
        Column("page", pa.int64(), Count, "page, slide or sheet from 1; null: not laid out", zh="页"),
        Column("part", pa.string(), Category, "the sheet, or the file in a book", zh="部分"),
        Column("box", BOX, Content, "where on the page, in points from its top left; null: not laid out", zh="位置"),
    )
    images: bool = Field(True, description="Take the figures' bytes too.")

    def open(self) -> None:
        """Import the readers once per worker."""
        _read.require()

    def run(self, *inputs: pa.Array) -> Children:
        """Tables and figures in reading order."""
        parents: list[int] = []
        rows: list[tuple[Any, ...]] = []
        for i, raw in enumerate(inputs[0]):
            found = _read.read(raw.as_py(), self.images).blocks if raw.is_valid else ()
            for block in found:
                if block.kind in ("table", "figure"):
                    parents.append(i)
                    rows.append(_row(block))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.writes)
        return Children(pa.array(parents, pa.int64()), [pa.array(v, c.type) for v, c in zip(columns, self.writes, strict=True)])


def _row(block: Block) -> tuple[Any, ...]:
    table = block.kind == "table"
    said = block.markdown() if table else block.text
    cells = [list(row) for row in block.cells] if table else None
    return block.kind, said, cells, block.image, block.media_type, block.page, block.part, block.boxed()
