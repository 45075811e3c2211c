"""This machine's engine and a local Ray cluster on the demo's recipe: the same digest, and the times of both.

python bench/engines.py
"""

from __future__ import annotations

from machine import ZHUOYU, facts, last_json, timed, workspace


def main() -> None:
    print(facts())
    digests = {}
    for engine in ("native", "ray"):
        home = workspace()
        one = timed([*ZHUOYU, "demo", "--json"], 1, ZHUOYU_HOME=str(home), ZHUOYU_ENGINE=engine)
        said = last_json(one.out)
        digests[engine] = said["digest"]
        print(f"{engine:7s} {one.wall:6.1f} s  {said['rows']['read']:,} rows  {said['digest']}")
    print("the same digest" if len(set(digests.values())) == 1 else "DIFFERENT DIGESTS")


if __name__ == "__main__":
    main()
