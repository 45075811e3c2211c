"""Names that stand for personal data: equal values, however they are written, have equal names under one secret key."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from zhuoyu.errors import SpecError
from zhuoyu.op import CELLS
from zhuoyu.ops._pii_spans import KINDS, Rules, find
from zhuoyu.settings import settings

LEAST_KEY = 16
"""Bytes: 128 bits; NIST SP 800-131A r2 § 10 asks 112 of an HMAC key."""
_LETTERS = 12
"""26**12 is 2**56 names: 10 million different values have two with one name in 1 of 1,900 data sets."""
_PASSES = 8
_SAY = "openssl rand -hex 32 makes one; put it into ZHUOYU_PSEUDONYM_KEY, or into a file that ZHUOYU_PSEUDONYM_KEY_FILE names"

Mark = tuple[int, int]


def key() -> bytes:
    """The secret key of this workspace, from the environment or from the key file; empty when there is none.

    Raises:
        SpecError: the file cannot be read, or the key is too short to keep anything secret.
    """
    path = settings().pseudonym_key_file
    said = settings().pseudonym_key.get_secret_value().strip().encode()
    if path and not said:
        try:
            said = Path(path).read_bytes().strip()
        except OSError as error:
            raise SpecError(f"the key file {path} cannot be read: {error.strerror}", fix=_SAY) from error
    if said and len(said) < LEAST_KEY:
        raise SpecError(f"expected a pseudonym key of at least {LEAST_KEY} bytes, found {len(said)}", fix=_SAY)
    return said


def fingerprint(secret: bytes) -> str:
    """What names a key without giving it away: 64 bits, ``none`` for no key."""
    return hmac.new(secret, b"zhuoyu pseudonym key", hashlib.sha256).hexdigest()[:16] if secret else "none"


def checked(expected: str) -> bytes:
    """The key, which must be the one of that fingerprint.

    Raises:
        SpecError: there is none, or this process has another one than the process that made the plan.
    """
    secret = key()
    if not secret:
        raise SpecError("text.pseudonymize needs a secret key and found none", fix=_SAY)
    if fingerprint(secret) != expected:
        raise SpecError(
            f"expected the pseudonym key {expected}, found {fingerprint(secret)}",
            fix="give every worker the key of the process that planned the run",
        )
    return secret


def canonical(kind: str, value: str) -> str:
    """One writing for all writings of a value.

    >>> canonical("phone", "+86 138-1234-5678"), canonical("phone", "+1 (212) 555-0123"), canonical("id", "11010519491231002x")
    ('13812345678', '2125550123', '11010519491231002X')
    """
    if kind == "email":
        return value.lower()
    if kind == "phone":
        return _phone(value)
    if kind == "card":
        return re.sub(r"\D", "", value)
    if kind == "id":
        return re.sub(r"[^0-9A-Za-z]", "", value).upper()
    if kind == "ip":
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            return value
    return value


def _phone(value: str) -> str:
    """Digits only, without the country codes of China and of North America, or a trunk zero in brackets."""
    digits = re.sub(r"\D", "", value.replace("(0)", ""))
    abroad = value.lstrip("( ").startswith(("+", "00"))
    digits = digits.removeprefix("00") if abroad else digits
    if len(digits) == 13 and digits.startswith("861"):
        return digits[2:]
    north_american = len(digits) == 11 and digits[0] == "1" and (abroad or digits[1] == "2")
    return digits[1:] if north_american else digits


def name(secret: bytes, kind: str, value: str) -> str:
    """``<PHONE_qxkdnwmzrtbe>``: letters only, so that nothing in it is taken for a number again."""
    made = hmac.new(secret, f"{kind}\0{canonical(kind, value)}".encode(), hashlib.sha256).digest()
    number, letters = int.from_bytes(made, "big"), []
    for _ in range(_LETTERS):
        number, digit = divmod(number, 26)
        letters.append(chr(97 + digit))
    return f"<{kind.upper()}_{''.join(letters)}>"


def replace(array: pa.LargeStringArray, rules: Rules, secret: bytes) -> tuple[pa.LargeStringArray, pa.Array | None]:
    """The texts with names, and the cells that say where; None when nothing was found.

    A named neighbour can change what a number's surroundings say, so texts with finds are searched again until they have none.
    """
    rows, texts = np.arange(len(array)), array
    marks: dict[int, list[Mark]] = {}
    now: dict[int, bytes] = {}
    for _ in range(_PASSES):
        found = find(texts, rules)
        if not len(found):
            break
        offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, 8 * texts.offset)
        for at in np.unique(found[:, 0]):
            row, spans = int(rows[at]), found[found[:, 0] == at]
            text = now[row] if row in now else texts[int(at)].as_py().encode()
            now[row], marks[row] = _named(text, spans[:, 1:] - [0, offsets[at], offsets[at]], marks.get(row, []), secret)
        rows = rows[np.unique(found[:, 0])]
        texts = pa.array([now[int(row)].decode() for row in rows], pa.large_string())
    if not now:
        return array, None
    content = array.to_pylist()
    cells: list[list[dict[str, object]] | None] = [None] * len(array)
    for row, raw in now.items():
        content[row], cells[row] = raw.decode(), [_cell(raw, *mark) for mark in marks[row]]
    return pa.array(content, array.type), pa.array(cells, CELLS)


def _named(text: bytes, spans: np.ndarray, marks: list[Mark], secret: bytes) -> tuple[bytes, list[Mark]]:
    """TEXT with a name for each span (kind, start, end), and where names stand then: new ones, and old ones outside them."""
    parts: list[bytes] = []
    made: list[Mark] = []
    shifts: list[tuple[int, int, int]] = []
    at, size = 0, 0
    for kind, start, end in spans.tolist():
        said = name(secret, KINDS[kind], text[start:end].decode()).encode()
        parts += [text[at:start], said]
        size += start - at
        made.append((size, size + len(said)))
        size += len(said)
        shifts.append((start, end, size - end))
        at = end
    parts.append(text[at:])
    for start, end in marks:
        if not any(s < end and start < e for s, e, _ in shifts):
            moved = next((shift for _, e, shift in reversed(shifts) if e <= start), 0)
            made.append((start + moved, end + moved))
    return b"".join(parts), sorted(made)


def _cell(raw: bytes, start: int, end: int) -> dict[str, object]:
    first = len(raw[:start].decode())
    return {"column": "", "start": first, "end": first + end - start, "how": "masked", "by": ""}
