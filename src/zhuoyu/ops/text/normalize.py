"""Unicode form, line ends and white space of a text."""

from __future__ import annotations

from typing import ClassVar, Literal
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.kernels.tidy import tidy
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
        """The ordered texts; rows of ASCII only skip the Unicode form."""
        text = tidy(inputs[0])
        if self.form == "none":
            return Changed(text)
        wide = pc.fill_null(pc.invert(pc.string_is_ascii(text)), False)
        while pc.any(wide).as_py():
            before = text.filter(wide)
            # not pyarrow's utf8_normalize: it leaves NFC and NFKC decomposed
            after = tidy(pa.array([normalize(self.form, t) for t in before.to_pylist()], text.type))
            text = pc.replace_with_mask(text, wide, after)
            wide = pc.replace_with_mask(wide, wide, pc.not_equal(before, after))
        return Changed(text)
