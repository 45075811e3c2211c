"""Second processes for the store's tests: each runs a few lines and talks over its pipes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BEFORE = """
import sys, time
from zhuoyu.errors import ZhuoyuError
from zhuoyu.store import artifacts, events, keys, runs, shards, versions
from zhuoyu.store.database import Store
def say(*what): print(*what, flush=True)
def wait(): return sys.stdin.readline().strip()
"""


@contextmanager
def process(code: str, *args: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that runs CODE with ARGS in ``sys.argv[1:]``; killed at the end if it still runs."""
    command = [sys.executable, "-c", _BEFORE + code, *map(str, args)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def heard(child: subprocess.Popen[str]) -> str:
    """The next line that CHILD says."""
    assert child.stdout is not None
    return child.stdout.readline().strip()


def tell(child: subprocess.Popen[str], line: str = "go") -> None:
    """One line to CHILD."""
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()
