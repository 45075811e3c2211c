"""The floor: the corpus read and written again as zstd Parquet by pyarrow on two threads, with nothing done to it.

python bench/text/floor.py SIZE
"""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from place import out, shards

THREADS = 2


def main(size: str) -> None:
    pa.set_cpu_count(THREADS)
    pa.set_io_thread_count(THREADS)
    to = out("floor", size)
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)

    def copy(path: Path) -> None:
        pq.write_table(pq.read_table(path), to / path.name, compression="zstd", row_group_size=2000)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(copy, shards(size)))


if __name__ == "__main__":
    main(sys.argv[1])
