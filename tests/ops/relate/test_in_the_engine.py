from __future__ import annotations

from pathlib import Path

import pytest

from engine.kit import ListInput, kept, run, step
from ops.relate import slow
from zhuoyu.recipe.plan import Stage


@pytest.mark.parametrize(("shard_rows", "batch_rows"), [(10_000, 500), (150, 40)])
def test_both_relates_run_at_one_barrier_whatever_the_shards(tmp_path: Path, shard_rows: int, batch_rows: int) -> None:
    texts = slow.code_texts(300) + slow.chinese_texts(100)
    planted = [f"{t} one more" for t in texts[:30]] + [texts[40], f" {texts[40]}\n", None, ""]
    source = ListInput((*texts, *planted), shard_rows, batch_rows)
    rows = kept(run(tmp_path, source, Stage([], [step(0, "relate.exact_duplicates"), step(1, "relate.near_duplicates")]), Stage([], [])))
    near = {r["_id"]: (r["text_duplicate_of"], r["text_cluster"]) for r in rows}
    exact = {r["_id"]: r["text_exact_duplicate_of"] for r in rows if r["text_exact_duplicate_of"]}
    assert exact == {"00430": "00040", "00431": "00040"}
    pairs = [(f"{i:05d}", f"{400 + i:05d}") for i in range(30)]
    assert sum(near[a] == (b, a) and near[b] == (None, a) for a, b in pairs) == 30
    assert near["00433"] == (None, None)
