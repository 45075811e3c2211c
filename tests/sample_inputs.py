"""Inputs that operators must survive, and Relates run the way the engine runs them: what test_every_op stands on."""

from __future__ import annotations

import random
from typing import Any, get_args, get_origin

import pyarrow as pa

from zhuoyu.op import Input, Op, Relate

LICENSE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software, "
    "to deal in the Software without restriction. "
) * 6

TEXTS: list[str | None] = [
    "The quick brown fox jumps over the lazy dog. It didn't stop; why would it?",
    "琢玉是一个数据工程平台。它把数据集当作代码来管理！真的吗？",
    None,
    "这家酒店的 location 很好, breakfast 也不错, 价格¥399/night。",
    "",
    "   \t\n\r\n \u3000 ",
    "🎉👍🏽 emoji ❤️ 👨‍👩‍👧 end…",
    "<html><head><title>T</title></head><body><p>Hello <b>world</b> &amp; all</p><script>x<1</script></body></html>",
    "# Title\n\n- item one\n- item two\n\n```python\nprint('hi')\n```\n\n[link](https://example.com/a?b=c)",
    "def f(x):\n    return x + 1  # 注释\n\n\nclass A:\n    pass\n",
    "Mail bob@example.com or 电话13812345678请联系, 身份证11010519491231002X, card 4111 1111 1111 1111, ip 192.168.1.254.",
    "key AKIAIOSFODNN7EXAMPLE and +86 138 1234 5678, ２０２４年 １３８１２３４５６７８",
    "menu\nmenu\nmenu\nbody text\nmenu\n",
    LICENSE,
    LICENSE.replace("person", "human", 1),
    LICENSE,
    LICENSE + "Copyright 2024.",
    "好的" * 400,
    "x " * 5000,
    "a" * 60_000,
    "一行很长没有标点" * 3000,
    "line\rold mac\rbreaks\r\nand dos\n\x0bvt\x85nel\u2028ls",
    "\ufeffBOM first, zero\u200bwidth, soft\xadhyphen, nbsp\xa0here, \ufffd replaced, \x00 nul",
    "café cafe\u0301 Å Å ﬁ Ⅷ ½ ÀÉÎ ẞ",
    "ä¸\xadæ\x96\x87 itâ€™s Ã©tÃ©",
    "مرحبا بالعالم، كيف حالك؟",
    "नमस्ते दुनिया। यह एक परीक्षण है।",
    "สวัสดีชาวโลก นี่คือการทดสอบ",
    "こんにちは、世界。カタカナとひらがな。",
    "안녕하세요. 오늘 날씨가 좋습니다.",
    "Съешь же ещё этих мягких французских булок.",
    "𠮷野家 \U0001f600 \U0010ffff plane sixteen",
    "12345 67890 3.14159 1,000,000",
    "!!! ??? ... --- *** ###",
    "- a\n* b\n• c\n1. d…\n2. e...",
    "word",
    "字",
    "\n\n\n",
    None,
]


def random_texts(seed: int, n: int) -> list[str | None]:
    """Short texts over an alphabet where every branch of a tokenizer lies close to the next."""
    pick = random.Random(seed)
    alphabet = "ab A1 .,'\n\r\t-。！汉字かハ한é\u0301’…“”😀\xad\u200b\ufffdÃ©<>&@#0123456789"
    texts = ["".join(pick.choices(alphabet, k=pick.choice((0, 1, 2, 5, 20, 120)))) for _ in range(n)]
    return [None if pick.random() < 0.1 else text for text in texts]


def column(kind: str, texts: list[str | None]) -> pa.Array:
    """One input column of a kind, one value a text."""
    if kind == "binary":
        return pa.array([None if t is None else t.encode() for t in texts], pa.large_binary())
    if kind == "number":
        return pa.array([None if t is None else float(len(t)) for t in texts], pa.float64())
    return pa.array(texts, pa.large_string())


def inputs(reads: tuple[Input, ...], texts: list[str | None]) -> list[pa.Array]:
    """What an operator reads; a second input is the first one turned by a row, so that the two differ."""
    return [column(read.kind, texts[k:] + texts[:k]) for k, read in enumerate(reads)]


def variants(cls: type[Op]) -> list[Op]:
    """The operator with its defaults, and once for every other value of a bool or a Literal parameter."""
    base = cls()
    made: list[Op] = [base]
    for name, field in cls.model_fields.items():
        if field.annotation is bool:
            values: tuple[Any, ...] = (not getattr(base, name),)
        else:
            values = get_args(field.annotation) if get_origin(field.annotation) is not None and "Literal" in str(field.annotation) else ()
        made += [cls(**{name: v}) for v in values if isinstance(v, (bool, str, int)) and v != getattr(base, name)]
    return made


def pieces(arrays: list[pa.Array], size: int) -> list[list[pa.Array]]:
    """The rows cut into batches; the slices keep their offset into the parent's buffers."""
    return [[a.slice(start, size) for a in arrays] for start in range(0, len(arrays[0]), size)]


def row_ids(n: int) -> list[str]:
    """Ids as the record makes them: 32 hex digits, in no order."""
    return [f"{random.Random(i).getrandbits(128):032x}" for i in range(n)]


def apply_relate(
    op: Relate, arrays: list[pa.Array], ids: list[str], batch: int = 7, extra: dict[str, pa.Array] | None = None
) -> dict[str, tuple[Any, ...]]:
    """The written values by ``_id``, computed as the engine does: signatures batch by batch, then all rows at once."""
    op.open()
    signed = [op.signature(*part) for part in pieces(arrays, batch)]
    for part in signed:
        assert [a.type for a in part] == [c.type for c in op.signs]
    columns: dict[str, Any] = {"_id": pa.array(ids, pa.string()), **(extra or {})}
    for k, sign in enumerate(op.signs):
        columns[sign.suffix] = pa.chunked_array([part[k] for part in signed], sign.type)

    def fetch(positions: pa.Array) -> list[pa.Array]:
        return [a.take(positions) for a in arrays]

    outs = op.relate(pa.table(columns), fetch)
    for out, written in zip(outs, op.writes, strict=True):
        assert out.type == written.type, written.suffix
        assert len(out) == len(ids), written.suffix
    return dict(zip(ids, zip(*(out.to_pylist() for out in outs), strict=True), strict=True))
