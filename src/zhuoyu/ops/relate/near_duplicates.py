"""Rows whose texts share most of their word n-grams."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels.minhash import band_hashes, bands_and_rows
from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops.relate import _near, _policy
from zhuoyu.ops.relate._policy import CONTENT, PREFER
from zhuoyu.ops.relate._verify import Search
from zhuoyu.units import Bytes, Category, Ratio, RowId, Signature


class NearDuplicates(Relate):
    """Names, for a row that repeats another, the row that stays, and the Jaccard of their word n-grams (近似重复).

    MinHash finds candidates; each is compared in full, and only pairs at or above ``threshold`` count. Rows are gone through by
    preference: one stays unless a row that *stays* is that similar (the most similar one is named). A token is a word, folded in
    case, or one code point in Chinese, Japanese, Thai, Lao, Burmese, Khmer. A text with fewer tokens than ``ngram`` is nobody's near
    duplicate; equal texts (but for white space) always are, at Jaccard 1. Null: the row stays (`cluster`: and is single), or has no text.

    A row is compared with the last 64 rows that stay in each of its buckets. More than that many texts that share a band and are yet no
    duplicates of each other (pages from one template, just below ``threshold``) may hide a pair from each other; nothing is removed for it.

    >>> texts = ["the licence of a b c d e f g h i j k 2023", "the licence of a b c d e f g h i j k 2024", "好", "坏"]
    >>> op = NearDuplicates(ngram=2)
    >>> rows = pa.table([["p", "q", "r", "s"], *op.signature(pa.array(texts, pa.large_string()))], ["_id", *(c.suffix for c in op.signs)])
    >>> [a.to_pylist()[:3] for a in op.relate(rows, lambda at: [pa.array(texts, pa.large_string()).take(at)])]
    [[None, 'p', None], [None, 0.8666666666666667, None], ['p', 'p', None]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Broder 1997 (MinHash); Lee et al. 2022 (Deduplicating training data): 5-grams, Jaccard 0.8"
    signs: ClassVar[tuple[Column, ...]] = (
        Column("content", CONTENT, Signature, "128-bit hash of the text without regard to white space"),
        Column("bands", pa.binary(), Signature, "32 bits a band; empty: fewer tokens than an n-gram"),
        Column("size", pa.int64(), Bytes, "bytes in UTF-8"),
    )
    writes: ClassVar[tuple[Column, ...]] = (
        Column("duplicate_of", pa.string(), RowId, "the near duplicate that stays; null: this row stays", zh="近似重复于"),
        Column("duplicate_jaccard", pa.float64(), Ratio, "shared / all n-grams with the row that stays", zh="重复相似度"),
        Column("cluster", pa.string(), Category, "smallest _id of the group: one row that stays and its duplicates", zh="重复组"),
    )
    threshold: float = Field(0.8, gt=0, le=1, description="Jaccard from which two texts are near duplicates; 1: equal n-gram sets.")
    ngram: int = Field(5, ge=1, le=64, description="Tokens in an n-gram. More: stricter about order, and more texts too short.")
    permutations: int = Field(112, ge=1, le=4096, description="Hashes a signature; more find more of the pairs just at the threshold.")
    prefer: str = Field(
        "longest", pattern=PREFER, description="Who stays: longest (bytes), first (smallest _id), a column (larger), -column (smaller)."
    )
    seed: int = Field(0, ge=0, description="Of the permutations.")
    per: str = Field("", description="A column: only rows with equal values in it are compared; nulls are equal to each other.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Hash of the content, band hashes, size."""
        bands, each = bands_and_rows(self.threshold, self.permutations)
        hashes, some = band_hashes(inputs[0], self.ngram, bands, each, self.seed)
        ends = np.concatenate([[0], np.cumsum(some)]).astype(np.int32) * (4 * bands)
        packed = pa.Array.from_buffers(pa.binary(), len(some), [None, pa.py_buffer(ends), pa.py_buffer(hashes[some].tobytes())])
        return [_policy.content_hashes(inputs[0]), packed, pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Compare in full, go through by preference, group."""
        bands, _ = bands_and_rows(self.threshold, self.permutations)
        search = Search(bands, self.ngram, self.threshold)
        return _near.relate(rows, fetch, search, self.prefer, self.per)

    def needs(self) -> tuple[str, ...]:
        """The column that ``prefer`` names."""
        return _policy.needed(self.prefer)
