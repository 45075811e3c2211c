"""The web rule sets by the book: slow, obvious Python that the kernels are compared with. Written from the definitions, with ``re``."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from zhuoyu.kernels import english

FACTS: dict[str, Any] = yaml.safe_load((Path(english.__file__).parent / "english.yaml").read_text(encoding="utf-8"))
EXCEPTIONS = english.exceptions()
KINDS = english.kinds()


def chars_of(flag: int) -> str:
    """A regular-expression class of every code point with FLAG."""
    return "[" + "".join(re.escape(chr(c)) for c in range(0x110000) if KINDS[c] & flag and not 0xD800 <= c < 0xE000) + "]"


LETTER, LOWER, UPPER = (chars_of(f) for f in (english.LETTERS, english.LOWER, english.UPPER))
ICON = chars_of(english.ICON)
MARKS = "[" + re.escape(FACTS["punctuation"] + FACTS["quotes"] + FACTS["dashes"]) + "]"
QUOTE = "[" + re.escape(FACTS["quotes"]) + "]"
UNITS = "|".join(re.escape(u) for u in sorted([*FACTS["units"].split(), *FACTS["currency"], "US$", "C$", "A$"], key=len, reverse=True))
BEFORE_POINT = f"(?:[0-9]|{LOWER}|{MARKS.replace('—–', '')}|[{re.escape(FACTS['point_after'])}])"
PREFIX = re.compile(rf"[{re.escape(FACTS['before'])}]|\+(?![0-9])|{MARKS}|\.\.+|US\$|C\$|A\$|[{re.escape(FACTS['currency'])}]|{ICON}")
SUFFIX = re.compile(rf"(?:\.\.+|['’][sS]|(?<=[0-9])(?:{UNITS})|{MARKS}|{ICON}|(?<=[0-9])\+|(?<={UPPER}{UPPER})\.)$")
POINT = re.compile(BEFORE_POINT + r"\.$")
INFIX = re.compile(
    rf"\.\.+|…|{ICON}|(?<=[0-9])[+\-*^](?=[0-9-])|(?:(?<={LOWER})|(?<={QUOTE}))\.(?={UPPER}|{QUOTE})|(?<={LETTER}),(?={LETTER})"
    rf"|(?:(?<={LETTER})|(?<=[0-9]))(?:-|–|—|--|---|——|~)(?={LETTER})|(?:(?<={LETTER})|(?<=[0-9]))[:<>=/](?={LETTER})"
)
HOST = r"[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff_-]*[A-Za-z0-9\u00a1-\uffff])?"
URL = re.compile(rf"^(?:[\w+\-.]{{2,}}://)?(?:\S+@)?(?:\d+(?:\.\d+){{3}}|(?:{HOST}\.)+(?:{LOWER}){{2,}})(?::\d+)?(?:[/?#]\S*)?$")


def suffix(text: str) -> int:
    found = SUFFIX.search(text)
    if found:
        return len(found.group())
    return 1 if POINT.search(text) else 0


def tokens_of_chunk(text: str) -> list[str]:
    front, back, last = [], [], -1
    while text and len(text) != last and text not in EXCEPTIONS:
        last = len(text)
        found = PREFIX.match(text)
        pre = len(found.group()) if found else 0
        if pre and text[pre:] in EXCEPTIONS:
            front.append(text[:pre])
            text = text[pre:]
            break
        suf = suffix(text[pre:])
        if suf and text[:-suf] in EXCEPTIONS:
            back.append(text[-suf:])
            text = text[:-suf]
            break
        if pre:
            front.append(text[:pre])
        if suf:
            back.append(text[-suf:])
        text = text[pre : len(text) - suf]
    if text in EXCEPTIONS:
        core = EXCEPTIONS[text]
    elif URL.match(text):
        core = [text]
    else:
        core, start = [], 0
        for m in INFIX.finditer(text):
            if m.start() == 0:
                continue
            core += [text[start : m.start()], m.group()]
            start = m.end()
        core.append(text[start:])
    return [t for t in (*front, *core, *back[::-1]) if t]


def tokens(text: str) -> list[str]:
    return [t for chunk in text.split() for t in tokens_of_chunk(chunk)]


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def quality(text: str) -> dict[str, float]:
    """The Gopher quality counts."""
    every = tokens(text)
    words = [t for t in every if any(not KINDS[ord(c)] & english.SIGN for c in t)]
    lines = text.splitlines()
    stops = {"the", "be", "to", "of", "and", "that", "have", "with"}
    return {
        "words": len(words),
        "word_length": share(sum(map(len, words)), len(words)),
        "hash_ratio": share(text.count("#"), len(every)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(every)),
        "bullet_line_share": share(sum(s.lstrip().startswith(("•", "-")) for s in lines), len(lines)),
        "ellipsis_line_share": share(sum(s.rstrip().endswith(("...", "…")) for s in lines), len(lines)),
        "alpha_share": share(sum(any(c.isalpha() for c in t) for t in every), len(every)),
        "stop_words": len(stops & set(every)),
    }


def again(parts: list[str]) -> tuple[int, int]:
    seen: set[str] = set()
    count, size = 0, 0
    for part in parts:
        if part in seen:
            count, size = count + 1, size + len(part)
        seen.add(part)
    return count, size


def repetition(text: str) -> list[float]:
    """The Gopher repetition shares, in the operator's order."""
    if not text:
        return [0.0] * 13
    out = []
    for parts in (re.split(r"\n+", text), re.split(r"\n{2,}", text.strip())):
        count, size = again(parts)
        out += [count / len(parts), size / len(text)]
    every = tokens(text)
    for n in (2, 3, 4):
        grams = Counter(" ".join(every[i : i + n]) for i in range(len(every) - n + 1))
        top, often = grams.most_common(1)[0] if grams else ("", 0)
        out.append(len(top) * often / len(text))
    for n in range(5, 11):
        seen: set[tuple[str, ...]] = set()
        i, size = 0, 0
        while i < len(every) - n + 1:
            gram = tuple(every[i : i + n])
            if gram in seen:
                size, i = size + sum(map(len, gram)), i + n
            else:
                seen.add(gram)
                i += 1
        out.append(size / len(text))
    return out


