from __future__ import annotations

import pyarrow as pa
import pytest

from zhuoyu import ops
from zhuoyu.errors import SpecError
from zhuoyu.recipe.load import loads
from zhuoyu.recipe.plan import Plan
from zhuoyu.recipe.resolve import resolve

HEAD = "dataset: d\nsource: [{read: a.txt}]\nsteps:\n"


def planned(*steps: str) -> Plan:
    schema = pa.schema([("text", pa.large_string()), ("site", pa.string())])
    return resolve(loads(HEAD + "".join(f"  - {s}\n" for s in steps)), {"rows": schema}, ops)


def test_a_split_is_called_split_whatever_its_parameters_and_brings_what_it_groups_by() -> None:
    plan = planned("relate.split: {group: text_cluster, ratios: {train: 8, test: 2}}", "keep: split = 'train'")
    assert "split" in plan.columns("rows").names
    relates = [[s.bound.op.name() for s in stage.relates if s.bound] for stage in plan.stages("rows")]
    assert relates == [["relate.near_duplicates"], ["relate.split"], []]


def test_a_column_of_no_input_is_never_found_by_its_name() -> None:
    with pytest.raises(SpecError, match="unknown column 'text_split'"):
        planned("keep: text_split = 'train'")
    with pytest.raises(SpecError, match="unknown column 'split'"):
        planned("keep: split = 'train'")


def test_two_splits_need_two_names() -> None:
    with pytest.raises(SpecError, match="would write 'split'"):
        planned("relate.split", "relate.split: {seed: 1}")
    assert "b_split" in planned("relate.split", "relate.split: {seed: 1, as: b}").columns("rows").names
