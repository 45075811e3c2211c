"""Documents without their markup."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.op import Changed, Input, Transform
from zhuoyu.ops._markup import PLAIN, to_text


class MarkupToText(Transform):
    r"""Reads the text out of HTML, Markdown, reStructuredText and package METADATA (去除标记). Null stays null.

    The format column says py, md, rst, txt, html, htm, metadata, license, changelog or other; null and unknown formats are sniffed.
    Blocks get lines of their own, links become their text, code keeps its content, headers of METADATA go. Broken markup is read as
    far as it goes. Every word of a page stays, its menus too: ``text.main_text`` keeps the article only. Not idempotent:
    ``&lt;b&gt;`` becomes ``<b>``, which a second run would take for markup.

    >>> MarkupToText().on({"text": ["<p>a<p>b", "# c", None], "format": ["html", "md", "md"]})
    ['a\nb', 'c', None]
    """

    version: ClassVar[int] = 1
    idempotent: ClassVar[bool] = False
    reads: ClassVar[tuple[Input, ...]] = (Input("text"), Input("format"))
    source: ClassVar[str] = "WHATWG HTML (block elements); CommonMark 0.31; docutils reStructuredText; PEP 566"

    def run(self, *inputs: pa.Array) -> Changed:
        """The texts; rows of plain formats are passed on untouched."""
        text, form = inputs
        marked = pc.and_(pc.is_valid(text), pc.invert(pc.fill_null(pc.is_in(form, value_set=pa.array(PLAIN, form.type)), False)))
        if not pc.any(marked).as_py():
            return Changed(text)
        pairs = zip(text.filter(marked).to_pylist(), form.filter(marked).to_pylist(), strict=True)
        made = pa.array([to_text(t, f) for t, f in pairs], text.type)
        return Changed(pc.replace_with_mask(text, marked, made))
