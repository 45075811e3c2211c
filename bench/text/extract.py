"""Plain text out of the files of documentation packages, cut into documents of 500 to 8,192 bytes at paragraph borders."""

from __future__ import annotations

import gzip
import html
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path

LOW, HIGH = 500, 8192
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
UNSEEN = re.compile(r"<(script|style|head|svg|nav|footer)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
BLOCK = re.compile(
    r"</?(?:p|div|li|[uo]l|d[ltd]|t[rd]|th|table|h[1-6]|section|article|header|blockquote|title|figure|hr)\b[^>]*>|<br\s*/?>", re.IGNORECASE
)
PRE = re.compile(r"(<pre\b[^>]*>.*?</pre\s*>)", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[^>]{0,2000}>")
EMPTY_LINES = re.compile(r"\n{3,}")
MAN_FONT = re.compile(r"\\f(?:\[[^\]]*\]|\(..|.)|\\[&/,c]")
MAN_SIGN = {r"\-": "-", r"\(aq": "'", r"\(lq": '"', r"\(rq": '"', r"\(dq": '"', r"\(bu": "*", r"\(em": "—", r"\e": "\\"}
MAN_TEXT = {"B", "I", "BR", "IR", "RB", "RI", "BI", "IB", "SM", "SB", "Nm", "Fl", "Ar", "Xr", "It", "Nd", "Op", "Cm", "Pa", "Sx", "Dv"}
MAN_HEAD, MAN_BREAK = {"SH", "SS", "Sh", "Ss"}, {"PP", "P", "LP", "TP", "IP", "Pp", "sp"}
PLAIN = {".txt", ".rst", ".pod", ".md", ".el", ".text"}
NAMED = ("copyright", "NEWS", "README", "changelog", "TODO", "AUTHORS", "FAQ")


def kind(path: Path) -> str:
    """What a file is, by its name; empty: nothing with text for us."""
    name = path.name.removesuffix(".gz")
    ending = Path(name).suffix.lower()
    if "man" in path.parts and re.search(r"\.\d\w*$", name):
        return "man"
    if ending in {".html", ".htm", ".xhtml", ".page"}:
        return "html"
    if "fortunes" in path.parts and ending not in {".dat", ".u8"}:
        return "fortune"
    plain = ending in PLAIN or name.startswith(NAMED) or name.endswith(".dict.dz") or name == "bible.rawtext"
    return "plain" if plain else ""


def decode(raw: bytes) -> str:
    """UTF-8, else GB 18030, else Latin-1."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def from_html(page: str) -> str:
    """Visible text; block elements become line breaks, ``pre`` keeps its own."""
    page = UNSEEN.sub(" ", COMMENT.sub(" ", page))
    parts = [
        "\n" + TAG.sub("", part) + "\n" if odd % 2 else TAG.sub("", BLOCK.sub("\n", part.replace("\n", " ")))
        for odd, part in enumerate(PRE.split(page))
    ]
    lines = html.unescape("".join(parts)).replace("\xa0", " ").split("\n")
    tidy = "\n".join(line.rstrip() if line.startswith("    ") else re.sub(r"[ \t]+", " ", line).strip() for line in lines)
    return EMPTY_LINES.sub("\n\n", tidy).strip()


def from_man(page: str) -> str:
    """Text of a manual page: macros that set words keep them, headings and paragraphs become breaks, the rest goes."""
    out = []
    for line in page.split("\n"):
        macro = re.match(r"[.']\s*([A-Za-z]+)\s*(.*)", line)
        if not line.startswith((".", "'")):
            out.append(line)
        elif macro and macro[1] in MAN_HEAD:
            out.append("\n" + macro[2].strip('"'))
        elif macro and macro[1] in MAN_BREAK:
            out.append("\n" + (macro[2].strip('"') if macro[1] == "IP" else ""))
        elif macro and macro[1] in MAN_TEXT:
            out.append(macro[2].replace('"', ""))
    text = MAN_FONT.sub("", "\n".join(out))
    for sign, to in MAN_SIGN.items():
        text = text.replace(sign, to)
    return EMPTY_LINES.sub("\n\n", re.sub(r"\\\(..|\\\[[^\]]{1,6}\]", "", text)).strip()


def from_fortune(text: str) -> str:
    """Sayings apart by an empty line, terminal colours gone."""
    return re.sub(r"\n%\n", "\n\n", re.sub(r"\x1b\[[0-9;]*m", "", text))


READERS = {"html": from_html, "man": from_man, "fortune": from_fortune, "plain": lambda text: text.replace("\r\n", "\n")}


def text_of(path: Path, what: str) -> str:
    """The file's text without NUL; empty when it cannot be unpacked."""
    raw = path.read_bytes()[:20_000_000]
    if path.suffix in {".gz", ".dz"}:
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError):
            return ""
    return READERS[what](decode(raw)).replace("\x00", "")


def size(text: str) -> int:
    return len(text.encode("utf-8", "ignore"))


def pieces(paragraph: str) -> list[str]:
    """The paragraph, or about 4,000-byte slices of one that is too long for a document."""
    long = size(paragraph)
    step = max(1, len(paragraph) * 4000 // long) if long > HIGH else len(paragraph) or 1
    return [paragraph[i : i + step] for i in range(0, len(paragraph) or 1, step)]


def documents(text: str, rnd: random.Random) -> Iterator[str]:
    """The text whole (7 in 10 that fit) or cut; the wanted length is log-uniform in 700 to 7,000 bytes."""

    def wanted() -> int:
        return int(math.exp(rnd.uniform(math.log(700), math.log(7000))))

    whole = size(text)
    if whole < LOW:
        return
    if whole <= HIGH and rnd.random() < 0.7:
        yield text
        return
    paragraphs = re.split(r"\n\s*\n", text)
    if len(paragraphs) < whole / 4000:
        paragraphs = text.split("\n")
    held: list[str] = []
    have, until = 0, wanted()
    for piece in (p for paragraph in paragraphs for p in pieces(paragraph)):
        more = size(piece) + 2
        if have and (have + more > HIGH or have >= until):
            if have >= LOW:
                yield "\n\n".join(held)
            held, have, until = [], 0, wanted()
        held.append(piece)
        have += more
    if have >= LOW:
        yield "\n\n".join(held)
