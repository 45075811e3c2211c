"""The article of a web page, without what surrounds it on every page of its site."""

from __future__ import annotations

import logging
import re
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.errors import MissingExtra
from zhuoyu.op import Changed, Transform

_TAG = r"(?i)<(?:!doctype|html|head|body|div|p|span|a|h[1-6]|ul|ol|li|table|article|main|section|br|pre|img|script|meta)\b[^<>]*>"
_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
"""An encoding declared in text that is already decoded: the parser would refuse the page."""


def _extractor() -> Any:
    try:
        import trafilatura
    except ImportError as error:
        raise MissingExtra.of("trafilatura", "text") from error
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs a line for every page without an article
    return trafilatura


class MainText(Transform):
    """The main text of an HTML page (正文抽取): navigation, headers, footers, advertisements and comments go. Null stays null.

    A page without an article becomes empty; a text without one HTML tag stays as it is. ``text.markup_to_text`` is the other
    way: it keeps *every* word of a page, and also reads Markdown, reStructuredText and package metadata; take this one for
    pages of the open web, that one for documents. Nothing is downloaded. Not idempotent: ``&lt;p&gt;`` becomes ``<p>``.

    >>> MainText().on({"text": ["<nav><a href='/'>Home</a></nav><article><p>Jade that is not cut.</article>", "1 < 2", None]})
    ['Jade that is not cut.', '1 < 2', None]
    """

    version: ClassVar[int] = 1
    idempotent: ClassVar[bool] = False
    extra: ClassVar[str] = "text"
    source: ClassVar[str] = "Barbaresi 2021 (Trafilatura), 2.3; it falls back to jusText (Pomikálek 2011)"
    prefer: Literal["balance", "precision", "recall"] = Field("balance", description="Less text but surer, or more text when unsure.")
    form: Literal["plain", "markdown"] = Field("plain", description="Markdown keeps headings, lists, emphasis and tables.")
    tables: bool = Field(True, description="Keep the text of tables.")
    comments: bool = Field(False, description="Keep readers' comments below the article.")

    def open(self) -> None:
        """Import the extractor once per worker (about 1 s)."""
        _extractor()

    def run(self, *inputs: pa.Array) -> Changed:
        """The main texts; rows without a tag are passed on."""
        text = inputs[0]
        pages = pc.fill_null(pc.match_substring_regex(text, _TAG), False)
        if not pc.any(pages).as_py():
            return Changed(text)
        made = pa.array([self._main(page) for page in text.filter(pages).to_pylist()], text.type)
        return Changed(pc.replace_with_mask(text, pages, made))

    def _main(self, page: str) -> str:
        said = _extractor().extract(
            _DECLARED.sub("", page, count=1),
            output_format="markdown" if self.form == "markdown" else "txt",
            favor_precision=self.prefer == "precision",
            favor_recall=self.prefer == "recall",
            include_comments=self.comments,
            include_tables=self.tables,
        )
        return said or ""
