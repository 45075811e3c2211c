"""Files that are ZIP archives: which kind, and never more of them unpacked than is safe."""

from __future__ import annotations

import io
import zipfile
from zipfile import ZipFile

MOST = 1_000_000_000
"""Bytes that a document may unpack to."""
RATIO = 200
"""Times its size that a document of more than 10 MB unpacked may unpack to; office files stay below 50."""


def opened(raw: bytes) -> ZipFile | None:
    """The archive, or None when it is broken."""
    try:
        return ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, OSError, ValueError):
        return None


def too_large(archive: ZipFile, size: int) -> bool:
    """True for an archive that says it unpacks to more than is safe; Python stops reading at what it says."""
    said = sum(i.file_size for i in archive.infolist())
    return said > MOST or (said > 10_000_000 and said > RATIO * size)


def kind(archive: ZipFile) -> str | None:
    """docx, pptx, xlsx, epub, or None."""
    names = set(archive.namelist())
    if "META-INF/container.xml" in names:
        return "epub"
    if "[Content_Types].xml" not in names:
        return None
    folders = {n.split("/", 1)[0] for n in names}
    return next((said for folder, said in (("word", "docx"), ("ppt", "pptx"), ("xl", "xlsx")) if folder in folders), None)
