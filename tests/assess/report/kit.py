"""A version as a build leaves it: real text of the standard library and Chinese sentences, short, doubled and personal ones planted."""

from __future__ import annotations

import hashlib
import random
import re
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from zhuoyu.engine.profile import profile, shown
from zhuoyu.ops.text.mask_pii import MaskPii
from zhuoyu.record import LEAF, REJECTION, SYSTEM

Json = dict[str, Any]


def masked(texts: list[str]) -> list[str]:
    """What the flow hands in."""
    return [t or "" for t in MaskPii().on({"text": texts})]


def measure(name: str, kind: pa.DataType, op: str, unit: str) -> pa.Field:
    return pa.field(name, kind, metadata={"op": op, "version": "1", "inputs": "text", "unit": unit})


WORDS = measure("text_words", pa.int64(), "text.length", "words")
ALPHA = measure("text_alpha_share", pa.float64(), "text.shares", "share")
LANGUAGE = measure("text_language", pa.string(), "text.language", "category")
OF = measure("text_duplicate_of", pa.string(), "relate.near_duplicates", "row id")
JACCARD = measure("text_duplicate_jaccard", pa.float64(), "relate.near_duplicates", "share")
CLUSTER = measure("text_cluster", pa.string(), "relate.near_duplicates", "category")
MEASURES = [WORDS, ALPHA, LANGUAGE, OF, JACCARD, CLUSTER]
TEXT = pa.field("text", pa.large_string())
KEPT = pa.schema([*SYSTEM, TEXT, LEAF, *MEASURES])
REJECTED = pa.schema([*SYSTEM, TEXT, *REJECTION, LEAF, *MEASURES])

EMAIL, PHONE = "wang.xiaoming@planted-mail.com", "13812345678"
ZH = "使用 dpkg 安装本地软件包时，依赖关系不会自动补全，需要由 apt 处理，详见第 {n} 节的说明；升级之前先备份配置文件。"


@dataclass
class Tables:
    """Kept and rejected rows in memory, in batches of BATCH."""

    kept: pa.Table
    rejected: pa.Table
    size: int = 64

    @property
    def schema(self) -> pa.Schema:
        return self.kept.schema

    @property
    def rejected_schema(self) -> pa.Schema:
        return self.rejected.schema

    def batches(self, columns: Sequence[str], rejected: bool) -> Iterator[pa.RecordBatch]:
        table = self.rejected if rejected else self.kept
        yield from table.select([c for c in columns if c in table.schema.names]).to_batches(self.size)


def row(text: str | None, source: str = "standard-library", license: str | None = "PSF-2.0", **more: Any) -> Json:
    """A row with the measures its text has."""
    said = text or ""
    name = hashlib.sha256(f"{source} {said} {more.get('salt')}".encode()).hexdigest()[:32]
    more.pop("salt", None)
    return {
        "_id": name,
        "_origin": {"source": source, "uri": f"file:///home/somebody/{source}/{name[:6]}.txt", "locator": "0"},
        "_license": license,
        "_cells": [],
        "_leaf": b"0" * 32,
        "text": text,
        "text_words": len(re.findall(r"\w+", said)),
        "text_alpha_share": sum(c.isalpha() for c in said) / max(1, len(said)),
        "text_language": "zh" if re.search(r"[\u4e00-\u9fff]", said) else "en" if said else "und",
    } | more


def cut(one: Json, step: int, reason: str, found: str) -> Json:
    return one | {"_step": step, "_reason": reason, "_found": found}


def near(stays: Json, text: str, jaccard: float) -> Json:
    """A near duplicate of STAYS, cut by step 5."""
    one = row(text, "vendored", "MIT")
    one |= {"text_duplicate_of": stays["_id"], "text_duplicate_jaccard": jaccard, "text_cluster": stays["_id"]}
    stays["text_cluster"] = stays["_id"]
    return cut(one, 5, "near duplicate", f"text_duplicate_of = '{stays['_id']}'")


def with_cells(text: str) -> Json:
    """A kept row whose placeholders are listed as masked cells."""
    cells = [
        {"column": "text", "start": m.start(), "end": m.end(), "how": "masked", "by": "text.mask_pii@1"}
        for m in re.finditer("<[A-Z]+>", text)
    ]
    return row(text, "site-packages", "MIT") | {"_cells": cells}


@cache
def paragraphs() -> list[str]:
    """Paragraphs of the standard library's own source, masked as the recipe does."""
    out: list[str] = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("[a-d]*.py"))[:40]:
        out += [p.strip() for p in re.split(r"\n\s*\n", path.read_text("utf-8", "replace")) if len(p) > 60]
    return masked(sorted(set(out))[:1500])


