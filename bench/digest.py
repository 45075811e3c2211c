"""MB/s a core of leaves and of the root, on source texts and on short rows, and their share of a run: python bench/digest.py."""

from __future__ import annotations

import platform
import sys
import sysconfig
import time
from pathlib import Path

import pyarrow as pa
from machine import ZHUOYU, last_json, timed, workspace

from zhuoyu.record import SYSTEM, Root, content_columns, leaves, row_id

SCHEMA = pa.schema([*SYSTEM, ("text", pa.large_string())])


def rows(texts: list[str]) -> pa.RecordBatch:
    """Rows as a build has them: an origin and a licence each, a masked cell in one of nine."""
    cell = {"column": "text", "start": 1, "end": 5, "how": "masked", "by": "text.mask_pii@1"}
    return pa.RecordBatch.from_pylist(
        [
            {
                "_id": row_id("bench", i),
                "_origin": {"source": "bench", "uri": f"file:{i}.py", "locator": "0"},
                "_batch": "b" * 32,
                "_license": "PSF-2.0",
                "_cells": [cell] if i % 9 == 0 else None,
                "text": text,
            }
            for i, text in enumerate(texts)
        ],
        SCHEMA,
    )


def measure(name: str, batch: pa.RecordBatch) -> None:
    """Best of five, in batches of 8,192 rows, CPU seconds of this one thread."""
    columns = content_columns(batch.schema)
    pieces = [batch.slice(i, 8192) for i in range(0, batch.num_rows, 8192)]
    leaves(batch.slice(0, 10), columns)
    best, root_best = float("inf"), float("inf")
    for _ in range(5):
        start = time.thread_time()
        found = [leaves(piece, columns) for piece in pieces]
        middle = time.thread_time()
        root = Root()
        for piece in found:
            root.add(piece)
        root.digest()
        best, root_best = min(best, middle - start), min(root_best, time.thread_time() - middle)
    size = batch.nbytes / 1e6
    rate = f"{size / best:,.0f} MB/s, {batch.num_rows / best:,.0f} rows/s"
    sys.stdout.write(f"{name}: {batch.num_rows:,} rows, {size:.1f} MB: leaves {rate}; root {batch.num_rows / root_best:,.0f} rows/s\n")


def share() -> None:
    """The demo's rows, kept and rejected, hashed again: their seconds of one core beside all CPU seconds of the run that made them."""
    from zhuoyu.store import lance

    home = workspace()
    run = timed([*ZHUOYU, "demo", "--json"], 1, ZHUOYU_HOME=str(home))
    tables = [lance.open_table(p) for p in sorted((home / "versions").glob("*/*.lance"))]
    spent, rows, size = 0.0, 0, 0
    for table in tables:
        content = content_columns(table.schema)
        for batch in table.scan(content):
            start = time.thread_time()
            leaves(batch, content)
            spent += time.thread_time() - start
            rows, size = rows + batch.num_rows, size + batch.nbytes
    sys.stdout.write(
        f"the demo's {last_json(run.out)['rows']['read']:,} rows ({rows:,} stored, {size / 1e6:.0f} MB): leaves {spent:.2f} s of one core; "
        f"the run took {run.cpu:.1f} CPU seconds and hashes twice, to seal and to verify: {200 * spent / run.cpu:.1f} %\n"
    )


def main() -> None:
    """Source files of this Python, 200,000 short rows, a run of the demo."""
    sys.stdout.write(f"{platform.machine()}, Python {platform.python_version()}, pyarrow {pa.__version__}\n")
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))[:6000]
    measure("source files", rows([f.read_text("utf-8", "replace") for f in files]))
    measure("short rows", rows([f"review {i}: 很好，下次再来" for i in range(200_000)]))
    share()


if __name__ == "__main__":
    main()
