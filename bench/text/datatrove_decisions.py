"""What each of datatrove's rule sets decides on each document, alone and on the whole text, and the figures it decides by.

python bench/text/datatrove_decisions.py SIZE             reasons: decisions-SIZE.jsonl {id, rule set: reason or null}
python bench/text/datatrove_decisions.py SIZE IDS.json    figures of these documents: values-SIZE.jsonl

Runs in datatrove's environment. The figures come from datatrove's own word splitter and counting functions.
"""

from __future__ import annotations

import json
import re
import sys
from multiprocessing import Pool
from pathlib import Path

import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.filters.gopher_quality_filter import PUNCTUATION_SET, STOP_WORDS
from datatrove.pipeline.filters.gopher_repetition_filter import find_all_duplicate, find_duplicates, find_top_duplicate, get_n_grams
from datatrove.utils.text import TERMINAL_PUNCTUATION, split_into_sentences, split_into_words
from place import ROOT, shards

RULES = {
    "gopher_repetition": GopherRepetitionFilter(),
    "gopher_quality": GopherQualityFilter(),
    "c4": C4QualityFilter(),
    "fineweb": FineWebQualityFilter(),
}
C4_LINES = C4QualityFilter(min_num_sentences=-1)
ENGLISH = "eng"


def documents(path: Path) -> list[dict[str, str]]:
    return pq.read_table(path, columns=["id", "text"]).to_pylist()


def decide(path: Path) -> list[str]:
    """One JSON line a document of a shard."""
    lines = []
    for row in documents(path):
        said: dict[str, str | None] = {"id": row["id"]}
        for name, rules in RULES.items():
            answer = rules.filter(Document(text=row["text"], id=row["id"]))
            said[name] = None if answer is True else answer[1]
        lines.append(json.dumps(said))
    return lines


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def quality(text: str, words: list[str]) -> dict[str, float]:
    """Figures of Gopher's quality rules."""
    real = [w for w in words if any(c not in PUNCTUATION_SET for c in w)]
    lines = text.splitlines()
    return {
        "words": len(words),
        "non_symbol_words": len(real),
        "mean_word_length": share(sum(map(len, real)), len(real)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_lines": share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "alpha_words": share(sum(any(map(str.isalpha, w)) for w in words), len(words)),
        "stop_words": len(set(STOP_WORDS) & set(words)),
    }


def repetition(text: str, words: list[str]) -> dict[str, float]:
    """Figures of Gopher's repetition rules: shares of the text's code points, or of its lines and paragraphs."""
    out = {}
    for name, parts in (("paragraph", re.split(r"\n{2,}", text.strip())), ("line", re.split(r"\n+", text))):
        again, chars = find_duplicates(parts)
        out |= {f"dup_{name}": share(again, len(parts)), f"dup_{name}_chars": share(chars, len(text))}
    for n in (2, 3, 4):
        grams = get_n_grams(words, n)
        out[f"top_{n}gram"] = share(find_top_duplicate(grams), len(text)) if grams else 0.0
    return out | {f"dup_{n}gram": share(find_all_duplicate(words, n), len(text)) for n in range(5, 11)}


def c4(text: str) -> dict[str, float]:
    """Lines that stay and the sentences in them; -1: the document is dropped for a phrase before they are counted."""
    kept = Document(text=text, id="")
    if C4_LINES.filter(kept) is not True:
        return {"c4_lines": -1, "c4_sentences": -1}
    lines = kept.text.split("\n") if kept.text else []
    return {"c4_lines": len(lines), "c4_sentences": sum(len(split_into_sentences(line, ENGLISH)) for line in lines)}


def fineweb(text: str, words: list[str]) -> dict[str, float]:
    """Figures of FineWeb's rules."""
    lines = [line for line in text.split("\n") if line.strip()]
    return {
        "punctuated_lines": share(sum(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines), len(lines)),
        "short_lines": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "dup_lines_chars": share(find_duplicates(lines)[1], len(text.replace("\n", ""))),
        "newlines_per_word": share(text.count("\n"), len(words)),
    }


def figures(row: dict[str, str]) -> str:
    text = row["text"]
    words = split_into_words(text, ENGLISH)
    sets = {"gopher_quality": quality(text, words), "gopher_repetition": repetition(text, words), "c4": c4(text)}
    return json.dumps({"id": row["id"], **sets, "fineweb": fineweb(text, words)})


def main(size: str, ids: str = "") -> None:
    if ids:
        wanted = set(json.loads(Path(ids).read_text()))
        lines = [figures(row) for path in shards(size) for row in documents(path) if row["id"] in wanted]
    else:
        with Pool(2) as pool:
            lines = [line for part in pool.imap(decide, shards(size)) for line in part]
    to = ROOT / f"{'values' if ids else 'decisions'}-{size}.jsonl"
    part = to.with_suffix(".part")
    part.write_text("".join(line + "\n" for line in lines))
    part.rename(to)


if __name__ == "__main__":
    main(*sys.argv[1:])
