"""The buffers of a text column as numpy views, and numpy results as Arrow arrays; nothing is copied on the way in.

>>> offsets, data, valid = text_buffers(pa.array(["ab", None, "cde"], pa.large_string())[1:])
>>> offsets.tolist(), bytes(data), valid.tolist()
([2, 2, 5], b'abcde', [False, True])
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def text_buffers(array: pa.LargeStringArray) -> tuple[Longs, Bytes, Flags]:
    """Absolute offsets (n + 1), the bytes they point into, and which rows are not null. Slices cost nothing."""
    n = len(array)
    _, ends, raw = array.buffers()
    offsets = np.zeros(n + 1, np.int64)
    if ends is not None and ends.size:
        offsets = np.frombuffer(ends, np.int64, n + 1, 8 * array.offset)
    data = np.frombuffer(raw, np.uint8) if raw is not None and raw.size else np.zeros(0, np.uint8)
    for view in (offsets, data):
        view.flags.writeable = False  # numba compiles once more for a writable array
    return offsets, data, validity(array)


def validity(array: pa.Array) -> Flags:
    """True where a row is not null, whatever the slice's offset into its bitmap."""
    if array.null_count == 0:
        return np.ones(len(array), np.bool_)
    return np.asarray(pc.is_valid(array).to_numpy(zero_copy_only=False), np.bool_)


def column(values: npt.NDArray[np.generic], valid: Flags, dtype: pa.DataType) -> pa.Array:
    """The results as an Arrow array of DTYPE; rows that are not valid become null.

    >>> column(np.array([1, 2]), np.array([True, False]), pa.int64()).to_pylist()
    [1, None]
    """
    return pa.array(values, type=dtype, mask=None if valid.all() else ~valid)
