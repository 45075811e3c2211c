"""From a file's bytes to its blocks: which format it is by its content, and what is wrong with it in a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

from zhuoyu.errors import MissingExtra
from zhuoyu.ops.document import _archive
from zhuoyu.ops.document._blocks import Document

_PACKAGES = {"pypdfium2": "pypdfium2", "docx": "python-docx", "pptx": "python-pptx", "openpyxl": "openpyxl", "lxml": "lxml"}
_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,4000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Word, Excel and PowerPoint files before 2007, and of encrypted ones since."""


def require() -> None:
    """Import what the formats need.

    Raises:
        MissingExtra: a package is not installed.
    """
    for module, package in _PACKAGES.items():
        try:
            import_module(module)
        except ImportError as error:
            raise MissingExtra.of(package, "document") from error


def read(raw: bytes, images: bool = False) -> Document:
    """The document in RAW, with the bytes of its figures when IMAGES. Never raises on what the bytes are: ``problem`` says it."""
    if not raw:
        return Document(None, "empty")
    if b"%PDF-" in raw[:1024]:
        from zhuoyu.ops.document import _pdf

        return _guarded("pdf", lambda: _pdf.read(raw, images))
    if raw[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(raw, images)
    if raw.startswith(_OLE):
        return Document(None, "encrypted" if "EncryptedPackage".encode("utf-16-le") in raw else "legacy_format")
    if not _HTML.match(raw[:8192]):
        return Document(None, "unknown_format")
    from zhuoyu.ops.document import _html

    return _guarded("html", lambda: _html.read(raw))


def _guarded(form: str, reader: Callable[[], Document]) -> Document:
    try:
        return reader()
    except ImportError:
        raise
    except Exception:  # five libraries, each with a dozen ways to say that a file is broken
        return Document(form, "broken")


def _zipped(raw: bytes, images: bool) -> Document:
    from zhuoyu.ops.document import _epub, _office

    archive = _archive.opened(raw)
    if archive is None:
        return Document(None, "broken")
    with archive:
        kind = _archive.kind(archive)
        if kind is None:
            return Document(None, "unknown_format")
        if _archive.too_large(archive, len(raw)):
            return Document(kind, "too_large")
        if kind == "epub":
            return _guarded(kind, lambda: _epub.read(archive, images))
        office = {"docx": _office.word, "pptx": _office.slides, "xlsx": _office.sheets}[kind]
        return _guarded(kind, lambda: office(raw, images))
