"""Regular expressions of conditions: the part of RE2 that means the same in Rust's engine, and its translation.

RE2's ``\\d \\w \\s \\b`` are ASCII, Rust's are Unicode; inside brackets Rust knows nested sets and ``&& -- ~~``. Both are
written out when a condition goes to Lance. What cannot be written so is refused everywhere.
"""

from __future__ import annotations

from zhuoyu.recipe.position import Fault

_CLASS = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}
_SAME = frozenset("AznrtfvpPx") | frozenset("\\.+*?()|[]{}^$-/!\"#%&',:;<=>@`~ _")


def check_regex(pattern: str, at: int) -> None:
    """Refuse a pattern that RE2 cannot read or that would not mean the same on every backend.

    Raises:
        Fault: where and why.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    to_rust(pattern, at)
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise Fault(
            at, f"not a regular expression: {str(error).split(': ', 1)[-1]}", "write it in RE2 syntax (no look-around, no back-references)"
        ) from None


def to_rust(pattern: str, at: int = 0) -> str:
    """The same expression for Rust's engine.

    >>> to_rust("a\\\\d+[^\\\\w&]")
    'a[0-9]+[^0-9A-Za-z_\\\\&]'
    """
    out, i, inside = [], 0, False
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            i += 1
            out.append(_escape(pattern[i : i + 1], inside, at))
        elif inside:
            if pattern.startswith("[:", i):
                end = pattern.find(":]", i)
                i = end + 1 if end > 0 else i
                out.append(pattern[i - (i - pattern.rfind("[:", 0, i)) : i + 1] if end > 0 else "\\[")
            elif c == "]":
                inside = False
                out.append(c)
            else:
                out.append("\\" + c if c in "[&~" else c)
        else:
            inside = c == "["
            out.append(c)
            if inside:
                i, opened = _open(pattern, i)
                out.append(opened)
        i += 1
    return "".join(out)


def _open(pattern: str, i: int) -> tuple[int, str]:
    """What may follow ``[`` and is then plain: ^ and a first ]."""
    said = ""
    if pattern[i + 1 : i + 2] == "^":
        i, said = i + 1, "^"
    if pattern[i + 1 : i + 2] == "]":
        i, said = i + 1, said + "\\]"
    return i, said


def _escape(c: str, inside: bool, at: int) -> str:
    if c in _CLASS and c:
        return _CLASS[c] if inside else f"[{_CLASS[c]}]"
    if c.lower() in _CLASS and c:
        return f"[^{_CLASS[c.lower()]}]"
    if c == "b" and not inside:
        return r"(?-u:\b)"
    if c and c in _SAME:
        return c if c in "_ !\"%',:;<=>@`/" and c not in "/" else "\\" + c
    raise Fault(
        at,
        f"the escape \\{c} does not mean the same on every backend",
        r"use \d \w \s \b \A \z \n \t \x{…} \p{…} or a backslash before punctuation",
    )