def tables() -> Tables:
    """About 1,700 rows in, of which 5 steps cut some."""
    keep = [row(p) for p in paragraphs()[:1200]]
    keep += [row(ZH.format(n=n) + ZH.format(n=n + 500), "reviews-zh", None) for n in range(160)]
    keep += [with_cells(f"Report bugs to <EMAIL> or call <PHONE> about case {n}, whichever is easier for you.") for n in range(21)]
    keep += [with_cells("技术支持电话<PHONE>，工作日 9 点至 17 点，证件号<ID>仅供核对。")]
    gone = [cut(row(None, "site-packages", None, salt=n), -1, "undecodable", "not UTF-8 at byte 3 (0xe9)") for n in range(2)]
    gone += [cut(row(f"too short {n}"), 1, "fewer than five words", "text_words = 3") for n in range(180)]
    gone += [cut(row(f"Write {EMAIL} or {PHONE}"), 1, "fewer than five words", f"text = 'Write {EMAIL} or {PHONE}'")]
    gone += [
        cut(
            row("x" * 150 + f" {EMAIL} {'电话' + PHONE} " + "y" * 400),
            2,
            "fewer than half of the characters are letters",
            "text_alpha_share = 0.4",
        )
    ]
    gone += [
        cut(
            row(f"== {n} == 0x{n:08x} {n * 7919:,} || 100% ++"),
            2,
            "fewer than half of the characters are letters",
            "text_alpha_share = 0.12",
        )
        for n in range(90)
    ]
    gone += [
        cut(
            row(f"Das ist ein deutscher Satz, der hier die Nummer {n} trägt.", text_language="de"),
            3,
            "neither English nor Chinese",
            "text_language = 'de'",
        )
        for n in range(60)
    ]
    gone += [
        cut(row(f"voici une phrase {n}", text_language=None), 3, "unknown: text_language is null", "text_language in ('en', 'zh')")
        for n in range(3)
    ]
    for stays in keep[:1200:30]:
        gone += [
            near(stays, stays["text"].replace(" the ", " a ") + f" copy {n}", 0.81 + n / 25)
            for n in range(1 + int(stays["_id"][:2], 16) % 3)
        ]
    gone += [
        near(keep[1210], keep[1210]["text"].replace("不会自动补全", "会自动补全"), 0.93),
        near(keep[1220], keep[1220]["text"] + "\n", 1.0),
    ]
    order = np.array(random.Random(7).sample(range(len(keep)), len(keep)))
    return Tables(pa.Table.from_pylist([keep[i] for i in order], KEPT), pa.Table.from_pylist(gone, REJECTED))


STEPS = [
    (-1, "read", "read", None),
    (0, "text.normalize", "transform", None),
    (1, "keep: text_words >= 5", "keep", "fewer than five words"),
    (2, "keep: text_alpha_share >= 0.5", "keep", "fewer than half of the characters are letters"),
    (3, "keep: text_language in ('en', 'zh')", "keep", "neither English nor Chinese"),
    (4, "text.mask_pii", "transform", None),
    (5, "keep: text_duplicate_of is null", "keep", "near duplicate"),
]
RECIPE = """dataset: docs
modality: text
source:
  - name: standard-library
    read: stdlib://**/*.py
    license: PSF-2.0
steps:
  - keep: text_words >= 5
    because: fewer than five words
  - text.mask_pii
"""


def record(data: Tables) -> Json:
    """The run record of DATA: counts and distributions as the engine computes them."""
    gone = data.rejected.select(["_step", "_reason"]).to_pylist()
    left, steps = data.kept.num_rows + len(gone), []
    for index, text, kind, because in STEPS:
        mine = [g["_reason"] for g in gone if g["_step"] == index]
        reasons = {r: mine.count(r) for r in sorted(set(mine))}
        counts = {
            "rows_in": left,
            "kept": left - len(mine),
            "rejected": len(mine),
            "reasons": reasons,
            "changed": 0,
            "errors": 0,
            "seconds": 0.1,
        }
        steps.append({"index": index, "text": text, "kind": kind, "because": because, "table": "rows"} | counts)
        left -= len(mine)
    profiles = []
    for field in (WORDS, ALPHA, LANGUAGE):
        values = pa.concat_arrays([c for t in (data.kept, data.rejected) for c in t[field.name].chunks])
        unit = field.metadata[b"unit"].decode()
        profiles.append({"step": 0, "table": "rows", "column": field.name, "unit": unit, **shown(profile(values, unit), unit)})
    named = (("standard-library", "PSF-2.0"), ("site-packages", "from_metadata"), ("reviews-zh", "from_metadata"), ("vendored", None))
    return {
        "run": "r-7", "dataset": "docs", "version": "docs@3", "digest": "e41c7d" + "0" * 56 + "90", "recipe_digest": "b81f" + "5" * 60,
        "seconds": 47.4, "peak_bytes": 412_000_000, "engine": "native", "environment": {"python": "3.11.7"}, "recipe": RECIPE,
        "steps": steps, "profiles": profiles,
        "batches": [
            {"source": s, "rows": 100, "bytes": 2_900_000 + i, "files": 40, "licenses": {},
             "skipped": {"hidden": 2, "nothing matches *.x": 1} if i == 1 else {}, "license": lic, "digest": f"{i}" * 64}
            for i, (s, lic) in enumerate(named)
        ],
    }  # fmt: skip


