"""Paragraphs that earlier rows have too."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.op import Column
from zhuoyu.ops._spans import SPANS
from zhuoyu.ops.relate._segments import RepeatedSegments
from zhuoyu.units import Ratio, Signature


class DuplicateParagraphs(RepeatedSegments):
    r"""Paragraphs that an earlier row has too (跨文档重复段落): their share of the text's paragraphs and where they stand. Null: no text.

    A paragraph ends at a blank line; white space around it does not count. Earlier is what ``prefer`` says: the first row keeps the
    paragraph, the others list it. 64-bit hashes are compared. Memory: 8 bytes a paragraph on disk, 2 in memory, and 340 MB.

    >>> op, texts = DuplicateParagraphs(min_chars=4), pa.array(["one\ntwo\n\nmine", "yours\n\none\ntwo\n"], pa.large_string())
    >>> rows = pa.table([["b", "c"], *op.signature(texts)], ["_id", *(s.suffix for s in op.signs)])
    >>> [a.to_pylist() for a in op.relate(rows, lambda at: [texts.take(at)])]
    [[0.0, 0.5], [[], [{'start': 7, 'end': 14}]]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Soldaini et al. 2024 (Dolma), section 5: exact paragraphs, the first copy stays; 20 code points are our choice"
    paragraphs: ClassVar[bool] = True
    writes: ClassVar[tuple[Column, ...]] = (
        Column(
            "repeated_paragraph_share",
            pa.float64(),
            Ratio,
            "paragraphs that an earlier row has too, of all that are not blank",
            "low",
            "重复段落占比",
        ),
        Column(
            "repeated_paragraph_spans",
            SPANS,
            Signature,
            "code points start to end of those paragraphs; neighbours are one span",
            zh="重复段落片段",
        ),
    )
