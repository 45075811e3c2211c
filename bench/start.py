"""How quickly zhuoyu starts, installed as pip does it (with byte code): --help, and a warm run on 1,000 documents.

python bench/start.py
"""

from __future__ import annotations

import compileall
import json
import sysconfig
from pathlib import Path

from machine import ZHUOYU, facts, timed, workspace

import zhuoyu

RECIPE = """
dataset: thousand
modality: text
source:
  - {read: thousand.jsonl, basis: {kind: own, evidence: bench}}
steps:
  - text.normalize
  - keep: text_words >= 5
  - keep: text_language in ('en', 'zh')
  - text.mask_pii
  - relate.near_duplicates: {threshold: 0.8}
  - keep: text_duplicate_of is null
"""


def main() -> None:
    print(facts())
    compileall.compile_dir(Path(zhuoyu.__file__).parent, quiet=2)
    helped = timed([*ZHUOYU, "--help"], 7)
    print(f"zhuoyu --help: {helped.wall:.3f} s ({helped.low:.3f}–{helped.high:.3f})")
    home = workspace()
    files = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))[:1000]
    with (home / "thousand.jsonl").open("w") as f:
        for path in files:
            f.write(json.dumps({"text": path.read_text(encoding="utf-8", errors="replace")}) + "\n")
    (home / "dataset.yaml").write_text(RECIPE)
    command = [*ZHUOYU, "run", str(home / "dataset.yaml"), "--fresh", "--json"]
    timed(command, 1, ZHUOYU_HOME=str(home / "home"))
    warm = timed(command, 5, ZHUOYU_HOME=str(home / "home"))
    print(f"zhuoyu run, {len(files):,} documents, nothing reused, kernels cached: {warm.wall:.2f} s ({warm.low:.2f}–{warm.high:.2f})")
    again = timed([*command[:-2], "--json"], 5, ZHUOYU_HOME=str(home / "home"))
    print(f"the same, unchanged: {again.wall:.2f} s ({again.low:.2f}–{again.high:.2f})")


if __name__ == "__main__":
    main()
