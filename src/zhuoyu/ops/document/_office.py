"""Word, PowerPoint and Excel files as blocks."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from zhuoyu.ops.document._blocks import Block, Box, Document

_EMU = 12700
"""English metric units in a point."""


def word(raw: bytes, images: bool) -> Document:
    """DOCX: headings and lists by style. It has no pages until it is laid out: page and box are null."""
    import docx

    file = docx.Document(io.BytesIO(raw))
    out: list[Block] = []
    for item in file.iter_inner_content():
        if isinstance(item, docx.table.Table):
            rows = [_spread(row.cells) for row in item.rows]
            out += [Block("table", "", cells=tuple(r for r in rows if any(r)))] if any(any(r) for r in rows) else []
            continue
        out += _paragraph(item)
        out += _pictures(item, file.part, images)
    return Document("docx", None if out else "empty", (file.core_properties.title or "").strip() or None, None, None, tuple(out))


def _spread(cells: Any) -> tuple[str, ...]:
    """A row's texts; a cell merged over several columns says it once."""
    out, before = [], None
    for cell in cells:
        out.append("" if cell._tc is before else cell.text.strip())  # noqa: SLF001  # the only way to know merged cells
        before = cell._tc  # noqa: SLF001
    return tuple(out)


def _paragraph(item: Any) -> list[Block]:
    text = item.text.strip()
    if not text:
        return []
    styles: list[str] = []
    style = item.style
    while style is not None and len(styles) < 10:
        styles.append((style.name or "").lower())
        style = style.base_style
    for name in styles:
        if name == "title":
            return [Block("heading", text, 1)]
        if name.startswith("heading"):
            digits = name.rsplit(" ", 1)[-1]
            return [Block("heading", text, int(digits) if digits.isdigit() else 1)]
        if name.startswith(("list", "bullet")):
            digits = name.rsplit(" ", 1)[-1]
            return [Block("list", text, int(digits) - 1 if digits.isdigit() else 0)]
        if "quote" in name:
            return [Block("quote", text)]
    numbered = item._p.pPr is not None and item._p.pPr.numPr is not None  # noqa: SLF001
    return [Block("list" if numbered else "paragraph", text)]


def _pictures(item: Any, part: Any, images: bool) -> Iterator[Block]:
    for drawing in item._p.iter("{*}drawing"):  # noqa: SLF001  # python-docx has no name for a paragraph's drawings
        for blip in drawing.iter("{*}blip"):
            link = next((v for k, v in blip.attrib.items() if k.endswith("}embed")), None)
            said = next((p.get("descr") or "" for p in drawing.iter("{*}docPr")), "")
            target = part.related_parts.get(link)
            if target is not None:
                yield Block("figure", said.strip(), image=target.blob if images else None, media_type=target.content_type)


def slides(raw: bytes, images: bool) -> Document:
    """PPTX: a page a slide, its shapes from the top left; boxes are theirs. Speaker's notes are quotes."""
    import pptx

    file = pptx.Presentation(io.BytesIO(raw))
    out: list[Block] = []
    for number, slide in enumerate(file.slides, 1):
        title = slide.shapes.title
        for shape in sorted(_shapes(slide.shapes), key=lambda s: (s.shape_id != getattr(title, "shape_id", None), s.top or 0, s.left or 0)):
            out += _shape(shape, number, title is not None and shape.shape_id == title.shape_id, images)
        notes = slide.notes_slide.notes_text_frame.text.strip() if slide.has_notes_slide and slide.notes_slide.notes_text_frame else ""
        out += [Block("quote", notes, page=number)] if notes else []
    title_of_all = (file.core_properties.title or "").strip() or None
    return Document("pptx", None if out else "empty", title_of_all, len(file.slides), None, tuple(out))


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _shape(shape: Any, page: int, is_title: bool, images: bool) -> list[Block]:
    box: Box | None = None
    if None not in (shape.left, shape.top, shape.width, shape.height):
        left, top = shape.left / _EMU, shape.top / _EMU
        box = (round(left, 1), round(top, 1), round(left + shape.width / _EMU, 1), round(top + shape.height / _EMU, 1))
    if getattr(shape, "has_table", False):
        cells = tuple(tuple(c.text.strip() for c in row.cells) for row in shape.table.rows)
        return [Block("table", "", page=page, box=box, cells=cells)] if any(map(any, cells)) else []
    if hasattr(shape, "image"):
        said = shape._element._nvXxPr.cNvPr.get("descr") or ""  # noqa: SLF001  # python-pptx has no name for it
        return [Block("figure", said, 0, page, None, box, (), shape.image.blob if images else None, shape.image.content_type)]
    if not shape.has_text_frame:
        return []
    lines = [(p.level, p.text.strip().replace("\v", "\n")) for p in shape.text_frame.paragraphs if p.text.strip()]
    if is_title and lines:
        return [Block("heading", " ".join(said for _, said in lines), 2, page, None, box)]
    many = len(lines) > 1
    return [Block("list" if many else "paragraph", said, level if many else 0, page, None, box) for level, said in lines]


def sheets(raw: bytes, images: bool) -> Document:
    """XLSX: a table a sheet, values as last computed; ``part`` is the sheet's name, and its heading."""
    import openpyxl

    file = openpyxl.load_workbook(io.BytesIO(raw), data_only=True)
    out: list[Block] = []
    for number, sheet in enumerate(file.worksheets, 1):
        cells = [[_value(v) for v in row] for row in sheet.iter_rows(values_only=True)]
        rows = [r for r in cells if any(r)]
        used = [i for i in range(max(map(len, rows), default=0)) if any(r[i] for r in rows)]
        pictures = list(sheet._images)  # noqa: SLF001  # openpyxl has no name for it
        if rows or pictures:
            out.append(Block("heading", sheet.title, 2, number, sheet.title))
        if rows:
            out.append(Block("table", "", page=number, part=sheet.title, cells=tuple(tuple(r[i] for i in used) for r in rows)))
        for picture in pictures:
            blob = picture._data() if images else None  # noqa: SLF001
            out.append(Block("figure", "", page=number, part=sheet.title, image=blob, media_type=f"image/{picture.format}"))
    title = (file.properties.title or "").strip() or None
    return Document("xlsx", None if out else "empty", title, len(file.worksheets), None, tuple(out))


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value).strip()
