"""Any number of 64-bit hashes a row as one binary column, read back without a copy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Flags, Longs
from zhuoyu.kernels.hashing import Hashes


def pack(hashes: Hashes, ends: Longs, valid: Flags) -> pa.Array:
    """The hashes of every row (ENDS: rows + 1) as binary; null where it is not VALID.

    >>> unpack(pa.chunked_array([pack(np.array([5, 6], np.uint64), np.array([0, 2, 2]), np.array([True, False]))]))
    [(array([5, 6], dtype=uint64), array([0, 2, 2]))]
    """
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    buffers = [bits, pa.py_buffer((8 * ends).astype(np.int32)), pa.py_buffer(np.ascontiguousarray(hashes))]
    return pa.Array.from_buffers(pa.binary(), len(valid), buffers)


def unpack(column: pa.ChunkedArray) -> list[tuple[Hashes, Longs]]:
    """For each chunk its hashes, where they lie, and where each row's begin and end in them (rows + 1); null: none."""
    out = []
    for chunk in column.chunks:
        if len(chunk) == 0:
            continue
        _, ends, raw = chunk.buffers()
        offsets = np.frombuffer(ends, np.int32, len(chunk) + 1, 4 * chunk.offset).astype(np.int64)
        count = int(offsets[-1] - offsets[0]) // 8
        hashes = np.frombuffer(raw, np.uint64, count, int(offsets[0])) if count else np.zeros(0, np.uint64)
        ends64 = (offsets - offsets[0]) // 8
        for view in (hashes, ends64):
            view.flags.writeable = False  # one compiled form serves both
        out.append((hashes, ends64))
    return out
