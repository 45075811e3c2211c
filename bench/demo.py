"""The demo as a new user meets it: wall time, rows a second, peak memory, and where the time goes. Reuses nothing.

python bench/demo.py [RUNS]
"""

from __future__ import annotations

import sys

from machine import ZHUOYU, facts, last_json, record, timed, workspace


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(facts())
    rows = []
    for number in range(runs):
        home = workspace()
        one = timed([*ZHUOYU, "demo", "--json"], 1, ZHUOYU_HOME=str(home))
        said = last_json(one.out)
        what = record(home, said["run"])
        rows.append((one.wall, what))
        kind = f"run {number + 1}, a fresh workspace"
        size = sum(b["bytes"] for b in what["batches"])
        print(f"{kind}: {one.wall:.1f} s wall, {said['rows']['read']:,} rows, {size / 1e6:.0f} MB, peak {one.peak / 1e6:.0f} MB")
    wall, what = sorted(rows, key=lambda r: r[0])[len(rows) // 2]
    read = what["rows"]["read"]
    print(f"median {wall:.1f} s: {read / wall:,.0f} rows/s, {sum(b['bytes'] for b in what['batches']) / wall / 1e6:.1f} MB/s")
    print("seconds in steps (two threads, so they may add up to more than the wall time):")
    for step in sorted(what["steps"], key=lambda s: -s["seconds"])[:12]:
        print(f"  {step['seconds']:7.2f}  {step['text'][:80]}")


if __name__ == "__main__":
    main()
