"""Computations over all rows of the one scan: ``(ask) -> generator`` that gets batches, then None, and returns Found.

What a fold holds is bounded: counters over few categories, ``CAP`` ids, a fixed sample of texts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.assess.indicators import CAP, Ask, Fold, Found, Judged, Words
from zhuoyu.assess.indicators_rows import clean, licensed
from zhuoyu.errors import DataError

MAX_CATEGORIES = 100_000
SLICE = 1_000
"""Code points of each sampled text that DV-06 looks at."""

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def rows(judge: Callable[[pa.RecordBatch, Ask], Judged], ask: Ask) -> Fold:
    """Share of rows that JUDGE calls good among those it could judge; lists the smallest ids that failed."""
    ok = bad = null = other = 0
    failed: tuple[str, ...] = ()
    failed_by: Counter[str] = Counter()
    while (batch := (yield)) is not None:
        judged = judge(batch, ask)
        applies = judged.applies if judged.applies is not None else pa.array([True] * batch.num_rows, pa.bool_())
        applies = pc.fill_null(applies, False)
        wrong = pc.fill_null(pc.and_(applies, pc.invert(judged.ok)), False)
        fails = pc.sum(wrong).as_py() or 0
        nulls = pc.sum(pc.and_(applies, pc.is_null(judged.ok))).as_py() or 0
        reached = pc.sum(applies).as_py() or 0
        ok, bad, null, other = ok + reached - fails - nulls, bad + fails, null + nulls, other + batch.num_rows - reached
        for part, good in judged.parts.items() if fails else ():
            failed_by[part] += pc.sum(pc.and_(wrong, pc.fill_null(pc.invert(good), False))).as_py() or 0
        if fails:
            failed = smallest(failed, batch.column("_id").filter(wrong))
    detail: dict[str, object] = {"not_applicable_rows": other} if other else {}
    if failed_by:
        detail["failed_by"] = dict(sorted(failed_by.items(), key=lambda f: (-f[1], f[0])))
    return _share(ok, bad, null, failed, detail)


def _share(ok: int, bad: int, null: int, failed: tuple[str, ...], detail: dict[str, object]) -> Found:
    n = ok + bad
    if n == 0 and null == 0:
        why = Words(en="it applies to no row", zh="没有适用的记录")
        return Found(None, applicable=False, detail=detail, reason=why)
    if n == 0:
        why = Words(en=f"the measure is null in all {null} rows", zh=f"全部 {null} 条记录的度量为空")
        return Found(None, n_null=null, detail=detail, reason=why)
    return Found(ok / n, n, bad, null, failed, ok=ok, detail=detail)


def smallest(held: Sequence[str], ids: pa.Array) -> tuple[str, ...]:
    """The ``CAP`` smallest of what is HELD and IDS: the same whatever the order of batches.

    >>> smallest(("b",), pa.array(["c", "a"]))
    ('a', 'b', 'c')
    """
    some = ids if len(ids) <= CAP else ids.take(pc.select_k_unstable(ids, CAP, sort_keys=[("", "ascending")]))
    return tuple(sorted([*held, *(i for i in some.to_pylist() if i is not None)])[:CAP])


def entropy(ask: Ask) -> Fold:
    """Normalised entropy H(p)/ln K of each column of role ``by``, and their mean; K: categories seen, or ``params.categories``.

    A column with a single category has no such number and does not count.
    """
    names = ask.columns["by"]
    tallies: dict[str, Counter[str | None]] = {name: Counter() for name in names}
    while (batch := (yield)) is not None:
        for name in names:
            _tally(tallies[name], _category(batch, name), ask.id)
    expected = ask.params.get("categories") or {}
    detail: dict[str, object] = {}
    values = []
    for name, tally in tallies.items():
        counts = {k: v for k, v in tally.items() if k is not None}
        value = normalised_entropy(list(counts.values()), int(expected.get(name, 0)))
        detail[name] = {"value": value, "categories": len(counts), "null": tally[None], "top": dict(Counter(counts).most_common(20))}
        values += [value] if value is not None else []
    seen = max((sum(t.values()) - t[None] for t in tallies.values()), default=0)
    null = max((t[None] for t in tallies.values()), default=0)
    if not values:
        why = Words(en="each has a single category: entropy says nothing", zh="各维度只有一个类别，熵无意义")
        return Found(None, n_null=null, applicable=False, detail=detail, reason=why)
    return Found(math.fsum(values) / len(values), seen, 0, null, detail=detail)


def normalised_entropy(counts: Sequence[int], categories: int = 0) -> float | None:
    """H(p)/ln K in 0..1; None when K < 2.

    >>> normalised_entropy([5, 5]), normalised_entropy([5, 5], categories=4), normalised_entropy([7])
    (1.0, 0.5, None)
    """
    k, n = max(len(counts), categories), sum(counts)
    if k < 2 or n == 0:
        return None
    h = -math.fsum(c / n * math.log(c / n) for c in counts if c)
    return min(1.0, max(0.0, h / math.log(k)))


def distinct_ngrams(ask: Ask) -> Fold:
    """Distinct n-grams / n-grams on ``params.tokens`` tokens of the rows with the smallest ids; a CJK character is a token."""
    text, per_row = ask.one("text"), int(ask.params["tokens_per_row"])
    want = max(1, int(ask.params["tokens"]) // per_row)
    held: list[tuple[str, str]] = []
    null = 0
    while (batch := (yield)) is not None:
        there = batch.filter(pc.is_valid(batch.column(text)))
        null += batch.num_rows - there.num_rows
        ids = there.column("_id")
        at = pc.select_k_unstable(ids, min(want, len(ids)), sort_keys=[("", "ascending")]) if len(ids) else pa.array([], pa.int64())
        cut = pc.utf8_slice_codeunits(there.column(text).take(at), 0, SLICE)
        held = sorted([*held, *zip(ids.take(at).to_pylist(), cut.to_pylist(), strict=True)])[:want]
    documents = [_TOKEN.findall(t.lower())[:per_row] for _, t in held]
    n = int(ask.params["n"])
    grams = [tuple(d[i : i + n]) for d in documents for i in range(len(d) - n + 1)]
    if not grams:
        why = Words(en=f"no row has {n} tokens", zh=f"没有记录达到 {n} 个词")
        return Found(None, n_null=null, applicable=False, reason=why)
    detail = {"tokens": sum(map(len, documents)), "budget": ask.params["tokens"], "ngrams": len(grams)}
    return Found(len(set(grams)) / len(grams), len(documents), 0, null, detail=detail)


def scale(ask: Ask) -> Fold:
    """min(1, actual / required) over the total (rows, or the sum of column ``amount``) and each slice of column ``slice``."""
    required, slices = ask.params.get("required"), ask.params.get("slices") or {}
    amounts: Counter[str | None] = Counter()
    total = n = 0
    while (batch := (yield)) is not None:
        n += batch.num_rows
        amount = batch.column(ask.one("amount")) if "amount" in ask.columns else pa.array([1] * batch.num_rows)
        total += pc.sum(amount).as_py() or 0
        if slices:
            grouped = pa.table({"k": _category(batch, ask.one("slice")), "v": amount}).group_by("k").aggregate([("v", "sum")])
            for key, value in zip(grouped["k"].to_pylist(), grouped["v_sum"].to_pylist(), strict=True):
                amounts[key] += value or 0
    if not required and not slices:
        why = Words(en="the plan requires no scale", zh="方案没有规定规模")
        return Found(None, n, reason=why, detail={"actual": total})
    parts = {"total": total / required} if required else {}
    parts |= {str(k): amounts[k] / need for k, need in slices.items()}
    short = sorted(k for k, v in parts.items() if v < 1)
    return Found(min(1.0, *parts.values()), n, 0, detail={"actual": total, "required": required, "shares": parts, "short": short})


def masked_share(ask: Ask) -> Fold:
    """Masked findings / (masked + remaining findings): what was masked stands in ``_cells``, what remains in ``findings``."""
    cells, how = ask.one("cells"), ask.params["how"]
    masked = remain = null = 0
    failed: tuple[str, ...] = ()
    while (batch := (yield)) is not None:
        spans = pc.list_flatten(batch.column(cells))
        masked += pc.sum(pc.equal(pc.struct_field(spans, "how"), how)).as_py() or 0
        left = pc.cast(batch.column(ask.one("findings")), pa.int64())
        remain += pc.sum(left).as_py() or 0
        if "present" in ask.columns:
            null += pc.sum(pc.and_(pc.is_null(left), pc.is_valid(batch.column(ask.one("present"))))).as_py() or 0
        failed = smallest(failed, batch.column("_id").filter(pc.fill_null(pc.greater(left, 0), False)))
    n = masked + remain
    if n == 0:
        why = Words(en="nothing was found that needs masking", zh="没有发现需要脱敏的内容")
        return Found(None, applicable=False, n_null=null, reason=why)
    return Found(masked / n, n, remain, null, failed, detail={"masked": masked, "remaining": remain, "counts": "findings"})


def worst_source(ask: Ask) -> Fold:
    """The largest share of rows with findings in any one source of at least ``params.min_rows`` rows; lower is better."""
    seen: Counter[str | None] = Counter()
    bad: Counter[str | None] = Counter()
    null = 0
    failed: tuple[str, ...] = ()
    while (batch := (yield)) is not None:
        judged = clean(batch, ask)
        applies = pc.fill_null(judged.applies, False) if judged.applies is not None else pa.array([True] * batch.num_rows, pa.bool_())
        wrong = pc.fill_null(pc.and_(applies, pc.invert(judged.ok)), False)
        judgeable = pc.and_(applies, pc.is_valid(judged.ok))
        null += pc.sum(pc.and_(applies, pc.is_null(judged.ok))).as_py() or 0
        source = _category(batch, ask.one("source"))
        _tally(seen, source.filter(judgeable), ask.id)
        _tally(bad, source.filter(wrong), ask.id)
        failed = smallest(failed, batch.column("_id").filter(wrong))
    shares = {str(k): bad[k] / n for k, n in seen.items() if n >= int(ask.params["min_rows"])}
    if not shares:
        why = Words(en=f"no source has {ask.params['min_rows']} rows", zh=f"没有来源达到 {ask.params['min_rows']} 条")
        return Found(None, applicable=False, n_null=null, reason=why)
    worst = sorted(shares.items(), key=lambda s: (-s[1], s[0]))[:20]
    return Found(worst[0][1], sum(seen.values()), sum(bad.values()), null, failed, detail={"by_source": dict(worst)})


def licenses(ask: Ask) -> Fold:
    """Share of rows with a valid licence (see ``rows.licensed``), with the composition of the whole by SPDX name."""
    tally: Counter[str | None] = Counter()
    shared = rows(licensed, ask)
    next(shared)
    while (batch := (yield)) is not None:
        _tally(tally, batch.column(ask.one("license")), ask.id)
        shared.send(batch)
    found = finish(shared)
    composition = {("unknown" if k is None else k): v for k, v in tally.most_common(50)}
    return Found(**{**vars(found), "detail": {**found.detail, "composition": composition}})


def finish(fold: Fold) -> Found:
    """What a fold found, after its last batch."""
    try:
        fold.send(None)
    except StopIteration as end:
        found: Found = end.value
        return found
    raise DataError("a fold went on after its last batch", fix="return Found when None arrives")


def _category(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(name)
    if pa.types.is_struct(column.type):
        column = pc.struct_field(column, "source")
    return pc.cast(column, pa.string())


def _tally(tally: Counter[str | None], values: pa.Array, who: str) -> None:
    found: Iterable[pa.StructScalar] = pc.value_counts(values)
    for pair in found:
        tally[pair["values"].as_py()] += pair["counts"].as_py()
    if len(tally) > MAX_CATEGORIES:
        raise DataError(f"{who}: more than {MAX_CATEGORIES} categories", fix="name a column with few values in the plan's columns:")
