"""Eight bytes at a time: one load where a loop over bytes would take eight steps."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core.cgutils import create_struct_proxy
from numba.extending import intrinsic

from zhuoyu.kernels.arrow import Bytes
from zhuoyu.kernels.compiled import compiled

LOW, HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
"""The lowest and the highest bit of every byte."""
_ZERO, _ONES = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)


@intrinsic  # type: ignore[untyped-decorator]
def eight(typing: Any, data: Any, p: Any) -> Any:  # noqa: ARG001  # numba hands over its typing context
    """The eight bytes at P as one little-endian number, however P is aligned; all of them must lie in the buffer."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = create_struct_proxy(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer())
        number = builder.load(place)
        number.align = 1
        return number if sys.byteorder == "little" else builder.bswap(number)

    return types.uint64(data, types.int64), generate


@compiled
def fewer(data: Bytes, p: int, end: int) -> np.uint64:
    """The one to seven bytes from P to END as such a number; nothing beyond the buffer is read."""
    if p + 8 <= len(data):
        whole: np.uint64 = eight(data, p)
        return whole & (_ONES >> np.uint64(64 - 8 * (end - p)))
    value = _ZERO
    for k in range(p, end):
        value |= np.uint64(data[k]) << np.uint64(8 * (k - p))
    return value


@compiled
def has(word: np.uint64, byte: np.uint64) -> bool:
    """True where one of the eight bytes is BYTE (given eight times: ``BYTE * LOW``).

    Mycroft 1987: a byte less one borrows into its highest bit only where it was zero.
    """
    differs = word ^ byte
    return bool((differs - LOW) & ~differs & HIGH != _ZERO)
