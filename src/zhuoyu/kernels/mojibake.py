"""Characters that are the wreck of another encoding."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from zhuoyu.kernels import unicode
from zhuoyu.kernels.arrow import Bytes, Longs, Shorts, text_buffers
from zhuoyu.kernels.compiled import compiled
from zhuoyu.kernels.unicode import CONTROL, decode

_LIMIT = 0x2123
"""Above the last character of Windows-1252 (™)."""
_PLAIN = {0x85, *range(0x91, 0x98), 0xA0, 0xAB, 0xB7, 0xBB}
"""Windows-1252 quotes, dashes, ellipsis, space: they stand beside an accented capital in sound text (``CAFÉ»``)."""
_LEAD_2, _LEAD_3, _LEAD_4, _TAIL, _ODD = 1, 2, 4, 8, 16


@cache
def _roles() -> Bytes:
    """For the characters Windows-1252 and Latin-1 show bytes as: what that byte may be in UTF-8."""
    roles = np.zeros(_LIMIT, np.uint8)
    for byte in range(0x80, 0x100):
        shown = {byte, ord(bytes([byte]).decode("cp1252", "replace"))} - {0xFFFD}
        role = _LEAD_2 if 0xC2 <= byte < 0xE0 and byte not in (0xD7, 0xDF) else _LEAD_3 if 0xE0 <= byte < 0xF0 else 0
        role = _LEAD_4 if 0xF0 <= byte < 0xF5 else _TAIL | (0 if byte in _PLAIN else _ODD) if byte < 0xC0 else role
        for code in shown:
            roles[code] = role
    roles.flags.writeable = False
    return roles


@compiled
def _wreck(data: Bytes, p: int, end: int, roles: Bytes) -> tuple[int, int]:
    """(code points, where it ends) of the UTF-8 sequence shown as single characters at P; (0, P) where there is none."""
    code, at = decode(data, p, end)
    lead = roles[code] if code < len(roles) else 0
    tails = 1 if lead & _LEAD_2 else 2 if lead & _LEAD_3 else 3 if lead & _LEAD_4 else 0
    odd = False
    for k in range(tails):
        if at >= end:
            return 0, p
        tail, at = decode(data, at, end)
        role = roles[tail] if tail < len(roles) else 0
        if role & _TAIL == 0:
            return 0, p
        odd = odd or role & _ODD != 0
        if k == 0 and code == 0xE2 and (tail == 0x20AC or tail == 0x80):
            odd = True  # a quote or dash of U+2000..203F: the commonest wreck of English
    return (tails + 1, at) if tails > 0 and odd else (0, p)


@compiled
def _noise(offsets: Longs, data: Bytes, classes: Shorts, roles: Bytes) -> Longs:
    n = len(offsets) - 1
    out = np.zeros((4, n), np.int64)
    for i in range(n):
        p, end = offsets[i], offsets[i + 1]
        while p < end:
            if 0xC2 <= data[p] < 0xC4:  # U+0080..00FF: every lead is there
                chars, after = _wreck(data, p, end, roles)
                if chars:
                    out[2, i] += chars
                    out[3, i] += chars
                    p = after
                    continue
            code, p = decode(data, p, end)
            out[0, i] += code == 0xFFFD
            out[1, i] += classes[code] & CONTROL != 0
            out[3, i] += 1
    return out


def noise(array: pa.LargeStringArray) -> Longs:
    """Rows of the result: replacement characters, control and private-use ones, those of mojibake, all code points."""
    offsets, data, _ = text_buffers(array)
    return np.asarray(_noise(offsets, data, unicode.table(), _roles()))
