"""What kind of text a file holds, by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhuoyu.collect.manifest import Kind
from zhuoyu.errors import SpecError

_STRUCTURED: dict[str, Kind] = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv", "parquet": "parquet", "pq": "parquet"}
_STRUCTURED |= {"pdf": "bytes", "docx": "bytes", "pptx": "bytes", "xlsx": "bytes", "epub": "bytes"}
_MARKUP = ("py", "md", "rst", "html", "htm")
_NAMES = (
    ("license", re.compile(r"(un)?licen[cs]e|copying|copyright|notice")),
    ("changelog", re.compile(r"change(s|log)|news|history")),
    ("metadata", re.compile(r"metadata$|pkg-info$")),
    ("authors", re.compile(r"authors|contributors|thanks")),
    ("readme", re.compile(r"readme")),
)


def text_format(uri: str) -> str:
    """The ``format`` of a text file: its extension when that says how it is marked up, else what its name says it is.

    >>> [text_format(u) for u in ("a/README.md", "a/LICENSE", "a/LICENSE.txt", "a/license.py", "x/METADATA", "a.TXT", "b/Makefile")]
    ['md', 'license', 'license', 'py', 'metadata', 'txt', '']
    """
    name = uri.rsplit("/", 1)[-1].lower()
    stem, dot, ending = name.rpartition(".")
    ending = ending if dot and stem else ""
    if ending in _MARKUP:
        return ending
    named = next((said for said, pattern in _NAMES if pattern.match(name)), "")
    return ending if named == "readme" and ending else named or ending


def kind_of(uris: Sequence[str], source: str) -> Kind:
    """How ``as: auto`` reads a source: by the extension its files share; text by file otherwise.

    Office documents are bytes, which ``document.*`` reads.

    Raises:
        SpecError: most files are tables and some are not, or they are tables of several kinds: a choice nobody should guess.

    >>> kind_of(["a.jsonl", "b.ndjson"], "s"), kind_of(["a.md", "b.md", "c.csv"], "s")
    ('jsonl', 'file')
    """
    counts: dict[Kind, int] = {}
    for uri in uris:
        kind = _STRUCTURED.get(uri.rsplit(".", 1)[-1].lower(), "file")
        counts[kind] = counts.get(kind, 0) + 1
    if len(counts) <= 1:
        return next(iter(counts), "file")
    if 2 * counts.get("file", 0) > len(uris):
        return "file"
    found = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    raise SpecError(
        f"expected files of one kind in source {source!r}, found {found}",
        fix="write include: ['*.jsonl'] (or the like) to choose some, as: file to read each as text, or as: bytes",
        source=source,
        found=dict(counts),
    )
