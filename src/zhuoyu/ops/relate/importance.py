"""Rows drawn so that they read like a reference."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels import draw
from zhuoyu.kernels.arrow import validity
from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops._files import TextFile
from zhuoyu.ops.relate._columns import as_text, whole
from zhuoyu.ops.relate._importance import log_weights, top
from zhuoyu.units import Bytes, Flag, Unit

LogWeight = Unit("log weight", None, None, "对数权重")


class Importance(Relate):
    """How much likelier a text is in a reference corpus than in this dataset, and a sample by that (重要性重采样, DSIR).

    The log weight is the sum, over a text's words and word pairs (hashed to 10,000), of the log of their frequency in the reference less
    that in the rows; long texts have large ones, either way: keep texts of like lengths together, as the paper does. The sample is drawn
    without replacement in proportion to the weights (the largest of weight plus Gumbel noise, by ``_id`` and seed): half of the rows, or
    as ``total`` or ``share`` says. Weights of hundreds leave little to chance. Null: no word, or no ``reference``. Memory: 50 bytes a
    row, 200 MB, and the reference.

    >>> from pathlib import Path; from tempfile import mkdtemp
    >>> file = Path(mkdtemp(), "poems.txt")
    >>> _ = file.write_text("jade river cloud")
    >>> op, texts = Importance(reference=[file], total=1), pa.array(["stone wall", "jade river"], pa.large_string())
    >>> rows = pa.table([["a", "b"], *op.signature(texts)], ["_id", "size"])
    >>> op.relate(rows, lambda at: [texts.take(at)])[1].to_pylist()
    [False, True]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Xie et al. 2023 (DSIR), sections 2 and 3: hashed n-grams, 10,000 buckets, Gumbel top-k"
    signs: ClassVar[tuple[Column, ...]] = (Column("size", pa.int64(), Bytes, "bytes in UTF-8"),)
    writes: ClassVar[tuple[Column, ...]] = (
        Column("importance", pa.float64(), LogWeight, "log of how much likelier the text is in the reference (nats)", "high", "重要性"),
        Column("importance_sampled", pa.bool_(), Flag, "the row is in the sample", zh="重要性入样"),
    )
    per: ClassVar[str] = ""  # type: ignore[misc]  # the whole dataset is what a text is held against
    reference: tuple[TextFile, ...] = Field((), description="Files of texts to be like: paths, or {path, field}; JSON, Parquet, text.")
    total: int | None = Field(None, ge=1, description="Rows in the sample; null: as share says.")
    share: float = Field(0.5, gt=0, le=1, description="Rows in the sample, as a share of those with a word.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the noise.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Bytes of the text."""
        return [pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Count words there and here, weigh, draw."""
        if not self.reference:
            return [pa.nulls(rows.num_rows, c.type) for c in self.writes]
        size = whole(rows.column("size"))
        keys = draw.keys(as_text(rows.column("_id"), "_id", "_id"), "importance", self.seed)
        sizes = np.asarray(size.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
        texts = [text for file in self.reference for text in file.texts()]
        weights = log_weights(texts, keys, sizes, validity(size), fetch)
        null = np.isnan(weights)
        by_id = np.asarray(pc.rank(rows.column("_id"), tiebreaker="dense").to_numpy(zero_copy_only=False), np.int64)
        many = self.total or round(self.share * int((~null).sum()))
        drawn = top(weights, draw.uniform(keys), by_id, many)
        return [pa.array(weights, pa.float64(), mask=null), pa.array(drawn, pa.bool_(), mask=null)]
