"""Data-Juicer's own work: writes its recipe and runs it with two processes, from empty caches (a cache hit would flatter it).

python bench/text/datajuicer_run.py filters|minhash SIZE

Standard library only; starts Data-Juicer's command in its environment.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from place import corpus, out, python

FILTERS = [
    {"whitespace_normalization_mapper": None},
    {"fix_unicode_mapper": None},
    {"alphanumeric_filter": {"tokenization": False, "min_ratio": 0.25}},
    {"average_line_length_filter": {"min_len": 10}},
    {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.5}},
    {"word_repetition_filter": {"lang": "en", "tokenization": False, "rep_len": 10, "max_ratio": 0.5}},
    {"maximum_line_length_filter": {"min_len": 10}},
    {"special_characters_filter": {"max_ratio": 0.25}},
    {"text_length_filter": {"min_len": 10}},
    {"words_num_filter": {"lang": "en", "tokenization": False, "min_num": 10}},
]
MINHASH = [
    {
        "document_minhash_deduplicator": {
            "tokenization": "space",
            "window_size": 5,
            "lowercase": True,
            "num_permutations": 256,
            "jaccard_threshold": 0.7,
        }
    }
]


def recipe(work: str, size: str, to: Path) -> dict[str, object]:
    return {
        "project_name": f"bench-{work}",
        "dataset_path": str(corpus(size)),
        "export_path": str(to / "out" / "out.jsonl"),
        "np": 2,
        "text_keys": "text",
        "open_tracer": False,
        "process": FILTERS if work == "filters" else MINHASH,
    }


def main(work: str, size: str) -> None:
    to = out(f"datajuicer-{work}", size)
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    config = to / "recipe.yaml"  # JSON is YAML
    config.write_text(json.dumps(recipe(work, size, to), indent=1))
    cache = str(to / "cache")
    env = {"HF_HOME": cache, "HF_DATASETS_CACHE": cache + "/datasets", "DATA_JUICER_CACHE_HOME": cache + "/juicer", "HF_HUB_OFFLINE": "1"}
    command = str(python("datajuicer").with_name("dj-process"))
    os.execve(command, [command, "--config", str(config)], {**os.environ, **env})


if __name__ == "__main__":
    main(*sys.argv[1:])
