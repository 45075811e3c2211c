"""The files under a folder, each once, whatever links lead where."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote


class Found(NamedTuple):
    """A file to land: its uri (the name of the row's source), its address, and its path from the folder that was read."""

    uri: str
    path: str
    relative: str


_PERCENT = re.compile(r"[%?#\s\x00-\x1f\x7f]")
_STRANGE = re.compile("[\udc80-\udcff]")


def plain(text: str) -> str:
    """A path as the rest of a uri: letters of any script stand as they are; what a uri cannot hold is percent-encoded.

    >>> plain("数据/a b.txt")
    '数据/a%20b.txt'
    """
    if text.isascii() and not _PERCENT.search(text):
        return text
    text = _PERCENT.sub(lambda m: quote(m.group(), safe=""), text)
    return _STRANGE.sub(lambda m: f"%{ord(m.group()) - 0xDC00:02X}", text)


def file_uri(path: str) -> str:
    """The ``file://`` uri of an absolute path.

    >>> file_uri("/data/a.txt")
    'file:///data/a.txt'
    """
    return "file://" + plain(path if path.startswith("/") else "/" + path.replace("\\", "/"))


def walk(root: str, prefix: str, wanted: Callable[[str, str], bool], skipped: Counter[str], hidden: bool = False) -> list[Found]:
    """Files under ROOT for which WANTED(relative path, uri) holds; a uri is PREFIX + relative path.

    Every real folder comes before what is reached over links, so a file has its plainest name; a folder reached twice is
    counted as skipped, which ends loops too. A name that begins with a dot is skipped unless HIDDEN. Unreadable folders are
    counted with the reason. Files of any kind are returned: a pipe or a dead link becomes a row with an error.
    """
    out: list[Found] = []
    seen: set[tuple[int, int]] = set()
    folders = [("", root)]
    linked: list[tuple[str, str]] = []
    while folders or linked:
        later = not folders
        inside, path = (linked if later else folders).pop()
        try:
            mark = Path(path).stat()
            entries = sorted(os.scandir(path), key=lambda e: e.name)
        except OSError as error:
            skipped[f"unreadable folder: {error.strerror}"] += 1
            continue
        if (mark.st_dev, mark.st_ino) in seen:
            skipped["folder reached twice over a link"] += 1
            continue
        seen.add((mark.st_dev, mark.st_ino))
        for entry in reversed(entries):
            if entry.name.startswith(".") and not hidden:
                skipped["hidden"] += 1
                continue
            here = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append((here, entry.path))
            elif entry.is_symlink() and _leads_to_folder(entry):
                linked.append((here, entry.path))
            else:
                uri = prefix + plain(here)
                if wanted(here, uri):
                    out.append(Found(uri, entry.path, here))
    return out


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return stat.S_ISDIR(entry.stat().st_mode)
    except OSError:
        # A dead link, or one that goes round in circles: it stays a file and becomes a row with an error.
        return False
