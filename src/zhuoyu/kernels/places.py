"""Where the tokens of a text stand, in code points, beside what ``shingles`` says they are."""

from __future__ import annotations

from zhuoyu.kernels.arrow import Bytes, Shorts
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import DIGIT, LETTER, decode


@compiled
def token_begin(data: Bytes, p: int, end: int, classes: Shorts) -> int:
    """Where the first token at or after P begins: what ``next_token`` reads from there; END where there is none."""
    while p < end:
        b = data[p]
        code, after = (int(b), p + 1) if b < 0x80 else decode(data, p, end)
        if classes[code] & (LETTER | DIGIT):
            return p
        p = after
    return end
