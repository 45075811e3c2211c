"""How much personal data stands in a text."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa
from pydantic import Field

from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Measure
from zhuoyu.ops import _pii_suspect
from zhuoyu.ops._pii_spans import Rules, count
from zhuoyu.units import Count


def _column(suffix: str, meaning: str, zh: str) -> Column:
    return Column(suffix, pa.int32(), Count, meaning, "low", zh)


class Pii(Measure):
    """Counts e-mail addresses, phones, resident IDs, cards, IP addresses and keys (个人信息计数). No find: 0; null: null.

    The rules are those of ``text.mask_pii``, so after masking these counts are 0 by construction. ``pii_suspect`` is the check that is
    not: a looser detector written apart, with false alarms, that shows what masking may have missed.

    >>> Pii().on({"text": ["手机 138 1234 5678", None]})["text_pii_phone"]
    [1, None]
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "GB/T 35273-2020 annex A; rules: see text.mask_pii"
    writes: ClassVar[tuple[Column, ...]] = (
        _column("pii_count", "finds of every kind", "个人信息数"),
        _column("pii_email", "e-mail addresses", "电子邮箱数"),
        _column("pii_phone", "phone numbers", "电话号码数"),
        _column("pii_id", "resident ID numbers", "身份证号数"),
        _column("pii_card", "bank card numbers", "银行卡号数"),
        _column("pii_ip", "IP addresses", "IP 地址数"),
        _column("pii_key", "keys and secrets", "密钥数"),
        _column("pii_suspect", "finds of a looser second detector", "疑似个人信息数"),
    )
    private_ip: bool = Field(False, description="Count private, loopback and documentation addresses too.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """The total, one column a kind, the suspects."""
        counts = count(inputs[0], Rules(private_ip=self.private_ip))
        valid = arrow.validity(inputs[0])
        every = [counts.sum(axis=1), *counts.T, _pii_suspect.count(inputs[0])]
        return [arrow.column(values, valid, pa.int32()) for values in every]
