"""Placeholders in the place of personal data and secrets."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.op import Changed, Transform
from zhuoyu.ops._pii_spans import KINDS, Name, Rules, mask


class MaskPii(Transform):
    """Replaces e-mail, phone, resident ID, bank card, IP address and key by <EMAIL> <PHONE> <ID> <CARD> <IP> <KEY> (个人信息脱敏).

    Chinese and English text; digits may stand in groups. IDs need a valid check digit and date, cards an issuer and a Luhn digit; plain
    digit runs of other kinds are left alone. Each placeholder is listed in ``_cells``. Null stays null. Run ``text.normalize`` with NFKC
    first where digits may be full-width: they are not recognised here.

    >>> MaskPii().on({"text": ["电话13812345678请联系 a.b@example.com", None]})
    ['电话<PHONE>请联系 <EMAIL>', None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "GB/T 35273-2020 annex A (what is personal); GB 11643-1999 (ID); ISO/IEC 7812-1 (card); ITU-T E.164 (phone)"
    kinds: tuple[Name, ...] = Field(KINDS, description="What to mask.")
    private_ip: bool = Field(False, description="Mask private, loopback and documentation addresses too.")

    def run(self, *inputs: pa.Array) -> Changed:
        """The texts with placeholders, and where they stand."""
        return Changed(*mask(inputs[0], Rules(self.kinds, self.private_ip)))
