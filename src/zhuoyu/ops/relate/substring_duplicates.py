"""Passages that other rows have too, word for word."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels.arrow import validity
from zhuoyu.kernels.substrings import fingerprints
from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops._spans import SPANS
from zhuoyu.ops.relate import _substrings
from zhuoyu.ops.relate._packed import pack
from zhuoyu.ops.relate._policy import PREFER, needed
from zhuoyu.units import Bytes, Chars, Ratio, Signature


class SubstringDuplicates(Relate):
    """Passages of ``tokens`` words or more that an earlier row has too (跨文档重复片段): their share of the text, and where. Null: no text.

    Earlier is what ``prefer`` says: the first row keeps the passage, the others list it. Every such passage is found, wherever it begins.
    Words are folded in case, punctuation does not count; each code point is a word in Chinese, Japanese, Thai, Lao, Burmese, Khmer. What
    a text repeats of itself does not count. Share 0..1 of code points. 64-bit hashes of whole windows are compared: two different ones of
    a billion meet with probability 0.03. A fingerprint for 13 words (at 50) is kept on disk; memory: 2 bytes for each, and 400 MB.

    >>> op, texts = SubstringDuplicates(tokens=4), pa.array(["One two three four.", "so: one, two, three four five"], pa.large_string())
    >>> rows = pa.table([["a", "b"], *op.signature(texts)], ["_id", *(s.suffix for s in op.signs)])
    >>> op.relate(rows, lambda at: [texts.take(at)])[1].to_pylist()
    [[], [{'start': 4, 'end': 24}]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Lee et al. 2022 (Deduplicating training data), section 4.1: 50 tokens; Schleimer et al. 2003 (winnowing)"
    signs: ClassVar[tuple[Column, ...]] = (
        Column("fingerprints", pa.binary(), Signature, "64 bits a fingerprint"),
        Column("chars", pa.int64(), Chars, "code points"),
        Column("size", pa.int64(), Bytes, "bytes in UTF-8"),
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("substring_duplicate_share", pa.float64(), Ratio, "code points in passages that an earlier row has", "low", "重复片段占比"),
        Column("substring_duplicate_spans", SPANS, Signature, "code points start to end of those passages", zh="重复片段"),
    )
    tokens: int = Field(50, ge=4, le=1000, description="Words in a row from which a passage counts.")
    prefer: str = Field(
        "first",
        pattern=PREFER,
        description="Who has it first: first (smallest _id), longest (bytes), a column (larger), -column (smaller).",
    )
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Fingerprints, code points, bytes."""
        hashes, ends = fingerprints(inputs[0], self.tokens)
        return [pack(hashes, ends, validity(inputs[0])), pc.utf8_length(inputs[0]).cast(pa.int64()), pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Compare windows where fingerprints are shared."""
        return _substrings.relate(rows, fetch, self.tokens, self.prefer, self.per)

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return needed(self.prefer)