def fineweb(text: str) -> list[float]:
    """The FineWeb shares, in the operator's order."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return [0.0] * 4
    ended = sum(bool(KINDS[ord(line[-1])] & english.TERMINAL) for line in lines)
    short = sum(len(line) <= 30 for line in lines)
    return [
        ended / len(lines),
        short / len(lines),
        again(lines)[1] / len(text.replace("\n", "")),
        share(text.count("\n"), len(tokens(text))),
    ]


def sentences(line: str) -> int:
    count, ended = 1, False
    for token in tokens(line):
        if len(token) == 1 and KINDS[ord(token)] & english.TERMINAL:
            ended = True
        elif ended and not all(KINDS[ord(c)] & english.MARK for c in token):
            count, ended = count + 1, False
    return count


def lower(text: str) -> str:
    return "".join(chr(ord(c) | 0x20) if "A" <= c <= "Z" else c for c in text)


def c4(text: str) -> tuple[list[Any], str]:
    """The C4 columns, and the text of the lines that stay."""
    policy = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
    count, kept, left, seen, lorem, curly = 0, 0, [], 0, False, False
    for line in text.splitlines():
        line = line.strip()
        seen += bool(line)
        words = line.split()
        if any(len(w) > 1000 for w in words):
            continue
        line = re.sub(r"\[[0-9]*\]|\[edit\]|\[citation needed\]", "", line)
        if not line.endswith((".", "?", "!", '"', "'")) or line.endswith("...") or len(words) < 3:
            continue
        said = lower(line)
        if "lorem ipsum" in said:
            lorem = True
        elif "javascript" in said:
            continue
        elif "{" in line:
            curly = True
        elif any(p in said for p in policy):
            continue
        else:
            count, kept = count + sentences(line), kept + 1
        left.append(line)
    return [count, share(kept, seen), lorem, curly], "\n".join(left).strip()


COUNTER = re.compile(
    r"^\W*[0-9][0-9,.]*[kKmMbB]?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|downloads|views|followers)\W*$",
    re.IGNORECASE | re.ASCII,
)
