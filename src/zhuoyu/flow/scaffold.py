"""The two files of a new operator."""

from __future__ import annotations

import re
from pathlib import Path

from zhuoyu.errors import SpecError

_OP = '''"""Say in one line what this measures."""

import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.op import Column, Measure
from zhuoyu.units import Count


class {cls}(Measure):
    """How many exclamation marks a text has, Chinese ones included. Empty text: 0; null: null.

    >>> {cls}().on({{"text": ["Hello! 你好！", "", None]}})
    {{'text_{suffix}': [2, 0, None]}}
    """

    version = 1
    writes = (Column("{suffix}", pa.int64(), Count, "exclamation marks"),)

    def run(self, text: pa.LargeStringArray) -> list[pa.Array]:
        """One count a text."""
        return [pc.cast(pc.count_substring_regex(text, "[!！]"), pa.int64())]
'''

_TEST = '''"""Golden cases of ``{name}``; the laws every operator obeys are proved by test_every_op.py."""

import pytest

from zhuoyu.ops.{name} import {cls}


@pytest.mark.parametrize(("text", "expected"), [("no", 0), ("yes!", 1), ("你好！！", 2), ("", 0), (None, None)])
def test_{suffix}_counts(text: str | None, expected: int | None) -> None:
    assert {cls}().on({{"text": [text, "other!"]}})["text_{suffix}"][0] == expected
'''


def write_operator(root: Path, name: str) -> list[Path]:
    """Write ``src/zhuoyu/ops/GROUP/NAME.py`` and its test below ROOT.

    Raises:
        SpecError: the name is not GROUP.NAME in lower case, a file is there already, or ROOT is no checkout of zhuoyu.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
        raise SpecError(f"{name!r} is not GROUP.NAME in lower case", fix="write for example text.my_measure")
    if not (root / "src/zhuoyu/ops").is_dir():
        raise SpecError(
            f"{root.resolve()} is no checkout of zhuoyu",
            fix="give one with --root; a package of your own uses the entry-point group zhuoyu.ops",
        )
    group, suffix = name.split(".")
    cls = "".join(part.capitalize() for part in suffix.split("_"))
    files = {
        root / f"src/zhuoyu/ops/{group}/{suffix}.py": _OP.format(cls=cls, suffix=suffix),
        root / f"tests/ops/{group}/test_{suffix}.py": _TEST.format(cls=cls, suffix=suffix, name=name),
    }
    there = [str(p) for p in files if p.exists()]
    if there:
        raise SpecError(f"{', '.join(there)} exists already", fix="choose another name")
    init = root / f"src/zhuoyu/ops/{group}/__init__.py"
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if not init.exists():
        init.write_text("", encoding="utf-8")
    return list(files)
