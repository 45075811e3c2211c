"""How much a text is like those that were accepted."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels import draw
from zhuoyu.kernels.arrow import validity
from zhuoyu.op import Column, Fetch, Relate
from zhuoyu.ops.relate._classify import Lesson, scores
from zhuoyu.ops.relate._columns import as_floats, as_text, whole
from zhuoyu.units import Bytes, Ratio


class QualityClassifier(Relate):
    """The probability that a text is an accepted one (质量分类器), learnt from the rows that ``label`` says are accepted or rejected.

    Logistic regression on hashed words and word pairs, both labels of equal weight. A labelled row's score is *out of fold*: the model
    has not seen it, nor any row of its ``group``. Rows without a label have the mean of all folds' models. 0..1; null: no word, or no
    ``label`` given. Learnt from are 64 MB of text at most, drawn by ``_id``; every text is read up to ``words``. Memory: 400 MB, and 8 MB
    a fold. The scores sort rows; whether 0.5 is the right threshold is for the labels to say.

    >>> import random; words = random.Random(0).choices("jade stone river cloud mountain".split(), k=400)
    >>> texts = [f"{'good' if i % 2 else 'spam'} {w}" for i, w in enumerate(words)]
    >>> op, label = QualityClassifier(label="ok"), [i % 2 if i < 200 else None for i in range(400)]
    >>> rows = pa.table([[f"{i:03}" for i in range(400)], label, *op.signature(pa.array(texts, pa.large_string()))], ["_id", "ok", "size"])
    >>> [round(s) for s in op.relate(rows, lambda at: [pa.array(texts, pa.large_string()).take(at)])[0].to_pylist()[200:206]]
    [0, 1, 0, 1, 0, 1]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Brown et al. 2020 (GPT-3), appendix A (classifier on hashed words); Joulin et al. 2017 (fastText: word pairs)"
    signs: ClassVar[tuple[Column, ...]] = (Column("size", pa.int64(), Bytes, "bytes in UTF-8"),)
    writes: ClassVar[tuple[Column, ...]] = (
        Column("quality_score", pa.float64(), Ratio, "probability of an accepted text, out of fold", "high", "质量得分"),
    )
    per: ClassVar[str] = ""  # type: ignore[misc]  # one model serves all rows
    label: str = Field("", description="A column of booleans or numbers: which rows were accepted; null: not labelled.")
    accept_at: float = Field(0.5, description="Labels from here on mean accepted, smaller ones rejected; true is 1.")
    group: str = Field("", description="A column: rows with equal values in it stand in one fold, such as text_cluster; null: alone.")
    folds: int = Field(4, ge=2, le=20, description="Parts; each is scored by a model of the others.")
    words: int = Field(2000, ge=10, le=100_000, description="Words of a text that are read.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the folds, and the order of learning.")

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Bytes of the text."""
        return [pc.binary_length(inputs[0])]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:
        """Learn from the labelled rows, score all."""
        if not self.label:
            return [pa.nulls(rows.num_rows, pa.float64())]
        column = rows.column(self.label)
        said = as_floats(column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column, self.label, "label")
        labels = np.where(np.isnan(said), np.nan, said >= self.accept_at)
        keys = draw.keys(as_text(rows.column("_id"), "_id", "_id"), "folds", self.seed)
        group = as_text(rows.column(self.group), self.group, "group") if self.group else None
        groups = keys if group is None else np.where(validity(group), draw.keys(group, "folds", self.seed), keys)
        size = whole(rows.column("size"))
        sizes = np.asarray(size.fill_null(0).to_numpy(zero_copy_only=False), np.int64)
        found = scores(Lesson(keys, groups, labels, sizes, self.folds, self.words), validity(size), fetch)
        return [pa.array(found, pa.float64(), mask=np.isnan(found))]

    def needs(self) -> tuple[str, ...]:
        """The columns that ``label`` and ``group`` name."""
        return tuple(dict.fromkeys(filter(None, (self.label, self.group))))
