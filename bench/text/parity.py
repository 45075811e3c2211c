"""zhuoyu's and datatrove's decision on each English document, rule set by rule set; every difference in a file, with both sides' figures.

python bench/text/parity.py SIZE

Each set is applied alone to the whole text. English: by ``text_language``. Differences: ``differences-RULES-SIZE.jsonl`` in PEERS_DIR.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from place import HERE, ROOT, done, python, say
from truth import kept
from zhuoyu_side import decisions, figures, known, run

RULES = ("gopher_quality", "gopher_repetition", "c4", "fineweb")
Reasons = dict[str, str | None]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def peer(size: str) -> list[dict]:
    """datatrove's reasons, computed once."""
    path = ROOT / f"decisions-{size}.jsonl"
    if not path.exists():
        subprocess.run([python("datatrove"), HERE / "datatrove_decisions.py", size], check=True)
    return lines(path)


def peer_figures(size: str, ids: set[str]) -> dict[str, dict]:
    """datatrove's figures of some documents."""
    asked = ROOT / f"asked-{size}.json"
    asked.write_text(json.dumps(sorted(ids)))
    subprocess.run([python("datatrove"), HERE / "datatrove_decisions.py", size, asked], check=True)
    return {said["id"]: said for said in lines(ROOT / f"values-{size}.jsonl")}


def agreement(ours: Reasons, theirs: Reasons, among: set[str]) -> tuple[dict[str, object], set[str]]:
    """The share of equal decisions, and who differs: by direction and pair of reasons."""
    differ = {i for i in among if (ours[i] is None) != (theirs[i] is None)}
    kinds = Counter((ours[i] or "kept", theirs[i] or "kept") for i in differ)
    same_reason = Counter((ours[i], theirs[i]) for i in among - differ if ours[i] is not None)
    return {
        "documents": len(among),
        "kept_by_both": sum(ours[i] is None and theirs[i] is None for i in among),
        "differ": len(differ),
        "agreement": 1 - len(differ) / max(1, len(among)),
        "kinds": [{"zhuoyu": a, "datatrove": b, "documents": n} for (a, b), n in kinds.most_common()],
        "both_reject": [{"zhuoyu": a, "datatrove": b, "documents": n} for (a, b), n in same_reason.most_common()],
    }, differ


def explain(rules: str, size: str, ours: Reasons, theirs: Reasons, differ: set[str], values: dict[str, dict]) -> None:
    """The file of differences."""
    mine = figures(rules, size, differ)
    with (ROOT / f"differences-{rules}-{size}.jsonl").open("w") as to:
        for i in sorted(differ, key=lambda i: (str(ours[i]), str(theirs[i]), i)):
            row = {"id": i, "zhuoyu_reason": ours[i], "datatrove_reason": theirs[i], **mine[i], "datatrove": values[i][rules]}
            to.write(json.dumps(row, ensure_ascii=False) + "\n")


def ten(size: str) -> dict[str, object]:
    """Equal decisions of the two ten-operator rows on all documents; empty unless both have run."""
    if not (done("zhuoyu-ten", size).exists() and done("datajuicer-filters", size).exists()):
        return {}
    ours, theirs = decisions("ten", size), kept("datajuicer-filters", size)
    differ = [i for i, reason in ours.items() if (reason is None) != (i in theirs)]
    return {"documents": len(ours), "differ": len(differ), "zhuoyu_keeps": sum(ours[i] is None for i in differ)}


def main(size: str) -> None:
    theirs = peer(size)
    run("english", size)
    english = {i for i, reason in decisions("english", size).items() if reason is None}
    said: dict[str, dict[str, object]] = {name: {"missing": True} for name in RULES if name not in known(RULES)}
    ours: dict[str, Reasons] = {}
    differ: dict[str, set[str]] = {}
    for rules in known(RULES):
        run(rules, size)
        ours[rules] = decisions(rules, size)
        said[rules], differ[rules] = agreement(ours[rules], {d["id"]: d[rules] for d in theirs}, english)
    values = peer_figures(size, set().union(*differ.values()))
    for rules, ids in differ.items():
        explain(rules, size, ours[rules], {d["id"]: d[rules] for d in theirs}, ids, values)
    (ROOT / f"ten-{size}.json").write_text(json.dumps(ten(size)))
    (ROOT / f"parity-{size}.json").write_text(json.dumps(said, indent=1, ensure_ascii=False))
    for rules, facts in said.items():
        share = (
            "this zhuoyu has no such rules"
            if "missing" in facts
            else f"{facts['agreement']:.3%} of {facts['documents']:,}, {facts['differ']} differ"
        )
        say(f"parity {rules}: {share}")


if __name__ == "__main__":
    main(*sys.argv[1:])
