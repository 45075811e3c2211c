"""What a text's characters are: letters, symbols, digits, Chinese, capitals, space."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from zhuoyu.kernels import arrow, counts
from zhuoyu.op import Column, Measure
from zhuoyu.units import Ratio


class Shares(Measure):
    """Shares of kinds of code points (字符构成), 0..1. Text without any: 0; null: null.

    Letters of every script count as alphabetic, Chinese ones too, and so do the marks that belong to them.

    >>> Shares().on({"text": ["ab 汉1!", None]})["text_alpha_share"]
    [0.6, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "Unicode 14.0 general categories and White_Space; PropList.txt"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("alpha_share", pa.float64(), Ratio, "letters and their marks, of non-space characters", "high", "字母文字占比"),
        Column("symbol_share", pa.float64(), Ratio, "punctuation and symbols, of non-space characters", "low", "符号占比"),
        Column("digit_share", pa.float64(), Ratio, "digits and other numbers, of non-space characters", "none", "数字占比"),
        Column("cjk_share", pa.float64(), Ratio, "Han, kana and hangul, of non-space characters", "none", "中日韩文字占比"),
        Column("upper_share", pa.float64(), Ratio, "upper-case letters, of letters", "none", "大写字母占比"),
        Column("space_share", pa.float64(), Ratio, "white space, of all characters", "low", "空白占比"),
    )

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        alpha, symbol, digit, cjk, upper, space, _, every = counts.kinds(inputs[0])
        seen = every - space
        parts = ((alpha, seen), (symbol, seen), (digit, seen), (cjk, seen), (upper, alpha), (space, every))
        valid = arrow.validity(inputs[0])
        return [arrow.column(counts.share(part, whole), valid, pa.float64()) for part, whole in parts]
