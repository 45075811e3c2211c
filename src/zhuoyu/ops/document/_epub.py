"""EPUB as blocks: the files of the spine, in its order."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote
from zipfile import ZipFile

from zhuoyu.ops.document import _html
from zhuoyu.ops.document._blocks import Block, Document


def read(archive: ZipFile, images: bool) -> Document:
    """The blocks of a book; ``part`` is the file inside it.

    Raises:
        KeyError: the archive lacks what its own index names.
    """
    from lxml import etree

    # entities and addresses in a book's own files are never followed
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    container = etree.fromstring(archive.read("META-INF/container.xml"), parser)
    index = container.find(".//{*}rootfile").get("full-path")
    package = etree.fromstring(archive.read(index), parser)
    folder = posixpath.dirname(index)
    items = {i.get("id"): i for i in package.findall(".//{*}manifest/{*}item")}
    media = {_at(folder, i.get("href", "")): i.get("media-type") for i in items.values()}
    names = set(archive.namelist())
    out: list[Block] = []
    for ref in package.findall(".//{*}spine/{*}itemref"):
        item = items.get(ref.get("idref"))
        part = _at(folder, item.get("href", "")) if item is not None else ""
        if part not in names:
            continue

        def picture(source: str, part: str = part) -> tuple[bytes | None, str | None]:
            at = _at(posixpath.dirname(part), source)
            return (archive.read(at), media.get(at)) if images and at in names else (None, media.get(at))

        root = _html.tree(archive.read(part))
        out += _html.blocks(root, part, picture) if root is not None else []
    title = " ".join((package.findtext(".//{http://purl.org/dc/elements/1.1/}title") or "").split()) or None
    return Document("epub", None if out else "empty", title, None, None, tuple(out))


def _at(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.split("#", 1)[0])))
