"""Examples in docstrings hold, of every module that has one; those of operators are run by ``test_every_op``."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import zhuoyu

ROOT = Path(zhuoyu.__file__).parent


def has_example(path: Path) -> bool:
    """A docstring of the file has one; a template of a file yet to be written does not count."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    return any(">>>" in (ast.get_docstring(n) or "") for n in nodes if isinstance(n, kinds))


FILES = sorted(p for p in ROOT.rglob("*.py") if has_example(p))
NAMES = [".".join(("zhuoyu", *p.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__") for p in FILES]


@pytest.mark.parametrize("name", NAMES)
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted
    assert not found.failed
