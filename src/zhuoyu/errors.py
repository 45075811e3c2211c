"""Every error zhuoyu raises on purpose.

    ZhuoyuError
    ├── SpecError      the recipe, plan or command is wrong       exit 2   HTTP 422
    ├── DataError      the data is wrong                          exit 3   HTTP 409
    ├── OpError        an operator failed                         exit 4   HTTP 500
    ├── MissingExtra   an optional package is not installed       exit 5   HTTP 501
    ├── Denied         the principal may not do this              exit 6   HTTP 403
    └── GateFailed     a gate holds the version                   exit 7   HTTP 409

A message says what was expected, what was found and what to do; the same facts are attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar


class ZhuoyuError(Exception):
    """Base of the tree. ``facts`` hold what the sentence says, for machines.

    >>> SpecError("unknown step 'text.lenght'", fix="write text.length", line=3).facts
    {'line': 3}
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, fix: str = "", **facts: Any) -> None:
        self.message = message
        self.fix = fix
        self.facts = facts
        super().__init__(f"{message}; {fix}" if fix else message)


class SpecError(ZhuoyuError):
    """The recipe, plan or command is wrong: fix what was written."""

    exit_code = 2
    http_status = 422


class DataError(ZhuoyuError):
    """The data is wrong: fix or replace what was read."""

    exit_code = 3
    http_status = 409


class OpError(ZhuoyuError):
    """An operator failed: fix its code or its parameters."""

    exit_code = 4


class MissingExtra(ZhuoyuError):  # noqa: N818  the design's name
    """An optional package is not installed.

    >>> str(MissingExtra.of("ray", "ray"))
    "ray is not installed; run: pip install 'zhuoyu[ray]'"
    """

    exit_code = 5
    http_status = 501

    @classmethod
    def of(cls, package: str, extra: str) -> MissingExtra:
        """The error for PACKAGE that the pip extra EXTRA would bring."""
        return cls(f"{package} is not installed", fix=f"run: pip install 'zhuoyu[{extra}]'", package=package, extra=extra)


class Denied(ZhuoyuError):  # noqa: N818  the design's name
    """The principal may not do this."""

    exit_code = 6
    http_status = 403


class GateFailed(ZhuoyuError):  # noqa: N818  the design's name
    """A gate holds the version."""

    exit_code = 7
    http_status = 409


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause that names the closest known word, or the words there are.

    >>> did_you_mean("text_wrods", ["text_words", "text_chars"])
    "did you mean 'text_words'?"
    """
    names = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return f"known: {shown}" if names else "there is none"
