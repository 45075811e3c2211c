"""The page's words, in both languages at once: the reader chooses, a style sheet shows the chosen one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from markupsafe import Markup, escape

from zhuoyu.assess.report import numbers

LANGUAGES = ("en", "zh")
TAGS = {"en": "en", "zh": "zh-Hans"}
_SLOT = re.compile(r"\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same in C, where PyYAML was built with it: 5 ms for our words and not 40."""
_HAN = re.compile(r"[\u3400-\u9fff]")


@cache
def words() -> dict[str, dict[str, str]]:
    """Every entry of ``words.yaml``."""
    said: dict[str, dict[str, str]] = yaml.load(files(__package__).joinpath("words.yaml").read_text("utf-8"), Loader=_LOADER)  # noqa: S506  it is a safe one
    return said


def text(key: str, language: str, **values: Any) -> str:
    """One language's sentence. ``{n|row|rows}`` writes a count with its noun; counts get their separators.

    >>> text("rows_n", "en", n=1), text("rows_n", "en", n=1231), text("rows_n", "zh", n=1231)
    ('1 row', '1,231 rows', '1,231 条')
    """
    return _SLOT.sub(lambda m: _filled(m, language, values), words()[key][language])


def _filled(slot: re.Match[str], language: str, values: dict[str, Any]) -> str:
    value = values[slot[1]]
    value = value(language) if callable(value) else value
    said = numbers.count(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return said if slot[2] is None else f"{said} {slot[2] if value == 1 else slot[3]}"


def both(of: Callable[[str], str], tag: str = "span") -> Markup:
    """What OF says in each language; written once where it is the same."""
    said = {language: of(language) for language in LANGUAGES}
    if said["en"] == said["zh"]:
        return escape(said["en"])
    parts = (Markup('<{0} class="l" lang="{1}">{2}</{0}>').format(tag, TAGS[k], v) for k, v in said.items())
    return Markup("").join(parts)


def t(key: str, **values: Any) -> Markup:
    """The sentence KEY in both languages."""
    return both(lambda language: text(key, language, **values))


def then(key: str, **values: Any) -> Markup:
    """A further sentence of the same paragraph: Chinese sentences follow each other without a space."""
    return both(lambda language: (" " if language == "en" else "") + text(key, language, **values))


def given(pair: dict[str, str] | str | None) -> Markup:
    """A ``{en, zh}`` that came with the facts."""
    if pair is None or isinstance(pair, str):
        return escape(pair or "")
    return both(lambda language: pair.get(language) or pair.get("en") or "")


def lang_of(content: str) -> str:
    """The language a piece of data is marked with, so that the right Han glyphs are chosen.

    >>> lang_of("使用 dpkg 安装"), lang_of("use dpkg")
    ('zh-Hans', 'en')
    """
    return TAGS["zh"] if _HAN.search(content) else TAGS["en"]