def indicator(id: str, en: str, zh: str, dimension: str, status: str, value: float | None, **more: Any) -> Json:
    reason = {"en": "it needs a reference model, and none is installed", "zh": "需要参考模型，目前没有安装"}
    fix = {"en": "install one and run again", "zh": "安装后再运行一次"}
    return {
        "id": id, "version": 1, "en": en, "zh": zh, "dimension": dimension, "population": "kept", "status": status, "value": value,
        "unit": "share", "direction": "high", "n_evaluated": 1382, "n_failed": 0, "n_null": 0, "failed_row_ids": [], "gate": False,
        "target": 0.9, "floor": 0.8,
        "weight": 1.0, "method": "census", "params": {}, "columns": [], "interval": None, "backend": "x", "detail": {}, "sources": [],
        "reason": reason if value is None else None, "fix": fix if status in ("warn", "fail", "not_evaluated") else None, "seconds": 0.0,
    } | more  # fmt: skip


DIMENSIONS = {"conformity": "规范性", "accuracy": "准确性", "diversity": "多样性", "compliance": "合规性"}


TC609 = {
    "pass_line": 90,
    "note": None,
    "dimensions": [
        {
            "id": "02",
            "en": "Data quality",
            "zh": "数据质量",
            "score": 89.99996,
            "passed": False,
            "evaluated": 1,
            "codes": [
                {"code": "0202", "zh": "安全规范性", "indicators": ["LG-01"], "status": "not_evaluated", "score": None},
                {"code": "0203", "zh": "标注规范性", "indicators": [], "status": "not_in_plan", "score": None},
                {"code": "0208", "zh": "内容干净性", "indicators": ["AC-11"], "status": "evaluated", "score": 89.99996},
            ],
        }
    ],
}


def assessment(status: str = "passed") -> Json:
    """Every status of an indicator; STATUS of the whole decides what its gate says."""
    gate = "pass" if status == "passed" else "fail"
    clean = {"passed": 1.0}.get(status, 0.9997)
    indicators = [
        indicator("CF-01", "Format", "格式规范性", "conformity", "pass", 1.0, target=1.0, floor=0.98),
        indicator("AC-11", "Near-duplicate control", "近重复控制", "accuracy", "pass", 0.998, target=0.95),
        indicator("AC-14", "Information density", "信息密度", "accuracy", "warn", 0.704, target=0.75, floor=0.6, method="sample",
                  n_evaluated=400, interval={"low": 0.681, "high": 0.727, "level": 0.95, "method": "wilson"}),
        indicator("AC-13", "Perplexity", "困惑度", "accuracy", "not_evaluated", None),
        indicator("DV-02", "Normalised entropy", "归一化熵", "diversity", "pass", 0.88, method="sample", n_evaluated=600, target=0.85,
                  interval={"low": 0.867, "high": 0.893, "level": 0.95, "method": "wilson"}),
        indicator("DV-05", "Share of one source", "单一来源占比", "diversity", "fail", 0.9, direction="low", target=0.5, floor=0.7),
        indicator("DV-09", "Pictures a page", "每页图片数", "diversity", "not_applicable", None,
                  reason={"en": "it is not for text data", "zh": "不适用于 text 数据"}),
        indicator("LG-02", "Residual personal data", "个人信息残留", "compliance", gate, clean, gate=True, target=1.0, floor=1.0,
                  n_failed=0 if gate == "pass" else 7),
    ]  # fmt: skip
    gates = [
        {
            "id": "LG-02",
            "en": "Residual personal data",
            "zh": "个人信息残留",
            "status": gate,
            "value": clean,
            "threshold": 1.0,
            "reason": None,
        }
    ]
    dimensions = [
        {"id": k, "en": k.capitalize(), "zh": zh, "score": s, "status": "pass", "evaluated": n, "applicable": m}
        for (k, zh), s, n, m in zip(DIMENSIONS.items(), (100.0, 91.6, 84.7, 100.0), (1, 2, 2, 1), (1, 3, 2, 1), strict=True)
    ]
    sentence = {"en": "One gate failed: 7 rows still hold personal data.", "zh": "1 项门槛未过：7 条记录仍有个人信息。"}
    said = {
        "status": status,
        "band": "B" if status == "passed" else None,
        "score": 89.99999,
        "coverage": 6 / 7,
        "evaluated": 6,
        "applicable": 7,
    }
    return {
        "plan": {"name": "pretrain-text", "digest": "b81f" + "a" * 60, "label": None, "by": "value", "said": {"secret": "not shown"}},
        "verdict": said | {"gates": gates, "sentence": sentence},
        "dimensions": dimensions,
        "indicators": indicators,
        "views": {"tc609": TC609},
        "rows": {"kept": 1382, "rejected": 400},
        "seconds": 0.4,
    }
