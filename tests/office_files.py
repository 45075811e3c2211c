"""Office documents made with the libraries that write them, from real text: what the tests of document.* read."""

from __future__ import annotations

import ctypes
import io
import zipfile
from collections.abc import Sequence

import docx
import openpyxl
import pptx
import pypdfium2
import pypdfium2.raw as pdfium
from docx.shared import Inches
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image
from pptx.util import Pt

WIDTH, HEIGHT = 595, 842
"""A4 in points."""


def png(color: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def jpeg(size: tuple[int, int] = (600, 800)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


class Pdf:
    """A PDF written object by object; y counts downwards from the top."""

    def __init__(self) -> None:
        self.file = pypdfium2.PdfDocument.new()
        self.page: pypdfium2.PdfPage = None
        self.turn()

    def turn(self) -> None:
        self.finish()
        self.page = self.file.new_page(WIDTH, HEIGHT)

    def finish(self) -> None:
        if self.page is not None:
            self.page.gen_content()
            self.page.close()

    def text(self, x: float, y: float, said: str, size: float = 10, font: bytes = b"Helvetica") -> None:
        made = pdfium.FPDFPageObj_NewTextObj(self.file, font, size)
        raw = said.encode("utf-16-le") + b"\0\0"
        pdfium.FPDFText_SetText(made, ctypes.cast(ctypes.create_string_buffer(raw), ctypes.POINTER(ctypes.c_ushort)))
        pdfium.FPDFPageObj_Transform(made, 1, 0, 0, 1, x, HEIGHT - y)
        pdfium.FPDFPage_InsertObject(self.page, made)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        path = pdfium.FPDFPageObj_CreateNewPath(x0, HEIGHT - y0)
        pdfium.FPDFPath_LineTo(path, x1, HEIGHT - y1)
        pdfium.FPDFPath_SetDrawMode(path, pdfium.FPDF_FILLMODE_NONE, True)
        pdfium.FPDFPageObj_SetStrokeWidth(path, 0.5)
        pdfium.FPDFPage_InsertObject(self.page, path)

    def picture(self, raw: bytes, x: float, y: float, width: float, height: float) -> None:
        made = pypdfium2.PdfImage.new(self.file)
        made.load_jpeg(io.BytesIO(raw), inline=True)
        made.set_matrix(pypdfium2.PdfMatrix().scale(width, height).translate(x, HEIGHT - y - height))
        self.page.insert_obj(made)

    def paragraph(self, x: float, y: float, said: str, width: int = 80, size: float = 10) -> float:
        """Wrapped at WIDTH characters; where the next thing may stand."""
        line = ""
        for word in said.split():
            if len(line) + len(word) >= width:
                self.text(x, y, line, size)
                y += 1.2 * size
                line = ""
            line += (" " if line else "") + word
        self.text(x, y, line, size)
        return y + 2.4 * size

    def table(self, x: float, y: float, cells: Sequence[Sequence[str]], wide: float = 110, high: float = 18) -> float:
        rows, columns = len(cells), len(cells[0])
        for i in range(rows + 1):
            self.line(x, y + i * high, x + columns * wide, y + i * high)
        for j in range(columns + 1):
            self.line(x + j * wide, y, x + j * wide, y + rows * high)
        for i, row in enumerate(cells):
            for j, said in enumerate(row):
                self.text(x + j * wide + 4, y + (i + 0.7) * high, said, 9)
        return y + (rows + 1.5) * high

    def bytes(self) -> bytes:
        """The file, which is then finished."""
        self.finish()
        out = io.BytesIO()
        self.file.save(out)
        self.file.close()
        return out.getvalue()


def locked_pdf() -> bytes:
    """A PDF whose check value fits no empty password."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"5a" * 32 + b"> /U <" + b"a5" * 32 + b"> >>",
    ]
    out, at = b"%PDF-1.4\n", []
    for i, body in enumerate(objects, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    table = b"".join(b"%010d 00000 n \n" % a for a in at)
    trailer = b"<< /Size 4 /Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>] >>"
    return out + b"xref\n0 4\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF" % (table, trailer, len(out))


def word(paragraphs: Sequence[str], cells: Sequence[Sequence[str]]) -> bytes:
    file = docx.Document()
    file.core_properties.title = "A Word file"
    file.add_heading("Title of it", 0)
    file.add_heading("第一章 Part one", 1)
    for said in paragraphs:
        file.add_paragraph(said)
    file.add_paragraph("first point", style="List Bullet")
    file.add_paragraph("inner point", style="List Bullet 2")
    file.add_heading("Deep", 3)
    table = file.add_table(len(cells), len(cells[0]))
    for i, row in enumerate(cells):
        for j, said in enumerate(row):
            table.cell(i, j).text = said
    file.add_picture(io.BytesIO(png()), width=Inches(1))
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def slides(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> bytes:
    file = pptx.Presentation()
    for title in titles:
        slide = file.slides.add_slide(file.slide_layouts[1])
        slide.shapes.title.text = title
        body = slide.placeholders[1].text_frame
        body.text = "one point"
        inner = body.add_paragraph()
        inner.text, inner.level = "它的细节", 1
        slide.notes_slide.notes_text_frame.text = f"Say {title}."
    last = file.slides.add_slide(file.slide_layouts[6])
    table = last.shapes.add_table(len(cells), len(cells[0]), Pt(36), Pt(72), Pt(300), Pt(100)).table
    for i, row in enumerate(cells):
        for j, said in enumerate(row):
            table.cell(i, j).text = said
    last.shapes.add_picture(io.BytesIO(png()), Pt(36), Pt(300), Pt(64), Pt(48))
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def sheets(names: Sequence[str], cells: Sequence[Sequence[object]]) -> bytes:
    file = openpyxl.Workbook()
    file.remove(file.active)
    for name in names:
        sheet = file.create_sheet(name)
        for i, row in enumerate(cells, 3):
            for j, value in enumerate(row, 2):
                sheet.cell(i, j, value)
    file.worksheets[0].add_image(SheetImage(io.BytesIO(png())), "H2")
    file.create_sheet("nothing in it")
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def book(chapters: Sequence[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        items = "".join(f'<item id="c{i}" href="text/c%20{i}.xhtml" media-type="application/xhtml+xml"/>' for i in range(len(chapters)))
        spine = "".join(f'<itemref idref="c{i}"/>' for i in reversed(range(len(chapters))))
        archive.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>一本书</dc:title></metadata>'
            f'<manifest>{items}<item id="p" href="red.png" media-type="image/png"/></manifest><spine>{spine}</spine></package>',
        )
        archive.writestr("OEBPS/red.png", png())
        for i, body in enumerate(chapters):
            archive.writestr(
                f"OEBPS/text/c {i}.xhtml",
                f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>',
            )
    return out.getvalue()
