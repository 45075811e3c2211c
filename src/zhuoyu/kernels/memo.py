"""What was last computed of a column, so that operators that share a pass need not know of each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pyarrow as pa

T = TypeVar("T")


class _Last(threading.local):
    """One column a thread. It is held, not only its address: a freed buffer's address would soon be another text's."""

    array: pa.Array | None = None
    key: tuple[Any, ...] = ()
    results: dict[Callable[..., Any], Any] | None = None


_last = _Last()


def _key(array: pa.Array) -> tuple[Any, ...]:
    return (str(array.type), len(array), array.offset, *(0 if b is None else b.address for b in array.buffers()))


def once(compute: Callable[[pa.Array], T], array: pa.Array) -> T:
    """``compute(array)``, or what it returned when this thread last asked for this very slice of the same buffers.

    Keep results small (some numbers a row): they, and the column, stay until the thread turns to another column.

    >>> text = pa.array(["a"], pa.large_string())
    >>> once(pa.Array.to_pylist, text) is once(pa.Array.to_pylist, text)
    True
    """
    key = _key(array)
    if _last.results is None or _last.key != key:
        _last.array, _last.key, _last.results = array, key, {}
    if compute not in _last.results:
        _last.results[compute] = compute(array)
    return cast(T, _last.results[compute])
