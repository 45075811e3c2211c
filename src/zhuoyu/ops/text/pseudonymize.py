"""Personal data and secrets under names that stay the same, so that who is who survives."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field, PrivateAttr

from zhuoyu.op import Changed, Transform
from zhuoyu.ops._pii_spans import KINDS, Name, Rules
from zhuoyu.ops.text import _pseudonyms


class Pseudonymize(Transform):
    """Replaces what ``text.mask_pii`` finds by names such as ``<PHONE_qxkdnwmzrtbe>`` (假名化). Null stays null.

    Equal values have equal names in every text, column and run under one key, however they are written: ``+86 138-1234-5678``
    and ``13812345678`` are one phone. Names are the first 56 bits of an HMAC-SHA-256 under ``ZHUOYU_PSEUDONYM_KEY``, or the key
    that the file ``ZHUOYU_PSEUDONYM_KEY_FILE`` holds: at least 16 bytes. The key is never written anywhere; its fingerprint is
    part of this operator's digest, so that work under another key is not reused. Who has the key can test a guess: this is
    pseudonymisation, not anonymisation. ``text.mask_pii`` tells nobody from anybody. Each name is listed in ``_cells``.

    >>> said = Pseudonymize().on({"text": ["电话13812345678", "call +86 138-1234-5678", "no data", None]})
    >>> said[0].removeprefix("电话") == said[1].removeprefix("call "), said[2:]
    (True, ['no data', None])

    Raises:
        SpecError: there is no key, it is too short, or it is not the one the run was planned with.
    """

    version: ClassVar[int] = 1
    source: ClassVar[str] = "GB/T 37964-2019 (pseudonyms by keyed hashing); RFC 2104 (HMAC); what is found: see text.mask_pii"
    kinds: tuple[Name, ...] = Field(KINDS, description="What to replace.")
    private_ip: bool = Field(False, description="Replace private, loopback and documentation addresses too.")
    _fingerprint: str = PrivateAttr("none")

    def model_post_init(self, _: Any, /) -> None:
        """Remember which key the plan was made under, not the key."""
        self._fingerprint = _pseudonyms.fingerprint(_pseudonyms.key())

    def digest(self) -> str:
        """Names the operator, its parameters and its key."""
        said = json.dumps([super().digest(), self._fingerprint])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def open(self) -> None:
        """Check that this worker has the key."""
        _pseudonyms.checked(self._fingerprint)

    def run(self, *inputs: pa.Array) -> Changed:
        """The texts with names, and where they stand."""
        return Changed(*_pseudonyms.replace(inputs[0], Rules(self.kinds, self.private_ip), _pseudonyms.checked(self._fingerprint)))
