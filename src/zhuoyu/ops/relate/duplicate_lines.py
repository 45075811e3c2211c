"""Lines that earlier rows have too."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.op import Column
from zhuoyu.ops._spans import SPANS
from zhuoyu.ops.relate._segments import RepeatedSegments
from zhuoyu.units import Ratio, Signature


class DuplicateLines(RepeatedSegments):
    r"""Lines that an earlier row has too (跨文档重复行): their share of all lines, and where they stand. Null: no text.

    Earlier is what ``prefer`` says: the first row keeps the line, the others list it. White space around a line does not count; a blank
    text has none: 0. What a text repeats of itself is ``text.duplicate_lines``. 64-bit hashes are compared: two different lines of a
    billion meet with probability 0.03. Memory: 8 bytes a line on disk, 2 in memory, and 340 MB.

    >>> op, texts = DuplicateLines(min_chars=4), pa.array(["menu\nnew\nold text", "other menu\n menu\r\nold text"], pa.large_string())
    >>> rows = pa.table([["b", "c"], *op.signature(texts)], ["_id", *(s.suffix for s in op.signs)])
    >>> op.relate(rows, lambda at: [texts.take(at)])[1].to_pylist()
    [[], [{'start': 12, 'end': 26}]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Wenzek et al. 2020 (CCNet), section 3.1: lines by hash, the first copy stays; 20 code points are our choice"
    paragraphs: ClassVar[bool] = False
    writes: ClassVar[tuple[Column, ...]] = (
        Column(
            "repeated_line_share", pa.float64(), Ratio, "lines that an earlier row has too, of all that are not blank", "low", "重复行占比"
        ),
        Column(
            "repeated_line_spans", SPANS, Signature, "code points start to end of those lines; neighbours are one span", zh="重复行片段"
        ),
    )
