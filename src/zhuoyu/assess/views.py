"""The TC609 view: the same results by the codes of TC609-5-2025-04. *Mapped to* its codes; this is no conformity statement."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from zhuoyu.assess.indicators import Status, Words
from zhuoyu.assess.plan import Plan

PASS_LINE = 90
"""Each of the three dimensions needs it (read second-hand; equal weights likewise)."""

DIMENSIONS = {
    "01": Words(en="Documentation", zh="说明文档"),
    "02": Words(en="Data quality", zh="数据质量"),
    "03": Words(en="Model application", zh="模型应用"),
}
CODES = {
    "0101": "基本信息完整性",
    "0102": "内容特征完整性",
    "0103": "建设过程完整性",
    "0104": "应用说明完整性",
    "0201": "格式规范性",
    "0202": "安全规范性",
    "0203": "标注规范性",
    "0204": "结构完整性",
    "0205": "内容真实性",
    "0206": "内容一致性",
    "0207": "类型一致性",
    "0208": "内容干净性",
    "0301": "内容多样性",
    "0302": "规模完整性",
    "0303": "内容时效性",
    "0304": "标注准确性",
    "0305": "模型适配性",
}


def tc609(
    plan: Plan, status: Mapping[str, Status], scores: Mapping[str, Fraction], parts: Mapping[str, Mapping[str, Fraction]]
) -> dict[str, Any]:
    """Per code the mean score of the indicators mapped to it, per dimension the mean of its evaluated codes.

    ``parts``: an indicator's score by code, where it has one. A dimension passes at 90 or more with every code that the
    plan maps evaluated; codes the plan does not map are listed.
    """
    mapped: dict[str, list[str]] = {code: [] for code in CODES}
    for asked in plan.entries:
        for code in {s.removeprefix("TC609 ")[:4] for s in asked.indicator.sources if s.startswith("TC609 ")}:
            mapped.setdefault(code, []).append(asked.indicator.id)
    out = []
    for id, words in DIMENSIONS.items():
        codes = [_code(code, ids, status, scores, parts) for code, ids in mapped.items() if code.startswith(id)]
        have = [c["_score"] for c in codes if c["_score"] is not None]
        value = sum(have, Fraction(0)) / len(have) if have else None
        whole = all(c["_score"] is not None for c in codes if c["indicators"] and c["status"] != "not_applicable")
        passed = value >= PASS_LINE if value is not None and whole else None
        shown = [{k: v for k, v in c.items() if k != "_score"} for c in codes]
        score = float(value) if value is not None else None
        out.append({"id": id, "en": words.en, "zh": words.zh, "score": score, "passed": passed, "evaluated": len(have), "codes": shown})
    return {"pass_line": PASS_LINE, "dimensions": out, "note": "mapped to TC609-5-2025-04 codes, not a statement of conformity"}


def _code(
    code: str,
    ids: list[str],
    status: Mapping[str, Status],
    scores: Mapping[str, Fraction],
    parts: Mapping[str, Mapping[str, Fraction]],
) -> dict[str, Any]:
    have = [parts.get(i, {}).get(code, scores[i]) for i in ids if i in scores]
    value = sum(have, Fraction(0)) / len(have) if have else None
    if value is not None:
        said = "evaluated"
    elif not ids:
        said = "not_in_plan"
    else:
        said = "not_applicable" if all(status[i] == "not_applicable" for i in ids) else "not_evaluated"
    return {
        "code": code,
        "zh": CODES.get(code, code),
        "indicators": ids,
        "status": said,
        "score": float(value) if value is not None else None,
        "_score": value,
    }
