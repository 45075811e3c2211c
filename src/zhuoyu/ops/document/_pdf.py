"""Born-digital PDF as blocks: lines put together from what PDFium sees, tables from ruled lines, images as figures."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import pairwise
from statistics import median
from threading import Lock
from typing import Any

from zhuoyu.ops.document._blocks import Block, Box, Document, Kind, Problem
from zhuoyu.ops.document._pdf_grid import TOUCH, Rect, grids

_PDFIUM = Lock()
"""PDFium must be called by one thread at a time, and everything it opened be closed inside."""

_BULLET = re.compile(r"^[•‣▪◦●○■□–·\uf0b7]\s+")
_LEADERS = re.compile(r"(?:\s?\.){5,}")
"""The dots of a table of contents."""
_HEADING = 1.15
"""A line in a font so much larger than the median line of the document is a heading; each size that differs by 10 % is a level."""
_MARGIN = 0.1
"""Share of a page at its top and bottom where running heads and page numbers stand."""
_REPEATS = 3
"""Pages that must have the same line in the margin (numbers aside) for it to be a running head."""
_FIGURE = 0.01
"""Share of the page below which an image is an ornament."""
_SCAN = 0.5
"""Share of the page above which an image without text is a scan of it."""
_DEEP = 4

Piece = tuple[Box, str, float]
"""Where, what, and in which font size."""


def read(raw: bytes, images: bool) -> Document:
    """The blocks of a PDF; IMAGES asks for the figures' bytes. Pages without text are counted, a document of such needs OCR."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    with _PDFIUM:
        try:
            file = pypdfium2.PdfDocument(raw)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
            return Document("pdf", "encrypted" if locked else "broken")
        with closing(file):
            pages: list[list[Block]] = []
            others: list[list[Block]] = []
            scanned = 0
            for number in range(len(file)):
                texts, placed, scan = _page(file, number, images)
                pages.append(texts)
                others.append(placed)
                scanned += scan
            title = (file.get_metadata_dict().get("Title") or "").strip() or None
    body = _body(pages)
    kept = zip(_without_running_heads(pages, body), others, strict=True)
    blocks = _levelled([b for texts, placed in kept for b in _in_order(texts, placed)], body)
    said = any(b.text or b.cells for b in blocks)
    problem: Problem | None = None if said else "needs_ocr" if scanned else "empty"
    return Document("pdf", problem, title, len(pages), scanned, tuple(blocks))


def _page(file: Any, number: int, images: bool) -> tuple[list[Block], list[Block], bool]:
    """The text blocks of one page (a level is a font size until all pages are read), its tables and figures; whether it is a scan."""
    import pypdfium2.raw as pdfium

    with ExitStack() as stack:
        page = stack.enter_context(closing(file[number]))
        text = stack.enter_context(closing(page.get_textpage()))
        width, height = page.get_size()
        paths: list[Rect] = []
        figures: list[Block] = []
        for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEP):
            bounds = shape.get_bounds()
            if shape.type == pdfium.FPDF_PAGEOBJ_PATH:
                paths.append(bounds)
            elif _area(bounds) >= _FIGURE * width * height:
                image, media = _image(shape) if images else (None, None)
                figures.append(Block("figure", "", page=number + 1, box=_flip(bounds, height), image=image, media_type=media))
        tables = [_table(text, xs, ys, number + 1, height) for xs, ys in grids(paths)]
        pieces: list[Piece] = []
        for i in range(text.count_rects()):
            rect = text.get_rect(i)
            pieces.append((_flip(rect, height), text.get_text_bounded(*rect), _size(text, rect)))
    tables = [t for t in tables if any(c for row in t.cells for c in row)]
    scan = not any(said.strip() for _, said, _ in pieces) and any(f.box and _area(f.box) >= _SCAN * width * height for f in figures)
    outside = [p for p in pieces if not any(t.box and _inside(p[0], t.box) for t in tables)]
    return [*_paragraphs(_lines(outside), number + 1)], [*tables, *figures], scan


