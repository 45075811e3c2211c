"""Peak memory over growing input: 100 MB, 300 MB, 1 GB of text made of this machine's own files, repeated with a line of their own.

python bench/memory.py [MB …]
"""

from __future__ import annotations

import itertools
import sys
import sysconfig
from pathlib import Path

from machine import ZHUOYU, facts, last_json, timed, workspace

RECIPE = """
dataset: grown
modality: text
source:
  - {read: corpus, basis: {kind: own, evidence: bench}}
steps:
  - text.normalize
  - keep: text_words >= 5
  - keep: text_dup_line_share <= 0.5
  - keep: text_language in ('en', 'zh')
  - text.mask_pii
  - relate.near_duplicates: {threshold: 0.8}
  - keep: text_cluster is null or text_cluster is not null
"""


def grow(folder: Path, size: int) -> int:
    """Write at least SIZE bytes of real text in JSON lines files of 20 MB; no two rows are equal."""
    import json

    files = sorted(Path(sysconfig.get_path("purelib")).rglob("*.py"))
    folder.mkdir(parents=True)
    written, part, out = 0, 0, None
    for number, path in enumerate(itertools.cycle(files)):
        if written >= size:
            break
        if out is None or out.tell() > 20_000_000:
            out = (folder / f"{part:04d}.jsonl").open("w")
            part += 1
        text = path.read_text(encoding="utf-8", errors="replace")
        written += out.write(json.dumps({"text": f"copy {number // len(files)}\n{text}"}, ensure_ascii=False) + "\n")
    return written


def main() -> None:
    print(facts())
    for megabytes in [int(a) for a in sys.argv[1:]] or [100, 300, 1000]:
        home = workspace()
        size = grow(home / "corpus", megabytes * 1_000_000)
        (home / "dataset.yaml").write_text(RECIPE)
        one = timed([*ZHUOYU, "run", str(home / "dataset.yaml"), "--json"], 1, ZHUOYU_HOME=str(home / "home"))
        said = last_json(one.out)
        print(f"{size / 1e6:7.0f} MB  {said['rows']['read']:8,} rows  {one.wall:6.1f} s  peak {one.peak / 1e6:6.0f} MB")


if __name__ == "__main__":
    main()
