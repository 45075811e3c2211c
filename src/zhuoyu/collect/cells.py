"""CSV cells as typed values: every cell is text first, and a type is only given where all seen cells are of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = _DAY + r"[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?"
# A number with a leading zero (a postcode, a telephone number) is text: as a number it would lose the zero.
_PATTERNS: tuple[tuple[pa.DataType, str], ...] = (
    (pa.int64(), r"^-?(0|[1-9]\d{0,18})$"),
    (pa.float64(), r"^([+-]?(0|[1-9]\d*)?\.?\d+([eE][+-]?\d+)?|-?(0|[1-9]\d*)\.|[Nn]a[Nn]|-?[Ii]nf)$"),
    (pa.bool_(), r"^([Tt]rue|TRUE|[Ff]alse|FALSE)$"),
    (pa.date32(), f"^{_DAY}$"),
    (pa.timestamp("us"), f"^{_TIME}$"),
    (pa.timestamp("us", "UTC"), f"^{_TIME}(Z|[+-]\\d{{2}}:?\\d{{2}})$"),
)
_FEW = 64
_LEADING_ZERO = re.compile(r"^[+-]?0\d")


def cell_type(cells: Sequence[str]) -> pa.DataType:
    """The narrowest type that all CELLS have; empty ones say nothing, and text is what remains.

    >>> cell_type(["1", "", "2"]), cell_type(["1", "2.5"]), cell_type(["0571", "21"]), cell_type(["2024-01-31"])
    (DataType(int64), DataType(double), DataType(large_string), DataType(date32[day]))
    """
    said = [c for c in cells if c]
    for dtype, _ in _PATTERNS if said else ():
        # Most types are ruled out by a few cells; only the one that is not looks at all of them.
        if not cell_array(said[:_FEW], dtype)[1] and not cell_array(said, dtype)[1]:
            return dtype
    return pa.large_string()


def wider(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """The type for cells of both: the same, float64 for two kinds of number, else text."""
    if a == b:
        return a
    return pa.float64() if {a, b} == {pa.int64(), pa.float64()} else pa.large_string()


def cell_array(cells: Sequence[str | None], dtype: pa.DataType) -> tuple[pa.Array, dict[int, str]]:
    """CELLS as DTYPE and the positions of those that are not of it, with the reason; empty cells are null, except in text."""
    text = pa.array(cells, pa.large_string())
    if dtype == pa.large_string():
        return text, {}
    text = pc.if_else(pc.equal(text, ""), None, text)
    pattern = dict(_PATTERNS)[dtype]
    ok = pc.match_substring_regex(text, pattern)
    if dtype == pa.float64():
        ok = pc.and_(ok, pc.invert(pc.match_substring_regex(text, _LEADING_ZERO.pattern)))
    bad = {i: f"{cells[i]!r:.42} is not {dtype}" for i in pc.indices_nonzero(pc.invert(pc.fill_null(ok, True))).to_pylist()}
    text = pc.if_else(ok, text, None)
    try:
        return pc.cast(text, dtype), bad
    except pa.ArrowInvalid:
        return _one_by_one(text, dtype, bad)


def _one_by_one(text: pa.Array, dtype: pa.DataType, bad: dict[int, str]) -> tuple[pa.Array, dict[int, str]]:
    """A cell of the right form but no value (2024-02-31, a number too large) spoils itself only."""
    out = []
    for i, scalar in enumerate(text):
        try:
            out.append(scalar.cast(dtype))
        except pa.ArrowInvalid:
            bad[i] = f"{scalar.as_py()!r:.42} is not {dtype}"
            out.append(pa.scalar(None, dtype))
    return pa.array([s.as_py() for s in out], dtype), bad
