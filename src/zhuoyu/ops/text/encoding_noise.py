"""How much of a text was lost or garbled on its way through encodings."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, mojibake
from zhuoyu.kernels.counts import share
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class EncodingNoise(Measure):
    r"""Shares 0..1 of code points that an encoding mistake left behind (乱码). Empty text: 0; null: null.

    Mojibake is UTF-8 read as Latin-1 or Windows-1252 (``ä¸\xad`` for 中, ``â€™`` for ’). A sequence counts when one of its
    characters has no business behind an accented letter, so that ``CAFÉ»`` is sound.

    >>> EncodingNoise().on({"text": ["itâ€™s", "fine", None]})["text_mojibake_share"]
    [0.5, 0.0, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Unicode 14.0, U+FFFD and general categories Cc, Co; WHATWG Encoding, windows-1252"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("replacement_share", pa.float64(), Ratio, "U+FFFD, left where bytes could not be decoded", "low", "替换字符占比"),
        Column("control_share", pa.float64(), Ratio, "control and private-use characters, white space apart", "low", "控制字符占比"),
        Column("mojibake_share", pa.float64(), Ratio, "characters of UTF-8 read as Windows-1252", "low", "乱码占比"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        *parts, every = mojibake.noise(inputs[0])
        valid = arrow.validity(inputs[0])
        return [arrow.column(share(part, every), valid, pa.float64()) for part in parts]
