"""HTML, Markdown, reStructuredText and package metadata as plain text: light, line by line, never raising on broken markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from operator import itemgetter

_BREAK, _SOFT = "\x1e", "\x1f"
"""A block's edge and a line break inside ``<pre>`` while white space is being collapsed; input has neither afterwards."""

_BLOCKS = (
    *("p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"),
    *(
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "form",
        "fieldset",
        "address",
        "details",
        "summary",
        "hr",
        "br",
        "title",
    ),
)


def _any_of(words: Iterable[str]) -> str:
    """A pattern of words in either case as a tree of character sets: ten times as fast as alternatives that ignore case."""
    tails: dict[str, list[str]] = {}
    for word in words:
        tails.setdefault(word[0], []).append(word[1:])
    also = {"i": "\u0130\u0131", "k": "\u212a", "s": "\u017f"}  # what ignoring case would let pass too
    parts = [
        f"[{c}{c.upper()}{also.get(c, '')}]{_any_of(filter(None, t)) if any(t) else ''}{'?' if any(t) and '' in t else ''}"
        for c, t in tails.items()
    ]
    return f"(?:{'|'.join(parts)})"


_EDGE = re.compile(rf"<(?=/?{_any_of(_BLOCKS)}\b|{_any_of(['table'])}\b)")
_CELL = re.compile(r"<(?:(tr\b[^<>]{0,1000}>\s{0,200}<)?t[dh]\b[^<>]{0,1000}>|/table\s{0,9}>)", re.IGNORECASE)
"""Between cells, text would be moved before the table; so a row's edge goes into its first cell."""
_PRE = re.compile(r"</?pre\b", re.IGNORECASE)
_GONE = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea"]
_DEEP = 20_000
"""More opening block tags than this and the tags are cut by pattern: a parse tree that deep may exhaust the stack."""
_TAG = re.compile(r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1\s*>|$)|</?[A-Za-z!?][^<>]*>?", re.IGNORECASE | re.DOTALL)


def from_html(text: str) -> str:
    r"""The text of a page: scripts and styles dropped, blocks on lines of their own, ``<pre>`` as it stands.

    >>> from_html("<p>a <b>b</b><script>x</script><div>c &amp; d")
    'a b\nc & d'
    """
    from selectolax.lexbor import LexborHTMLParser

    marked = text.replace(_BREAK, "").replace(_SOFT, "")
    marked = _CELL.sub(lambda m: m[0] + (_BREAK if m[1] or m[0][1] == "/" else " "), _kept_lines(marked))
    marked = _EDGE.sub(_BREAK + "<", marked)
    if marked.count(_BREAK) > _DEEP and marked.count("</") < marked.count(_BREAK) // 8:
        said = html.unescape(_TAG.sub("", marked))
    else:
        tree = LexborHTMLParser(marked)
        tree.strip_tags(_GONE)
        root = tree.root
        said = root.text(deep=True, separator="", strip=False) if root is not None else ""
    said = _lines(_one_space(said))
    return said.replace(_SOFT, "\n").replace("\xa0", " ").strip("\n ")


def _one_space(text: str) -> str:
    """Every run of ASCII white space as one space."""
    for space in "\t\r\n\f\v":
        text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _lines(text: str) -> str:
    """Edges of blocks, with a space at either side or none, as line breaks: one where several follow each other."""
    first, *rest = text.split(_BREAK)
    if not rest:
        return text
    inner = [part.removeprefix(" ").removesuffix(" ") for part in rest[:-1] if part not in ("", " ")]
    return "\n".join([first.removesuffix(" "), *inner, rest[-1].removeprefix(" ")])


def _kept_lines(text: str) -> str:
    """Line breaks and indentation inside ``<pre>`` in a form that collapsing leaves alone."""
    starts = [m.start() for m in _PRE.finditer(text)]
    parts = [text[a:b] for a, b in pairwise([0, *starts, len(text)])]
    for i, part in enumerate(parts):
        if part[:4].lower() == "<pre":
            tag, _, content = part.partition(">")
            parts[i] = f"{tag}>" + content.replace("\n", _SOFT).replace(" ", "\xa0")
    return "".join(parts)


