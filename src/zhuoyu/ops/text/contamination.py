"""How much of a text is in a benchmark."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, PrivateAttr

from zhuoyu.kernels import arrow, overlap
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.ops import _spans
from zhuoyu.ops._files import TextFile
from zhuoyu.ops.text._benchmarks import Labels, tables
from zhuoyu.units import Ratio, Signature


class Contamination(Measure):
    """Where a text repeats a benchmark (评测集污染): the spans of word n-grams that are also in it, and their share of the text.

    Words are folded in case, punctuation does not count; each code point is a word in Chinese, Japanese, Thai, Lao, Burmese, Khmer.
    An item of fewer words than ``ngram`` counts where all of it stands; under ``shortest`` it is not looked for. N-grams in more than
    ``common`` items of a benchmark are its form and do not count. Share 0..1 of code points; empty text: 0, no spans; null: null, and
    so without ``benchmarks``. Of n-grams 64-bit hashes are compared; memory: 40 bytes an n-gram of the benchmarks.

    >>> from pathlib import Path; from tempfile import mkdtemp
    >>> file = Path(mkdtemp(), "riddles.txt")
    >>> _ = file.write_text("What has many keys but can't open a single lock in the house?")
    >>> op = Contamination(benchmarks=[file])
    >>> op.on({"text": ["Riddle: what has many keys but can't open a single lock in the house?"]})["text_contaminated_spans"]
    [[{'start': 8, 'end': 68, 'benchmark': 'riddles'}]]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Brown et al. 2020 (GPT-3), appendix C: 13-grams, items of 8 words; Llama 2, A.6: clean under 0.2, dirty at 0.8"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("contaminated_share", pa.float64(), Ratio, "code points in spans that a benchmark has, of all", "low", "评测污染占比"),
        Column(
            "contaminated_spans",
            pa.list_(pa.struct([*_spans.SPAN, ("benchmark", pa.string())])),
            Signature,
            "code points start to end, and the benchmark that has them; by benchmark, then start",
            zh="评测污染片段",
        ),
    )
    benchmarks: tuple[TextFile, ...] = Field(
        (), description="Files of test items: paths, or {path, field, name}; JSON lines, Parquet, text."
    )
    ngram: int = Field(13, ge=2, le=64, description="Words in a row that are no coincidence.")
    shortest: int = Field(8, ge=2, le=64, description="Items of fewer words are not looked for.")
    common: int = Field(10, ge=1, description="N-grams in more items of a benchmark do not count.")

    _tables: tuple[list[overlap.Grams], Labels] | None = PrivateAttr(None)

    def open(self) -> None:
        """Read the benchmarks."""
        made = tables([b.texts() for b in self.benchmarks], self.ngram, self.shortest, self.common)
        object.__setattr__(self, "_tables", made)

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        text = inputs[0]
        if not self.benchmarks or len(text) == 0:  # the engine asks for no rows where open() failed, to say why
            return [pa.nulls(len(text), c.type) for c in self.writes]
        assert self._tables is not None, "open() comes first"
        known, labels = self._tables
        hits = np.concatenate([np.zeros((0, 4), np.int64), *(overlap.find(text, k) for k in known)])
        valid = arrow.validity(text)
        inside = _spans.covered(hits[:, 0], hits[:, 2], hits[:, 3], len(text))
        whole = np.asarray(pc.utf8_length(text).fill_null(0).to_numpy(zero_copy_only=False), np.int64)
        shares = arrow.column(share(inside, whole), valid, pa.float64())
        return [shares, _spans.labelled(hits, labels, [b.name for b in self.benchmarks], valid)]
