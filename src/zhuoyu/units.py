"""A column's unit, its range, and which side of it is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["high", "low", "none"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a column's numbers count. ``low`` and ``high`` bound them; None: open."""

    name: str
    low: float | None = None
    high: float | None = None
    zh: str = ""


Ratio = Unit("share", 0.0, 1.0, "占比")
Chars = Unit("code points", 0, None, "字符")
Bytes = Unit("bytes", 0, None, "字节")
Words = Unit("words", 0, None, "词")
Lines = Unit("lines", 0, None, "行")
Count = Unit("count", 0, None, "个")
Seconds = Unit("seconds", 0, None, "秒")
Flag = Unit("yes or no", None, None, "是否")
Category = Unit("category", None, None, "类别")
RowId = Unit("row id", None, None, "记录号")
Signature = Unit("signature", None, None, "特征")
Content = Unit("content", None, None, "内容")
