"""Lines of a file and where they lie, without ever holding more of one than a row may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

_UNITS = {"utf-16-le": "<u2", "utf-16-be": ">u2", "utf-32-le": "<u4", "utf-32-be": ">u4"}


class Line(NamedTuple):
    """Bytes ``start`` to ``end`` of the file, without the line end. ``raw`` is None when it is longer than a row may be."""

    start: int
    end: int
    raw: bytes | None


def split(blocks: Iterable[bytes], start: int, skip: int, encoding: str, most: int, keep_cr: bool = False) -> Iterator[Line]:
    r"""The lines of BLOCKS, whose first byte is byte START of the file; the first SKIP of them are passed over.

    A line ends in LF or CR LF (KEEP_CR: in LF); the last one may end without. A line above MOST bytes is counted, not kept.

    >>> [(l.start, l.raw) for l in split([b"a\r\nb", b"c\n\nd"], 0, 0, "utf-8", 99)]
    [(0, b'a'), (3, b'bc'), (6, b''), (7, b'd')]
    """
    unit = np.dtype(_UNITS.get(encoding, "u1"))
    held, length, begin, rest = [b""], 0, start + skip, b""
    cr = "\r".encode(encoding if encoding in _UNITS else "ascii")

    def line(end: int) -> Line:
        raw = b"".join(held) if length <= most else None
        if raw is not None and not keep_cr and raw.endswith(cr):
            return Line(begin, end - len(cr), raw[: -len(cr)])
        return Line(begin, end, raw)

    for block in blocks:
        block, skip = block[skip:], max(0, skip - len(block))
        block = rest + block
        fits = len(block) - len(block) % unit.itemsize
        block, rest = block[:fits], block[fits:]
        base = begin + length
        at = 0
        for cut in (np.flatnonzero(np.frombuffer(block, unit) == 10) * unit.itemsize).tolist():
            held.append(block[at:cut])
            length += cut - at
            yield line(base + cut)
            at = cut + unit.itemsize
            held, length, begin = [], 0, base + at
        length += len(block) - at
        if length > most:
            held = []
        else:
            held.append(block[at:])
    length += len(rest)
    held.append(rest)
    if length:
        yield line(begin + length)
