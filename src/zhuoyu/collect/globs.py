"""File patterns: ``*`` and ``?`` within a name, ``**`` across folders, ``[abc]``, and alternatives in braces."""

from __future__ import annotations

import re
from functools import lru_cache

from zhuoyu.errors import SpecError

_MAGIC = re.compile(r"[*?\[{]")


def is_pattern(text: str) -> bool:
    """True when TEXT is more than a plain path.

    >>> is_pattern("docs/*.md"), is_pattern("docs/a.md")
    (True, False)
    """
    return bool(_MAGIC.search(text))


def split(pattern: str) -> tuple[str, str]:
    """The folder a pattern starts from (no magic in it) and the rest.

    >>> split("/data/docs/**/*.md"), split("*.md")
    (('/data/docs', '**/*.md'), ('', '*.md'))
    """
    found = _MAGIC.search(pattern)
    if found is None:
        return pattern, ""
    cut = pattern.rfind("/", 0, found.start())
    return (pattern[:cut] or "/", pattern[cut + 1 :]) if cut >= 0 else ("", pattern)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over a whole relative path.

    Raises:
        SpecError: a brace or bracket is not closed.

    >>> bool(compiled("**/*.{py,md}").fullmatch("a/b/c.md")), bool(compiled("*.md").fullmatch("a/c.md"))
    (True, False)
    """
    return re.compile(_regex(pattern, pattern), re.DOTALL)


def matches(patterns: tuple[str, ...], relative: str, uri: str) -> bool:
    """Whether a file matches one of PATTERNS: by its name, by its path from the folder that was read when the pattern has a
    ``/``, or by its whole path or uri when the pattern starts with one.

    >>> matches(("*.md",), "a/b.md", "file:///x/a/b.md"), matches(("a/*.md",), "a/b.md", "file:///x/a/b.md")
    (True, True)
    """
    for pattern in patterns:
        if "://" in pattern:
            against = uri
        elif pattern.startswith("/"):
            against = uri.removeprefix("file://")
        elif "/" in pattern:
            against = relative
        else:
            against = relative.rsplit("/", 1)[-1]
        if compiled(pattern).fullmatch(against):
            return True
    return False


def _regex(pattern: str, whole: str) -> str:
    out, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if pattern.startswith("**/", i) and (i == 0 or pattern[i - 1] == "/"):
            out.append("(?:.*/)?")
            i += 3
        elif pattern.startswith("**", i):
            out.append(".*")
            i += 2
        elif c == "[":
            said, i = _set(pattern, i, whole)
            out.append(said)
        elif c == "{":
            parts, i = _braces(pattern, i, whole)
            out.append("(?:" + "|".join(_regex(p, whole) for p in parts) + ")")
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(c) or re.escape(c))
            i += 1
    return "".join(out)


def _set(pattern: str, at: int, whole: str) -> tuple[str, int]:
    end = pattern.find("]", at + 2)
    if end < 0:
        raise _unclosed("[", whole)
    inside = pattern[at + 1 : end].replace("\\", "\\\\")
    if inside[0] in "!^":
        inside = "^/" + inside[1:]
    return f"[{inside}]", end + 1


def _braces(pattern: str, at: int, whole: str) -> tuple[list[str], int]:
    depth, begin = 0, at + 1
    parts: list[str] = []
    for i in range(at, len(pattern)):
        if pattern[i] == "{":
            depth += 1
        elif pattern[i] == "}":
            depth -= 1
            if depth == 0:
                return [*parts, pattern[begin:i]], i + 1
        elif pattern[i] == "," and depth == 1:
            parts.append(pattern[begin:i])
            begin = i + 1
    raise _unclosed("{", whole)


def _unclosed(sign: str, pattern: str) -> SpecError:
    return SpecError(f"the pattern {pattern!r} opens {sign!r} and does not close it", fix="close it, or leave it out", pattern=pattern)