_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*\2[`~]*[ \t]*(?:\n|\Z)|\Z)", re.MULTILINE | re.DOTALL)
_To = str | Callable[[re.Match[str]], str]
_Rules = tuple[tuple[re.Pattern[str], _To], ...]


def _rules(*pairs: tuple[str, _To]) -> _Rules:
    return tuple((re.compile(pattern, re.MULTILINE), to) for pattern, to in pairs)


def _heading(line: re.Match[str]) -> str:
    """A heading's text without the marks that may close it (``## C# ##``)."""
    said = line[1].rstrip()
    open_end = said.rstrip("#")
    return "\n" + (said if open_end and not open_end[-1].isspace() else open_end.rstrip())


_ONE = itemgetter(1)
"""A replacement: the first group. As a template it would be expanded in Python, match by match."""


def _not_last(line: re.Match[str]) -> str:
    """Nothing in place of a line and its break; of a last line without one, the break before it stays."""
    return "" if line[1] is None else "\n"


_MD: _Rules = _rules(
    (r"<!--(?:[^-]|-(?!->)){0,20000}-->", ""),
    (r"\n[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*\S+[^\n]*(?:(?=\n)|(\Z))", _not_last),
    (r"\n[ \t]{0,3}#{1,6}[ \t]++([^\n]*)$", _heading),
    (r"\n[ \t]{0,3}(?:={3,}+[ \t]*+|-{3,}+[ \t]*+|(?:\*[ \t]*+){3,}+|(?:_[ \t]*+){3,}+)(?=\n)", "\n"),
    (r"\n[ \t]{0,3}\|?[ \t]{0,9}:?-{2,}+:?[ \t]{0,9}\|[-:| \t]*+(?=\n)", ""),
    (r"\n[ \t]{0,3}(?:>[ \t]?)+", "\n"),
    (r"!\[([^\]\n]{0,500})\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\]\n]{0,200}\])", _ONE),
    (r"\[([^\[\]\n]{0,500})\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\]\n]{1,200}\])", _ONE),
    (r"<((?:https?://|mailto:)[^\s<>]{1,1000})>", _ONE),
    (r"</?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>]{0,2000})?/?>", ""),
    (r"(\*(?<![*\w\\]\*)\*{0,2})(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\1(?![*\w])", itemgetter(2)),
    (r"(_(?<![_\w\\]_)_{0,2})(?=[^\s_])([^_\n]{1,500}?)(?<=[^\s_])\1(?![_\w])", itemgetter(2)),
    (r"`(?<!``)([^`\n]{1,500})`(?!`)", _ONE),
    (r"\\([\\`*_{}\[\]()#+.!<>|~-])", _ONE),
)
"""Every pattern begins with a character, which the search then looks for alone: the text begins with a line break of its own."""
_RST: _Rules = _rules(
    (
        r"^[ \t]*\.\. (?:_[^\n]*:|\|[^\n]*\||(?:image|figure|toctree|contents|highlight|include|raw)::)[^\n]*\n"
        r"(?:[ \t]+:[a-z-]+:[^\n]*\n)*",
        "",
    ),
    (r"^[ \t]*\.\. (?:code-block|code|sourcecode|literalinclude|math|parsed-literal|doctest)::[^\n]*\n(?:[ \t]+:[a-z-]+:[^\n]*\n)*", ""),
    (r"^([ \t]*)\.\. ([a-z:-]+)::[ \t]*", _ONE),
    (r"^[ \t]*\.\.(?:[ \t]+[^\n]*)?\n", "\n"),
    (r"^[ \t]*([=\-`:.'\"~^_*+#<>])\1{2,}[ \t]*$\n?", ""),
    (r"^[ \t]*(?:[=-]{2,}[ \t]+)+[=-]{2,}[ \t]*$\n?", ""),
    (r":[a-zA-Z][\w:+.-]{0,40}:`~?!?([^`<\n]{1,300}?)(?:\s*<[^`>\n]{0,500}>)?`", _ONE),
    (r"`([^`<\n]{1,300}?)\s*<[^`>\n]{1,1000}>`__?", _ONE),
    (r"``([^\n]{1,500}?)``", _ONE),
    (r"`(?<![`\w]`)([^`\n]{1,300})`_{0,2}", _ONE),
    (r"(\*(?<![*\w\\]\*)\*?)(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\1(?![*\w])", itemgetter(2)),
    (r"::[ \t]*$", ":"),
)


def _apply(rules: _Rules, text: str) -> str:
    for pattern, to in rules:
        text = pattern.sub(to, text)
    return text


def from_markdown(text: str) -> str:
    r"""Markdown without its markers; the content of code fences is left as it stands.

    >>> from_markdown("# T\n**a** [b](http://c)\n```py\n# x\n```\n")
    'T\na b\n# x\n'
    """
    parts, at = [], 0
    for fence in _FENCE.finditer(text) if "```" in text or "~~~" in text else ():
        parts += [_apply(_MD, "\n" + text[at : fence.start()])[1:], fence[3]]
        at = fence.end()
    return "".join([*parts, _apply(_MD, "\n" + text[at:])[1:]])


def from_rst(text: str) -> str:
    r"""Text in reStructuredText without its markers; directives' bodies stay.

    >>> from_rst("T\n=====\n:func:`a.b` and `x <http://y>`_::\n")
    'T\na.b and x:\n'
    """
    return _apply(_RST, text)


_HEADER = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)++(?:\n|\Z)")
_FOLDED = re.compile(r"^Description:([^\n]*+\n(?:[ \t][^\n]*+\n)*+)", re.MULTILINE)
_FOLD = re.compile(r"^(?:        |[ \t]+)\|?", re.MULTILINE)
_TYPE = re.compile(r"^Description-Content-Type:[ \t]*text/(\S+?)[;\s]", re.MULTILINE | re.IGNORECASE)


def from_metadata(text: str) -> str:
    r"""The description in a package's METADATA: headers removed, its own markup (declared, else rst) removed.

    >>> from_metadata("Metadata-Version: 2.1\nName: a\n\nBody\n")
    'Body\n'
    """
    text = text.replace("\r\n", "\n")
    head = _HEADER.match(text if text.endswith("\n") else text + "\n")
    if not head:
        return text
    body = text[head.end() :]
    if not body.strip():
        folded = _FOLDED.search(head[0])
        body = _FOLD.sub("", folded[1]).lstrip() if folded else ""
    declared = _TYPE.search(head[0])
    readers: dict[str, Callable[[str], str]] = {"markdown": from_markdown, "plain": str}
    return readers.get(declared[1].lower() if declared else "", from_rst)(body)


_IS_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL)
_MD_SIGNS = re.compile(r"^#{1,6} \S|^(?:```|~~~)|\]\(https?://|^\[[^\]\n]+\]: http", re.MULTILINE)
_RST_SIGNS = re.compile(r"^\.\. [a-z_|-][^\n]*:|:[a-z]{2,10}:`|^[^\n]{3,}\n(?:={3,}|-{3,}|~{3,})$|`__?(?:\W|$)", re.MULTILINE)
_PY_SIGNS = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[(:]|#!/)", re.MULTILINE)
_SNIFFED = 20_000


def sniff(text: str) -> str:
    r"""html, metadata, md, rst or txt, from the first 20,000 characters; code and doubt give txt.

    >>> sniff("<!DOCTYPE html><p>"), sniff("a"), sniff("# A\n[b](http://c)")
    ('html', 'txt', 'md')
    """
    start = text[:_SNIFFED]
    if start.startswith("Metadata-Version:"):
        return "metadata"
    if _IS_HTML.match(start[:2000]):
        return "html"
    if len(_PY_SIGNS.findall(start)) >= 3:
        return "txt"
    md, rst = len(_MD_SIGNS.findall(start)), len(_RST_SIGNS.findall(start))
    return "txt" if max(md, rst) < 2 else "md" if md >= rst else "rst"


_READERS: dict[str, Callable[[str], str]] = {
    "html": from_html, "htm": from_html, "xhtml": from_html, "md": from_markdown, "markdown": from_markdown,
    "rst": from_rst, "metadata": from_metadata, "py": str, "txt": str, "license": str, "text": str,
}  # fmt: skip
PLAIN = ("py", "txt", "text", "license")
"""Formats whose text is the content as it stands."""


def to_text(text: str, form: str | None) -> str:
    """TEXT of format FORM without its markup; an unknown or missing format is sniffed."""
    known = _READERS.get((form or "").lower().lstrip("."))
    return known(text) if known else _READERS[sniff(text)](text)
