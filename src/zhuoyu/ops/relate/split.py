"""Training, validation and test rows."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from zhuoyu.kernels import draw
from zhuoyu.kernels.arrow import validity
from zhuoyu.op import Column, Fetch, Input, Relate
from zhuoyu.ops.relate._columns import KEY, as_text, coded, id_keys, keyed
from zhuoyu.ops.relate._split import named, stratified
from zhuoyu.units import Category


class Split(Relate):
    """Parts the rows into train, valid and test (数据集划分); rows of one group are never parted. Null: a row that ``when`` leaves out.

    A hash of the group (of ``_id`` where it is null) says where a row falls, so that rows added later move no others, and a larger
    test split contains the smaller one. With ``group: text_cluster`` no row is trained on that is in the cluster of a test row.

    With ``stratify`` every stratum is parted at the ratios, each split off by half a group at most; a group counts for the stratum
    of most of its rows. Rows added later then move groups beside the borders of their stratum, and no others. About 60 bytes a row.

    >>> op, ids = Split(ratios={"train": 1, "test": 1}, group="author"), ["a", "b", "c", "d"]
    >>> rows = pa.table([ids, ["Hu", "Li", "Hu", "Li"], *op.signature(pa.array(ids, pa.large_string()))], ["_id", "author", "key"])
    >>> op.relate(rows, lambda at: [])[0].to_pylist()
    ['train', 'test', 'train', 'test']
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Kapoor & Narayanan 2023 (Leakage and the reproducibility crisis), L1.4 and L3.2: duplicates and groups"
    reads: ClassVar[tuple[Input, ...]] = (Input("_id", "any"),)
    signs: ClassVar[tuple[Column, ...]] = (KEY,)
    writes: ClassVar[tuple[Column, ...]] = (Column("split", pa.string(), Category, "the split the row belongs to", zh="划分"),)
    per: ClassVar[str] = ""  # type: ignore[misc]  # groups and strata say which rows count together
    ratios: dict[str, float] = Field(
        {"train": 0.9, "valid": 0.05, "test": 0.05}, min_length=1, description="Shares of the splits by name; 8, 1, 1 is 0.8, 0.1, 0.1."
    )
    group: str = Field("", description="A column: rows with equal values in it fall into one split; null: the row is alone.")
    stratify: str = Field("", description="A column: each of its values is parted at the ratios; null is a value of its own.")
    seed: int = Field(0, ge=0, lt=2**63, description="Another seed, another split.")

    @field_validator("ratios")
    @classmethod
    def _positive(cls, ratios: dict[str, float]) -> dict[str, float]:
        if not all(0 < share < float("inf") for share in ratios.values()):
            raise ValueError("expected shares above 0")
        return ratios

    def signature(self, *inputs: pa.Array) -> list[pa.Array]:
        """Random bits of the row's ``_id``."""
        return [id_keys(inputs[0], "split", self.seed)]

    def relate(self, rows: pa.Table, fetch: Fetch) -> list[pa.Array]:  # noqa: ARG002  # hashes say it all
        """The split of every row."""
        keys, there = keyed(rows)
        if self.group:
            group = as_text(rows.column(self.group), self.group, "group")
            keys = np.where(validity(group), draw.keys(group, "split", self.seed), keys)
        place = draw.uniform(keys)
        if self.stratify:
            strata, _ = coded(as_text(rows.column(self.stratify), self.stratify, "stratify"))
            place[there] = stratified(keys[there], strata[there])
        return [pa.array(named(place, self.ratios), pa.string(), mask=~there)]

    def needs(self) -> tuple[str, ...]:
        """The columns that ``group`` and ``stratify`` name."""
        return tuple(dict.fromkeys(filter(None, (self.group, self.stratify))))
