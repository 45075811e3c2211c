"""How kernels are compiled: without the GIL, and kept on disk until any kernel's source changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _sources() -> str:
    said = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        said.update(path.read_bytes())
    return said.hexdigest()[:12]


# numba looks at the file of a function, not at those of the functions it calls: without a folder per state of the
# sources, a kernel would go on running the old form of what it imports from its neighbour
if numba.config.CACHE_DIR and Path(numba.config.CACHE_DIR).name != _sources():
    numba.config.CACHE_DIR = str(Path(numba.config.CACHE_DIR) / _sources())


def compiled(function: F) -> F:
    """FUNCTION as machine code; it may use numbers, tuples and numpy arrays only.

    >>> compiled(lambda n: n + 1)(2)
    3
    """
    made: F = numba.njit(cache=function.__name__ != "<lambda>", nogil=True)(function)
    return made
