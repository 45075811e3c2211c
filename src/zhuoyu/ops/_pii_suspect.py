"""A second, looser detector of personal data that shares no line with the first: what it still finds after masking is worth a look.

It joins digits across spaces, hyphens and brackets and asks only for a checksum or a mobile number's first digits.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.kernels import arrow, pii
from zhuoyu.kernels.arrow import Ints

_MAIL = r"[^\s@<>()\[\]:;,\"'`/=#\\!*]+@[A-Za-z0-9\x{80}-\x{10FFFF}-]+\.[A-Za-z]{2,}"
_MAIL_BEFORE = np.isin(np.arange(256), list(b" \t\n\f\r@<>()[]:;,\"'`/=#\\!*"), invert=True)
_MAIL_AFTER = np.array([b >= 0x80 or bytes([b]).isalnum() or b == 45 for b in range(256)])
"""What must stand beside the @ of ``_MAIL``: a decorator's has white space before it."""
_DIGITS = 11
_NUMBER = re.compile(rb"(?<![0-9A-Za-z_.])[0-9](?:[ ()\-]{0,2}[0-9]){10,18}[Xx]?(?![0-9A-Za-z_]|\.[0-9])")
_BEFORE, _AFTER = 1, 3
"""Bytes beside a run of digits that the pattern looks at: one before; an X and two more behind."""
_LETTERS = re.compile(r"[^0-9Xx]")


def _doubled(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        if place % 2:
            value = value * 2 if value < 5 else value * 2 - 9
        total += value
    return total % 10 == 0


def _mod11(text: str) -> bool:
    """ISO 7064 MOD 11-2 over all eighteen places."""
    rest = 0
    for char in text[:17]:
        rest = (rest + ord(char) - 48) * 2 % 11
    last = 10 if text[17] in "Xx" else ord(text[17]) - 48
    return (rest + last) % 11 == 1 and text[6:8] in ("19", "20")


def _suspicious(found: str) -> bool:
    text = _LETTERS.sub("", found)
    if len(text) == 18 and text[:17].isdigit() and _mod11(text):
        return True
    if not text.isdigit():
        return False
    if len(text) == 11:
        return text[0] == "1" and text[1] in "3456789"
    return 15 <= len(text) <= 19 and text[0] in "3456" and _doubled(text)


def count(array: pa.LargeStringArray) -> Ints:
    """How many suspects each row has; 0 for null."""
    counts = np.zeros(len(array), np.int32)
    offsets, data, valid = arrow.text_buffers(array)
    rows = np.flatnonzero(valid)
    mails = pii.joined_by(offsets, data, rows, ord("@"), _MAIL_BEFORE, _MAIL_AFTER)
    if len(mails):
        counts[mails] = pc.count_substring_regex(array.take(pa.array(mails)), _MAIL).to_numpy(zero_copy_only=False)
    view = memoryview(data)  # type: ignore[arg-type]  # numpy arrays have the buffer protocol
    for row, start, end in pii.long_numbers(offsets, data, rows, _DIGITS).tolist():
        near = bytes(view[max(int(offsets[row]), start - _BEFORE) : min(int(offsets[row + 1]), end + _AFTER)])
        counts[row] += sum(_suspicious(m[0].decode()) for m in _NUMBER.finditer(near))
    return counts
