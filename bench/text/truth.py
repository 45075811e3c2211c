"""Exact near duplicates of a small corpus: every pair whose word 5-grams have a Jaccard of 0.5 or more, and how each tool did by them.

python bench/text/truth.py SIZE

A token is a word, or one Han code point; lower case. No signature and no sampling: two texts at Jaccard t share one of their rarest
n-grams (prefix filtering, Chaudhuri et al. 2006), so the candidates found by those hold every such pair; each is counted in full.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from place import ROOT, done, is_han, out, say, shards

LEAST, NGRAM = 0.5, 5
LEVELS = (0.7, 0.8, 0.9)
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


def read(size: str) -> tuple[list[str], list[str]]:
    """Ids and texts."""
    table = pa.concat_tables(pq.read_table(path, columns=["id", "text"]) for path in shards(size))
    return table["id"].to_pylist(), table["text"].to_pylist()


def numbered(texts: list[str]) -> list[np.ndarray]:
    """Each text's n-grams as numbers, sorted; rare ones have small numbers. A text shorter than an n-gram is one n-gram."""
    names: dict[tuple[str, ...], int] = {}
    sets = []
    for text in texts:
        words = TOKEN.findall(text.lower())
        grams = {tuple(words[i : i + NGRAM]) for i in range(max(1, len(words) - NGRAM + 1))}
        sets.append(np.fromiter((names.setdefault(g, len(names)) for g in grams), np.int64, len(grams)))
    counts = np.bincount(np.concatenate(sets), minlength=len(names))
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(names))
    return [np.sort(rank[s]) for s in sets]


def candidates(sets: list[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Pairs that share an n-gram of both prefixes, each once."""
    where: dict[int, list[int]] = {}
    for at, grams in enumerate(sets):
        for gram in grams[: len(grams) - int(np.ceil(LEAST * len(grams))) + 1].tolist():
            where.setdefault(gram, []).append(at)
    seen = {pair for ats in where.values() if len(ats) > 1 for pair in combinations(ats, 2)}
    yield from (p for p in seen if min(len(sets[p[0]]), len(sets[p[1]])) >= LEAST * max(len(sets[p[0]]), len(sets[p[1]])))


def pairs(size: str) -> pa.Table:
    """The truth: a, b, jaccard; computed once and kept."""
    path = ROOT / f"truth-{size}.parquet"
    if path.exists():
        return pq.read_table(path)
    ids, texts = read(size)
    sets = numbered(texts)
    found = []
    for a, b in candidates(sets):
        shared = len(np.intersect1d(sets[a], sets[b], assume_unique=True))
        jaccard = shared / (len(sets[a]) + len(sets[b]) - shared)
        if jaccard >= LEAST:
            found.append((ids[a], ids[b], jaccard))
    table = pa.table(list(zip(*sorted(found), strict=True)), ["a", "b", "jaccard"])
    pq.write_table(table, path)
    return table


def kept(row: str, size: str) -> set[str]:
    """Ids that a peer's row left."""
    pattern = "out.jsonl" if row.startswith("datajuicer-") else "*.jsonl.gz"
    files = sorted((out(row, size) / "out").glob(pattern))
    ids = set()
    for path in files:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            ids |= {json.loads(line)["id"] for line in lines}
    return ids


def score(left: set[str], truth: pa.Table, ids: list[str], han: set[str]) -> dict[str, object]:
    """Pairs found by level (at least one of the two is gone), and the removals by their best true partner."""
    a, b, j = (truth[c].to_pylist() for c in ("a", "b", "jaccard"))
    best: dict[str, float] = {}
    for x, y, jaccard in zip(a, b, j, strict=True):
        best[x], best[y] = max(best.get(x, 0), jaccard), max(best.get(y, 0), jaccard)
    gone = [i for i in ids if i not in left]
    said: dict[str, object] = {"removed": len(gone), "removed_chinese": sum(i in han for i in gone)}
    for level in LEVELS:
        true = [(x, y) for x, y, jaccard in zip(a, b, j, strict=True) if jaccard >= level]
        found = sum(not (x in left and y in left) for x, y in true)
        said[f"recall_{level}"] = {"pairs": len(true), "found": found}
    said["no_partner_at_0.5"] = sum(i not in best for i in gone)
    said["partner_below_0.7"] = sum(0.5 <= best.get(i, 0) < 0.7 for i in gone)
    return said


def compare(size: str) -> dict[str, dict[str, object]]:
    """Each tool's score."""
    from zhuoyu_side import decisions

    truth = pairs(size)
    ids, texts = read(size)
    han = {i for i, text in zip(ids, texts, strict=True) if is_han(text)}
    rows = {name: kept(name, size) for name in ("datatrove-minhash", "datajuicer-minhash") if done(name, size).exists()}
    if done("zhuoyu-minhash", size).exists():
        rows["zhuoyu-minhash"] = {i for i, reason in decisions("minhash", size).items() if reason is None}
    return {name: score(left, truth, ids, han) for name, left in rows.items()}


def main(size: str) -> None:
    said = compare(size)
    path = Path(ROOT, f"near-{size}.json")
    path.write_text(json.dumps(said, indent=1))
    for name, facts in said.items():
        say(f"{name}: {facts}")


if __name__ == "__main__":
    main(*sys.argv[1:])
