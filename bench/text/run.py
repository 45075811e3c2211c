"""The whole text benchmark: corpus, peers' environments, measured rows, parity, truth, and ``bench/RESULTS-text.md``.

python bench/text/run.py [--size 20k|full] [--runs 3] [--rows NAME …] [--fresh]

Finished rows are kept in ``rows.jsonl`` in PEERS_DIR and not run again: stop it any time and start it again. A peer's row stays good
while its version and the corpus do; a row of zhuoyu while its source does. Rounds go through all tools, so that an hour's noise hits all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import peers
import pyarrow as pa
import pyarrow.parquet as pq
import zhuoyu_side
from measure import CORES, hold_cores, measure, warm
from place import HERE, ROOT, SIZES, done, out, python, say, shards
from truth import kept

LIMIT = 3 * 3600
TABLE = (
    "floor",
    "zhuoyu-filters", "datatrove-filters",
    "zhuoyu-ten", "datajuicer-filters",
    "zhuoyu-minhash", "datatrove-minhash", "datajuicer-minhash",
    "zhuoyu-both",
)  # fmt: skip
OPTIONAL = ("zhuoyu-fineweb-all", "datatrove-fineweb")
Json = dict[str, object]


def corpus_digest(size: str) -> str:
    return json.loads((ROOT / "corpus" / "stats.json").read_text())[size]["sha256"][:16]


def stamp(row: str, size: str) -> str:
    """What a finished row is good for."""
    tool, _, work = row.partition("-")
    if tool == "zhuoyu":
        made = zhuoyu_side.stamp(work)
    elif tool == "floor":
        made = f"pyarrow {pa.__version__}"
    else:
        made = f"{tool} {peers.version(tool)}"
    return f"{made} on {corpus_digest(size)}"


def finished(size: str) -> list[Json]:
    """Rows of this size that ended well, oldest first; a line cut short by a kill is passed over."""
    path = ROOT / "rows.jsonl"
    rows = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row["size"] == size and row["code"] == 0 and row["kept"] > 0:
            rows.append(row)
    return rows


def good(row: str, size: str) -> list[Json]:
    """Finished rounds of one row that are still good."""
    now = stamp(row, size)
    return [r for r in finished(size) if r["row"] == row and r["stamp"] == now]


def command(row: str, size: str) -> tuple[list[str | Path], dict[str, str]]:
    """How a row is run."""
    tool, _, work = row.partition("-")
    if tool == "zhuoyu":
        words, env = zhuoyu_side.prepare(work, size)
        return list(words), env
    if tool == "floor":
        return [sys.executable, HERE / "floor.py", size], {}
    if tool == "datatrove":
        return [python(tool), HERE / "datatrove_run.py", work, size], {}
    return [sys.executable, HERE / "datajuicer_run.py", work, size], {}


def count(row: str, size: str, log: Path) -> int:
    """Documents left: what shows that the work was done."""
    if row == "floor":
        return sum(pq.read_metadata(p).num_rows for p in out(row, size).glob("*.parquet"))
    return zhuoyu_side.count(log) if row.startswith("zhuoyu-") else len(kept(row, size))


def megabytes(folder: Path) -> int:
    """What a row left on disk beside the corpus."""
    return sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink()) // 1_000_000


def one(row: str, size: str) -> bool:
    """Run and note one round of one row; whether it ended well."""
    log = ROOT / "logs" / f"{row}-{size}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    words, env = command(row, size)
    warm(shards(size))
    facts = measure(words, env, log, LIMIT)
    left = count(row, size, log) if facts["code"] == 0 else -1
    lacks = list(zhuoyu_side.missing(row.partition("-")[2])) if row.startswith("zhuoyu-") else []
    noted = {"row": row, "size": size, "stamp": stamp(row, size), "at": time.strftime("%F %T"), "kept": left, "lacks": lacks}
    noted |= {**facts, "left_mb": megabytes(out(row, size)), "cores": CORES}
    with (ROOT / "rows.jsonl").open("a") as to:
        to.write(json.dumps(noted) + "\n")
        to.flush()
        os.fsync(to.fileno())
    fine = facts["code"] == 0 and left > 0
    if fine:
        done(row, size).touch()
    say(f"{row} {size}: {facts['wall_s']:.1f} s, {facts['cpu_s']:.1f} s CPU, {left:,} kept" if fine else f"{row} {size}: FAILED, see {log}")
    return fine


def rounds(rows: list[str], size: str, runs: int) -> list[str]:
    """Every row until it has RUNS good rounds; names of rows that failed. A row that fails is not tried again in this run."""
    bad: list[str] = []
    for at in range(runs):
        for row in rows:
            wanted = len(good(row, size)) <= at or not done(row, size).exists()  # parity and truth read its files
            if wanted and row not in bad and not one(row, size):
                bad.append(row)
    return bad


def step(script: str, *words: str) -> bool:
    """Run another script of this folder in a process of its own."""
    if subprocess.run([sys.executable, HERE / script, *words], check=False).returncode == 0:
        return True
    say(f"{script} {' '.join(words)}: FAILED")
    return False


def compile_kernels(size: str) -> None:
    """zhuoyu compiles its kernels once per machine; that is not this table's matter, the run after it is."""
    aside = out("compile", size)
    for work in ("both", "ten"):
        words, env = zhuoyu_side.prepare(work, size, aside)
        subprocess.run([*words, "--limit", "200"], env={**os.environ, **env}, capture_output=True, check=False)
    shutil.rmtree(aside, ignore_errors=True)


def arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=sorted(SIZES), default="20k")
    ask.add_argument("--runs", type=int, default=3, help="good rounds a row; the table shows their median")
    ask.add_argument("--rows", nargs="*", choices=[*TABLE, *OPTIONAL], default=list(TABLE))
    ask.add_argument("--fresh", action="store_true", help="measure again what is finished")
    return ask.parse_args()


def main() -> int:
    said = arguments()
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda number, _: sys.exit(128 + number))  # unwinds, so that the row's processes end with us
    hold_cores()
    ROOT.mkdir(parents=True, exist_ok=True)
    whole = all(shards(size) for size in SIZES) and (ROOT / "corpus" / "stats.json").exists()
    if not (whole or (step("sources.py") and step("corpus.py"))) or not step("peers.py"):
        return 1
    if said.fresh and (ROOT / "rows.jsonl").exists():
        (ROOT / "rows.jsonl").rename(ROOT / f"rows-until-{time.strftime('%Y%m%d-%H%M%S')}.jsonl")
    if any(row.startswith("zhuoyu-") and len(good(row, said.size)) < said.runs for row in said.rows):
        compile_kernels(said.size)
    bad = rounds(said.rows, said.size, said.runs)
    fine = step("parity.py", said.size)
    fine &= said.size != "20k" or step("truth.py", said.size)
    fine &= step("report.py")
    return int(bool(bad) or not fine)


if __name__ == "__main__":
    sys.exit(main())
