"""How much of a text is addresses."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import addresses, arrow
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Count, Ratio


class Urls(Measure):
    """Counts URLs, and their characters as a share 0..1 of all (网址占比). Text without any: 0; null: null.

    A URL starts with http, https or ftp and ``://``, or with ``www.``, not inside a word; it ends before white space, ``<>"`` and Chinese,
    Japanese or Korean text, and the marks that close a sentence are not part of it.

    >>> Urls().on({"text": ["见https://a.cn/b。", "none", None]})["text_urls"]
    [1, 0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "RFC 3986; RFC 2396, appendix E (URLs in running text)"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("urls", pa.int64(), Count, "URLs", "low", "网址数"),
        Column("url_share", pa.float64(), Ratio, "characters of URLs, of all", "low", "网址字符占比"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        found, chars, every = addresses.urls(inputs[0])
        valid = arrow.validity(inputs[0])
        return [arrow.column(found, valid, pa.int64()), arrow.column(share(chars, every), valid, pa.float64())]
