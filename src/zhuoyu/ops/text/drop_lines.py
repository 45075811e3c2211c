"""Lines of a web page that are no text, removed."""

from __future__ import annotations

from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import c4, refinedweb
from zhuoyu.op import Changed, Transform


class DropLines(Transform):
    r"""Removes the lines that a published set of rules removes (按规则删除行): those of C4, or of RefinedWeb. Null stays null.

    ``c4`` keeps lines that end in a mark and have three words (see ``text.c4``), strips them and takes citation marks such as ``[3]`` and
    ``[edit]`` out; ``refinedweb`` drops capitals, numbers, counters and single words (see ``text.refinedweb``). Both are for English.
    Let ``rules: c4`` or ``rules: refinedweb`` judge the text first. Not idempotent: ``[[1]2]`` leaves ``[2]``. A text may become empty.

    >>> DropLines().on({"text": ["Home\nA sentence stays here.[2]\nmore", None]})
    ['A sentence stays here.', None]
    """

    version: ClassVar[int] = 1
    idempotent: ClassVar[bool] = False
    source: ClassVar[str] = (
        "Raffel et al. 2020 (C4), section 2.2, as datatrove 0.10.1 applies it; Penedo et al. 2023 (RefinedWeb), appendix G.2, as DCLM does"
    )
    rules: Literal["c4", "refinedweb"] = Field("c4", description="Whose line rules.")

    def run(self, *inputs: pa.Array) -> Changed:
        """The texts with the lines that stay."""
        kept = c4.kept_lines if self.rules == "c4" else refinedweb.kept_lines
        return Changed(kept(inputs[0]))
