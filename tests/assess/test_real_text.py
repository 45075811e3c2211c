"""On real text, measured by the real operators: the plan's columns exist, and what is planted is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from assess.tables import FACTS, Tables, row
from zhuoyu import ops
from zhuoyu.assess import Plan, assess, presets
from zhuoyu.op import Bound, Measure, as_input

DOCUMENTS = sorted(Path(json.__file__).parent.parent.glob("*.py"))[:40]


def writers() -> dict[str, type]:
    """Which operator writes which column of ``text``."""
    out = {}
    for op in ops.load_all().values():
        if op.reads and op.reads[0].name == "text" and len(op.reads) == 1:
            out |= {f"text_{c.suffix}": op for c in op.writes}
    return out


@pytest.mark.parametrize("name", presets())
def test_an_operator_writes_every_measure_that_a_preset_reads(name):
    assert set(Plan.load(name).columns()) <= set(writers())


def measured(texts: Sequence[str | None], columns: Sequence[str]) -> list[dict]:
    """Rows with TEXTS and those of COLUMNS that Measures write, computed by them."""
    have: dict[str, list] = {}
    for kind in {op for c, op in writers().items() if c in columns and issubclass(op, Measure)}:
        op = kind()
        op.open()
        outs = op.run(as_input(pa.array(texts, pa.large_string()), "text"))
        have |= {f.name: o.to_pylist() for f, o in zip(Bound(op, ("text",)).fields(), outs, strict=True)}
    known = {c: have[c] for c in columns if c in have}
    return [row(f"r{i:03}", text=t, **{c: v[i] for c, v in known.items()}) for i, t in enumerate(texts)]


PLANTED = ["写信到 zhang.wei@mail-example.cn 联系我。", "Call me at +86 138 1234 5678 tomorrow.", "身份证号 11010519491231002X。"]


def test_planted_personal_data_is_found_by_the_gate_and_masking_lets_it_pass():
    plan = Plan.load({"name": "p", "indicators": {"LG-02": {}, "CM-11": {}, "AC-12": {}}})
    mask = ops.load("text.mask_pii")()
    clean = mask.on({"text": [p.read_text("utf-8", "replace")[:3000] for p in DOCUMENTS]})
    texts = [*clean[:20], *PLANTED, *clean[20:]]
    before = assess(plan, Tables(measured(texts, plan.columns()), facts=dict(FACTS)))
    residual = next(r for r in before.indicators if r.id == "LG-02")
    assert {"r020", "r021", "r022"} <= set(residual.failed_row_ids)
    assert before.verdict.status == "not_passed"
    only = assess(plan, Tables(measured(mask.on({"text": PLANTED}), plan.columns()), facts=dict(FACTS)))
    assert next(r for r in only.indicators if r.id == "LG-02").status == "pass"
