"""Unicode form, line ends and white space of a text."""

from __future__ import annotations

from typing import ClassVar, Literal
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels.tidy import tidy, unsettled
from zhuoyu.op import Changed, Transform


class Normalize(Transform):
    r"""Puts a text into one Unicode form and orders its white space (文本规范化). Null stays null; empty stays empty.

    Control, zero-width, direction and byte-order marks go (joiners stay inside scripts and emoji that are spelled with them); every
    line end becomes LF; spaces at line ends go; more than two empty lines become two. Applying it twice changes nothing more.

    >>> Normalize().on({"text": ["\ufeffone \r\n", None]})
    ['one\n', None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Unicode Standard Annex 15 (normalization forms)"
    form: Literal["NFC", "NFKC", "none"] = Field("NFC", description="NFKC also folds full-width letters, ligatures, superscripts.")

    def run(self, *inputs: pa.Array) -> Changed:
        """The ordered texts; rows that are surely in the Unicode form already are not asked about."""
        text = tidy(inputs[0])
        if self.form == "none":
            return Changed(text)
        rows = np.flatnonzero(unsettled(text, self.form))
        while len(rows):
            before = text.take(pa.array(rows)).to_pylist()
            # not pyarrow's utf8_normalize: it leaves NFC and NFKC decomposed
            made = [normalize(self.form, t) for t in before]
            other = [i for i, (t, m) in enumerate(zip(before, made, strict=True)) if t != m]
            after = tidy(pa.array([made[i] for i in other], text.type))
            changed = np.zeros(len(text), np.bool_)
            changed[rows[other]] = True
            text = pc.replace_with_mask(text, pa.array(changed), after)
            rows = rows[[i for i, now in zip(other, after.to_pylist(), strict=True) if now != before[i]]]
        return Changed(text)
