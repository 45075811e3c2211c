"""How many tokens a text is to a model."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from zhuoyu.errors import MissingExtra, SpecError
from zhuoyu.kernels import arrow
from zhuoyu.op import Column, Measure
from zhuoyu.ops._files import GivenFile
from zhuoyu.units import Count, Unit

_WHAT = "a BPE rank file, a base64 token and its rank a line"
_PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""How text is cut before bytes are merged: the pattern published with cl100k_base."""


@cache
def _encoding(said: bytes, pieces: str) -> Any:
    try:
        import tiktoken
    except ImportError as error:
        raise MissingExtra.of("tiktoken", "text") from error
    ranks = {bytes([b]): b for b in range(256)}
    if said:
        try:
            pairs = (line.split() for line in said.splitlines() if line)
            ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in pairs}
        except (ValueError, binascii.Error) as error:
            raise SpecError(f"expected {_WHAT}, found another line: {error}", fix="give the model's .tiktoken file") from error
    return tiktoken.Encoding("ranks", pat_str=pieces, mergeable_ranks=ranks, special_tokens={})


class TokenCount(Measure):
    """Tokens of a text under byte-pair ranks that you give (词元数), and bytes a token. Empty text: 0; null: null.

    The file is tiktoken's: a line has a token in base64 and its rank. Nothing is downloaded. Without a file each byte is a token.
    Names of special tokens in a text are text. Needs the extra ``text``.

    >>> TokenCount().on({"text": ["héllo", "", None]})["text_bpe_tokens"]
    [6, 0, None]
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "text"
    source: ClassVar[str] = "Sennrich et al. 2016, Neural Machine Translation of Rare Words with Subword Units; tiktoken 0.14 (file format)"
    writes: ClassVar[tuple[Column, ...]] = (
        Column("bpe_tokens", pa.int64(), Count, "tokens", zh="词元数"),
        Column("bytes_per_token", pa.float64(), Unit("bytes a token", 0, None, "字节每词元"), "bytes a token", "none", "每词元字节数"),
    )
    ranks: GivenFile | None = Field(None, description="The rank file; default: each byte is a token.")
    pieces: str = Field(_PIECES, description="The regular expression that cuts a text before merging; default: cl100k_base's.")

    def run(self, *inputs: pa.Array) -> list[pa.Array]:
        """One array per column."""
        encoding = _encoding(self.ranks.content() if self.ranks else b"", self.pieces)
        offsets, _, valid = arrow.text_buffers(inputs[0])
        tokens = np.array([len(encoding.encode_ordinary(text)) if text else 0 for text in inputs[0].to_pylist()], np.int64)
        per = np.divide(np.diff(offsets), tokens, out=np.zeros(len(tokens)), where=tokens > 0)
        return [arrow.column(tokens, valid, pa.int64()), arrow.column(per, valid, pa.float64())]
