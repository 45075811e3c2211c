"""Which rows a sample or a mixture takes, and how often."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from zhuoyu.op import Column, Fetch, Input, Relate
from zhuoyu.ops.relate._columns import KEY, as_floats, as_text, coded, id_keys, keyed
from zhuoyu.ops.relate._sample import Pool, Short, Wish, drawn
from zhuoyu.units import Count, Flag


class Sample(Relate):
    """Draws a sample or mixes sources (分层抽样、配比): ``sampled``, and in how many ``epochs`` a row stands. Null: left out by ``when``.

    Each value of ``by`` is a stratum. Its share of the sample is its ``ratios`` entry (others get none), else its size to the power
    ``alpha``: 1 stratified, 0 balanced. A stratum gives whole rounds of its rows, then those that come first at random, by
    ``weight`` if given. A row's luck depends on its ``_id`` and the seed alone. Rows of null or non-positive weight or size are
    never drawn. ``keep: sampled`` removes the rest. About 100 bytes a row.

    >>> op, ids = Sample(by="site", ratios={"web": 1, "book": 1}, epochs=2), ["a", "b", "c", "d"]
    >>> rows = pa.table([ids, ["web", "web", "web", "book"], *op.signature(pa.array(ids))], ["_id", "site", "key"])
    >>> [a.to_pylist() for a in op.relate(rows, lambda at: [])]
    [[False, True, True, True], [0, 1, 1, 2]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Efraimidis & Spirakis 2006 (weights); Conneau et al. 2020 (XLM-R: alpha 0.3); Chung et al. 2023 (UniMax: fill)"
    reads: ClassVar[tuple[Input, ...]] = (Input("_id", "any"),)
    signs: ClassVar[tuple[Column, ...]] = (KEY,)
    writes: ClassVar[tuple[Column, ...]] = (
        Column("sampled", pa.bool_(), Flag, "the row is in the sample", zh="入样"),
        Column("epochs", pa.int64(), Count, "how often the row stands in the sample", zh="轮数"),
    )
    per: ClassVar[str] = ""  # type: ignore[misc]  # ``by`` says it
    total: float | None = Field(None, gt=0, description="Size of the sample in rows, or in what ``size`` counts; null: all there is.")
    share: float | None = Field(None, gt=0, description="The same as a share of what is there; above 1 needs epochs.")
    by: str = Field("", description="A column: each of its values is a stratum; null is one too.")
    ratios: dict[str, float] = Field({}, description="Share of each value of ``by``, such as {web: 7, books: 3}.")
    alpha: float = Field(1, ge=0, le=1, description="Without ratios, shares go by size ** alpha: 1 stratified, 0 balanced.")
    weight: str = Field("", description="A column of numbers: twice the weight, twice as likely to be drawn first.")
    size: str = Field("", description="A column of numbers to measure by, such as tokens; empty: rows.")
    epochs: float = Field(1, gt=0, le=1000, description="A row stands in the sample at most so often.")
    short: Short = Field("shrink", description="A stratum has too little: shrink the sample and keep the shares, or fill up from others.")
    seed: int = Field(0, ge=0, lt=2**63, description="Another seed, another sample.")

    @model_validator(mode="after")
    def _agree(self) -> Sample:
        if self.total is not None and self.share is not None:
            raise ValueError("expected total or share, found both")
        if self.ratios and (not self.by or not all(0 <= r < float("inf") for r in self.ratios.values())):
            raise ValueError("expected `by:` beside ratios, and ratios of 0 or more")
        return self

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Random bits of the row's ``_id``."""
        return [id_keys(inputs[0], "sample", self.seed)]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:  # noqa: ARG002  # no content is looked at
        """Whether and how often each row is in the sample."""
        names = (("by", self.by), ("weight", self.weight), ("size", self.size))
        given = {k: (as_text if k == "by" else as_floats)(rows.column(n), n, k) for k, n in names if n}
        strata, values = coded(given["by"]) if self.by else (np.zeros(rows.num_rows, np.int64), [None])
        wish = Wish(self.total, self.share, self.ratios, self.alpha, self.epochs, self.short)
        pool = Pool(rows.column("_id"), *keyed(rows), strata, values, given.get("weight"), given.get("size"))
        counts, there = drawn(pool, wish), pool.there
        return [pa.array(counts > 0, pa.bool_(), mask=~there), pa.array(counts, pa.int64(), mask=~there)]

    def needs(self) -> tuple[str, ...]:
        """The columns that ``by``, ``weight`` and ``size`` name."""
        return tuple(dict.fromkeys(filter(None, (self.by, self.weight, self.size))))
