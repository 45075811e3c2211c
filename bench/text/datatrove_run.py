"""datatrove's own work, in its environment: 8 tasks, 2 workers, Parquet to JSONL, all defaults.

python bench/text/datatrove_run.py filters|fineweb|minhash SIZE
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import JsonlWriter
from place import SHARDS, corpus, out


def reader(size: str) -> ParquetReader:
    return ParquetReader(str(corpus(size)), glob_pattern="*.parquet")


def execute(pipeline: list, tasks: int, logs: Path) -> None:
    LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=2, logging_dir=str(logs), start_method="fork").run()


def filters(size: str, to: Path, *more: object) -> None:
    """Gopher's repetition and quality rules, then C4's, then MORE."""
    rules = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), *more]
    execute([reader(size), *rules, JsonlWriter(str(to / "out"))], SHARDS, to / "logs")


def minhash(size: str, to: Path) -> None:
    """Its four stages: 14 buckets of 8 hashes, 5-grams."""
    config = MinhashConfig(num_buckets=14, hashes_per_bucket=8, n_grams=5)
    sig, buckets, remove = (str(to / name) for name in ("sig", "buckets", "remove"))
    execute([reader(size), MinhashDedupSignature(output_folder=sig, config=config)], SHARDS, to / "logs1")
    execute([MinhashDedupBuckets(input_folder=sig, output_folder=buckets, config=config)], config.num_buckets, to / "logs2")
    execute([MinhashDedupCluster(input_folder=buckets, output_folder=remove, config=config)], 1, to / "logs3")
    execute([reader(size), MinhashDedupFilter(input_folder=remove), JsonlWriter(str(to / "out"))], SHARDS, to / "logs4")


def main(work: str, size: str) -> None:
    to = out(f"datatrove-{work}", size)
    shutil.rmtree(to, ignore_errors=True)
    if work == "minhash":
        minhash(size, to)
    else:
        filters(size, to, *([FineWebQualityFilter()] if work == "fineweb" else []))


if __name__ == "__main__":
    main(*sys.argv[1:])
