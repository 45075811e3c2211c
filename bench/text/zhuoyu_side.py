"""zhuoyu's recipes for the same work, and what it decided, read from the sealed version."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
from place import corpus, out

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
from machine import ZHUOYU, last_json

SRC = Path(__file__).resolve().parents[2] / "src"
HEAD = """dataset: bench
modality: text
source:
  - {{read: {corpus}/*.parquet, key: [id], basis: {{kind: own, evidence: bench}}}}
steps:
"""
GOPHER_C4 = ("gopher_repetition", "gopher_quality", "c4")
NEAR = """  - relate.near_duplicates: {threshold: 0.7, as: near}
  - keep: near_duplicate_of is null
    because: near duplicate
"""
# Of the ten operators two have no column here: the character 10-gram repetition and the longest line.
TEN = """  - text.normalize
  - keep: (1 - text_space_share) * (text_alpha_share + text_digit_share) >= 0.25
  - keep: text_chars >= 10 * text_lines
  - keep: text_dup_10gram_share <= 0.5
  - keep: text_space_share + (1 - text_space_share) * (text_symbol_share + text_digit_share) <= 0.25
  - keep: text_chars >= 10
  - keep: text_words >= 10
"""


def known(rules: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the rule sets that this zhuoyu has."""
    from zhuoyu.recipe.rules import rule_names

    return tuple(name for name in rules if name in rule_names())


def steps(work: str) -> str:
    """The steps of a kind of work, or of one rule set."""
    if work in {"minhash", "ten"}:
        return NEAR if work == "minhash" else TEN
    if work == "english":
        return "  - keep: text_language = 'en'\n"
    rules = {"filters": GOPHER_C4, "both": GOPHER_C4, "fineweb-all": (*GOPHER_C4, "fineweb")}.get(work, (work,))
    return "".join(f"  - rules: {name}\n" for name in known(rules)) + (NEAR if work == "both" else "")


def missing(work: str) -> tuple[str, ...]:
    """Rule sets of a kind of work that this zhuoyu has not: such a row does less than its peer."""
    wanted = {"filters": GOPHER_C4, "both": GOPHER_C4, "fineweb-all": (*GOPHER_C4, "fineweb")}.get(work, ())
    return tuple(name for name in wanted if name not in known(wanted))


def stamp(work: str) -> str:
    """Digest of zhuoyu's source and the recipe: a row is measured again when either changes."""
    digest = hashlib.sha256(steps(work).encode())
    for path in sorted(p for p in SRC.rglob("*") if p.suffix in {".py", ".yaml", ".json", ".npy"}):
        digest.update(path.relative_to(SRC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def home(work: str, size: str) -> Path:
    """The workspace of a row."""
    return out(f"zhuoyu-{work}", size) / "home"


def prepare(work: str, size: str, folder: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """An empty workspace and a recipe, in the row's folder unless told otherwise; the command and its environment."""
    folder = folder or out(f"zhuoyu-{work}", size)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    recipe = folder / "dataset.yaml"
    recipe.write_text(HEAD.format(corpus=corpus(size)) + steps(work))
    path = os.pathsep.join([str(SRC), *filter(None, [os.environ.get("PYTHONPATH")])])
    return [*ZHUOYU, "run", str(recipe), "--fresh", "--json"], {"ZHUOYU_HOME": str(folder / "home"), "PYTHONPATH": path}


def run(work: str, size: str) -> dict[str, object]:
    """Run one recipe, unmeasured; what it said.

    Raises:
        RuntimeError: the run failed; its messages.
    """
    command, env = prepare(work, size)
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:] or done.stdout[-2000:])
    return last_json(done.stdout)


def version(work: str, size: str, *, rejected: bool, columns: list[str] | None = None) -> pa.Table:
    """Rows of the sealed version of a workspace."""
    from zhuoyu.store import door
    from zhuoyu.store.database import Store

    store = Store.open(home=home(work, size))
    return door.read(store, door.local_principal(), "bench@1", rejected=rejected, columns=columns).table()


def decisions(work: str, size: str) -> dict[str, str | None]:
    """Each document's reason, null for those kept."""
    kept = version(work, size, rejected=False, columns=["id"])
    gone = version(work, size, rejected=True, columns=["id", "_reason"])
    return dict.fromkeys(kept["id"].to_pylist()) | dict(zip(gone["id"].to_pylist(), gone["_reason"].to_pylist(), strict=True))


def figures(work: str, size: str, wanted: set[str]) -> dict[str, dict[str, object]]:
    """The measures of the documents WANTED, their source and the head of their text."""
    out: dict[str, dict[str, object]] = {}
    for rejected in (False, True):
        table = version(work, size, rejected=rejected)
        names = [n for n in table.schema.names if n.startswith("text_")]
        mask = pa.array([i in wanted for i in table["id"].to_pylist()])
        for row in table.select(["id", "source", "text", *names]).filter(mask).to_pylist():
            out[row["id"]] = {"source": row["source"], "head": row["text"][:160], "zhuoyu": {n: row[n] for n in names}}
    return out


def count(log: Path) -> int:
    """Rows kept, as the run said."""
    for line in reversed(log.read_text(errors="replace").splitlines()):
        if line.startswith("{"):
            return int(json.loads(line)["rows"]["kept"])
    return -1
