"""The page: facts in, one HTML file out, with its own styles and script and nothing else."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from platformdirs import user_cache_path

from zhuoyu import __version__
from zhuoyu.assess.report import charts, numbers, words
from zhuoyu.assess.report.views import View

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Template
    from jinja2.bccache import Bucket

Json = dict[str, Any]


def render(facts: Json) -> str:
    """The report as one self-contained HTML file in both languages.

    FACTS: what ``gather`` gives, and optionally ``language`` (en or zh: which one shows first), ``theme`` (auto, light, dark) and
    ``fingerprint`` (of the workspace's key). A missing part of the facts is a sentence on the page, never an error.
    """
    language = "zh" if str(facts.get("language") or "en").startswith("zh") else "en"
    style, script = _part("tokens.css") + _part("style.css"), _part("script.js")
    page = _template().render(
        v=View(facts),
        facts=facts,
        language=language,
        lang=words.TAGS[language],
        theme=facts.get("theme") or "auto",
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=__version__,
    )
    return page + "\n"


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(source: str) -> str:
    """What a content security policy names an inline part by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _kept() -> BytecodeCache | None:
    """Where the compiled page is kept for the next process, which saves it 0.1 s; None: nowhere.

    Jinja compares the template's digest and Python's version; what else decides about the code, this file and Jinja's version,
    names the folder.
    """
    import jinja2

    class Kept(jinja2.FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            with suppress(OSError):  # a full disk or a folder that was taken away: compiled again next time
                super().dump_bytecode(bucket)

    digest = hashlib.sha256(Path(__file__).read_bytes() + jinja2.__version__.encode()).hexdigest()[:12]
    folder = user_cache_path("zhuoyu", appauthor=False) / "pages" / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return Kept(str(folder))


@cache
def _template() -> Template:
    """The compiled page. Jinja is imported here, since who imports the report does not always make one."""
    from jinja2 import DictLoader, Environment

    env = Environment(
        bytecode_cache=_kept(),
        loader=DictLoader({"page": _part("template.html.j2")}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "t": words.t,
        "then": words.then,
        "text": words.text,
        "given": words.given,
        "both": words.both,
        "lang_of": words.lang_of,
        "count": numbers.count,
        "short": numbers.short,
        "size": numbers.size,
        "middle": numbers.digest,
        "sign": charts.sign,
        "kept_bar": charts.kept_bar,
        "histogram": charts.histogram,
    }
    return env.get_template("page")
