"""The demo's recipe on this machine's threads, on daft's, and on a local Ray cluster: the same digest, and the times of all three.

python bench/engines.py
"""

from __future__ import annotations

from machine import ZHUOYU, facts, last_json, timed, workspace


def main() -> None:
    print(facts())
    digests = {}
    for engine in ("native", "daft", "ray"):
        home = workspace()
        one = timed([*ZHUOYU, "demo", "--json"], 1, ZHUOYU_HOME=str(home), ZHUOYU_ENGINE=engine)
        said = last_json(one.out)
        digests[engine] = said["digest"]
        print(f"{engine:7s} {one.wall:6.1f} s  {said['rows']['read']:,} rows  {said['digest']}")
    print("the same digest" if len(set(digests.values())) == 1 else "DIFFERENT DIGESTS")


if __name__ == "__main__":
    main()