def _size(text: Any, rect: Rect) -> float:
    """The font size of a piece's first character, as printed."""
    import pypdfium2.raw as pdfium

    at = text.get_index(rect[0] + 0.5, (rect[1] + rect[3]) / 2, 2, 2)
    matrix = pdfium.FS_MATRIX()
    if at is None or not pdfium.FPDFText_GetMatrix(text, at, matrix):
        return rect[3] - rect[1]
    return float(pdfium.FPDFText_GetFontSize(text, at) * math.hypot(matrix.c, matrix.d))


def _area(box: Box) -> float:
    return abs((box[2] - box[0]) * (box[3] - box[1]))


def _flip(rect: Rect, height: float) -> Box:
    left, bottom, right, top = (round(v, 1) for v in rect)
    return left, round(height - top, 1), right, round(height - bottom, 1)


def _inside(inner: Box, outer: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _image(shape: Any) -> tuple[bytes | None, str | None]:
    """An image's bytes as they stand in the file where that is a format of its own, else as PNG."""
    import pypdfium2

    out = io.BytesIO()
    try:
        shape.extract(out, fb_format="png")
    except (pypdfium2.PdfiumError, pypdfium2.PdfImage.NotExtractableError, OSError, ValueError, NotImplementedError):
        return None, None
    raw = out.getvalue()
    return raw, "image/png" if raw[:4] == b"\x89PNG" else "image/jpeg" if raw[:2] == b"\xff\xd8" else "image/jp2"


def _table(text: Any, xs: list[float], ys: list[float], page: int, height: float) -> Block:
    def cell(x0: float, y0: float, x1: float, y1: float) -> str:
        # what only touches a rule belongs to the neighbour
        inset = min(TOUCH, (y1 - y0) / 4)
        return _clean(text.get_text_bounded(x0, y0 + inset, x1, y1 - inset)).strip()

    cells = tuple(tuple(cell(x0, y0, x1, y1) for x0, x1 in pairwise(xs)) for y1, y0 in pairwise(ys))
    return Block("table", "", page=page, box=_flip((xs[0], ys[-1], xs[-1], ys[0]), height), cells=cells)


def _clean(text: str) -> str:
    """Soft line ends joined; PDFium marks a hyphen at a line's end with U+0002 (or U+FFFE)."""
    said = _LEADERS.sub(" …", re.sub(r"[\x02\ufffe]\s*", "", text))
    return re.sub(r"[ \t]*[\r\n]+[ \t]*", " ", said)


def _lines(pieces: list[Piece]) -> list[Piece]:
    """Pieces side by side as lines, in the order of the file, which is the reading order of what was typeset."""
    out: list[Piece] = []
    for box, said, size in pieces:
        said = said.replace("\r", "").replace("\n", "")
        if not said.strip():
            continue
        if out:
            last, before, tall = out[-1]
            shared = min(last[3], box[3]) - max(last[1], box[1])
            high = max(last[3] - last[1], box[3] - box[1])
            if shared >= 0.5 * min(last[3] - last[1], box[3] - box[1]) and -high < box[0] - last[2] < 3 * high:
                gap = " " if box[0] - last[2] > 0.15 * high and not before.endswith(" ") and not said.startswith(" ") else ""
                merged = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
                out[-1] = merged, before + gap + said, max(tall, size)
                continue
        out.append((box, said, size))
    return out


def _paragraphs(lines: list[Piece], page: int) -> Iterator[Block]:
    """Lines of one size that follow each other closely, as blocks; ``level`` holds that size in tenths of a point."""
    group: list[Piece] = []
    for line in lines:
        if group and not _goes_on(group[-1], line):
            yield _block(group, page)
            group = []
        group.append(line)
    if group:
        yield _block(group, page)


def _goes_on(above: Piece, below: Piece) -> bool:
    (a, _, size), (b, said, other) = above, below
    high, low = max(size, other), min(size, other)
    step = (b[1] + b[3] - a[1] - a[3]) / 2
    return 0.4 * high <= step <= 1.6 * high and low * 1.12 >= high and b[0] < a[2] and a[0] < b[2] and not _BULLET.match(said)


def _block(lines: list[Piece], page: int) -> Block:
    boxes = [box for box, _, _ in lines]
    box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    said = lines[0][1].strip()
    for _, line, _ in lines[1:]:
        said = _joined(said, line.strip())
    said = _clean(said)
    kind: Kind = "list" if _BULLET.match(said) else "paragraph"
    return Block(kind, _BULLET.sub("", said), round(10 * median(size for _, _, size in lines)), page, None, box)


def _joined(said: str, line: str) -> str:
    """Two lines of one paragraph: nothing between Chinese or Japanese characters, nor after a hyphen that only breaks the line."""
    if said[-1:] in ("\x02", "\ufffe"):
        return said[:-1] + line
    wide = said[-1:] >= "\u2e80" and line[:1] >= "\u2e80" and not "\uac00" <= line[:1] <= "\ud7a3"
    return said + ("" if wide else " ") + line


def _in_order(texts: list[Block], others: list[Block]) -> list[Block]:
    """Tables and figures before the first text block that begins below them in their column."""
    out = list(texts)
    for other in others:
        box = other.box
        assert box is not None
        at = next((i for i, b in enumerate(out) if b.box and b.box[1] >= box[1] and b.box[0] < box[2] and box[0] < b.box[2]), len(out))
        out.insert(at, other)
    return out


def _body(pages: list[list[Block]]) -> int:
    """The font size of the median line, in tenths of a point."""
    sizes = sorted(s for page in pages for b in page if b.text for s in [b.level] * max(1, len(b.text) // 40))
    return sizes[len(sizes) // 2] if sizes else 0


def _without_running_heads(pages: list[list[Block]], body: int) -> list[list[Block]]:
    """Pages without what stands at one height in the margin of three pages or more and is not as large as a heading."""

    def sign(block: Block) -> tuple[str, int] | None:
        small = block.box and len(block.text) < 200 and not _tall(block, body)
        return (re.sub(r"\d+|\b[ivxlc]+\b", "#", block.text), round(block.box[1] / 5)) if small and block.box else None

    margins = [_margin(page) for page in pages]
    seen = Counter(s for margin in margins for s in {sign(b) for b in margin} if s)
    gone = {id(b) for margin in margins for b in margin if seen.get(sign(b) or ("", 0), 0) >= _REPEATS}
    return [[b for b in page if id(b) not in gone] for page in pages]


def _margin(page: list[Block]) -> list[Block]:
    """The text blocks in the outer tenth of what is printed on a page."""
    boxes = [b.box for b in page if b.box]
    if not boxes:
        return []
    top, bottom = min(b[1] for b in boxes), max(b[3] for b in boxes)
    edge = _MARGIN * (bottom - top)
    return [b for b in page if b.box and (b.box[3] <= top + edge or b.box[1] >= bottom - edge)]


def _levelled(blocks: list[Block], body: int) -> list[Block]:
    """Headings found by their size, in levels of it; other levels are 0."""
    tall = sorted({b.level for b in blocks if _tall(b, body)}, reverse=True)
    steps: list[int] = []
    for height in tall:
        if not steps or height < steps[-1] / 1.1:
            steps.append(height)
    out = []
    for b in blocks:
        level = 1 + next((i for i, s in enumerate(steps) if b.level >= s / 1.1), 0) if _tall(b, body) else 0
        out.append(replace(b, kind="heading", level=min(level, 6)) if level else replace(b, level=0))
    return out


def _tall(block: Block, body: int) -> bool:
    return block.kind == "paragraph" and block.level >= _HEADING * body and len(block.text) <= 200 and any(c.isalpha() for c in block.text)
