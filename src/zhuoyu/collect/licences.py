"""Under which licence a file came: what the metadata of its package says, as SPDX; null when it does not say."""

from __future__ import annotations

import csv
import json
import re
import sysconfig
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_INSTALLED = re.compile(r"(.*/(?:site|dist)-packages)/(.+)")
_SYSTEM_DOC = re.compile(r"(.*/share/doc/[^/]+)/.+")
_EXPRESSION = re.compile(r"\s+(AND|OR|WITH)\s+|[()]")
_CLASSIFIER = "License :: OSI Approved :: "


@cache
def _data() -> dict[str, Any]:
    said = json.loads(files("zhuoyu.collect").joinpath("licences.json").read_text(encoding="utf-8"))
    said["lower"] = {k.lower(): k for k in said["known"]}
    return dict(said)


def spdx(text: str) -> str | None:
    """A short licence statement as SPDX; null when it is not one we know.

    >>> spdx("Apache 2.0"), spdx("mit"), spdx("MPL-2.0 AND MIT"), spdx("BSD"), spdx("see LICENSE")
    ('Apache-2.0', 'MIT', 'MPL-2.0 AND MIT', None, None)
    """
    text = " ".join(text.split())
    if not text or len(text) > 120:
        return None
    whole = _data()["aliases"].get(text.lower()) or _data()["lower"].get(text.lower())
    if whole:
        return str(whole)
    parts = [p for p in _EXPRESSION.split(text) if p and p not in ("AND", "OR", "WITH")]
    if len(parts) < 2 or not all(p.strip().lower() in _data()["lower"] for p in parts):
        return None
    return text


def debian(text: str) -> str | None:
    """A DEP-5 short name or combination as SPDX; null when a part of it is not one we know.

    >>> debian("GPL-3+"), debian("Expat and BSD-3-clause"), debian("GPL-2+ or Artistic-1"), debian("custom")
    ('GPL-3.0-or-later', 'MIT AND BSD-3-Clause', 'GPL-2.0-or-later OR Artistic-1.0', None)
    """
    out = []
    for word in re.split(r",?\s+(and|or)\s+", text.strip()):
        if word in ("and", "or"):
            out.append(word.upper())
            continue
        known = _data()["debian"].get(word.lower()) or _data()["lower"].get(word.lower())
        if known is None:
            return None
        out.append(known)
    # "A or B and C" binds as SPDX does, but a comma in DEP-5 changes that: leave those to people.
    return None if "," in text and len(set(out[1::2])) > 1 else " ".join(out)


def license_of(path: str) -> str | None:
    """What the metadata around the file at PATH (absolute) says; null: nothing, or nothing clear."""
    installed = _INSTALLED.match(path)
    if installed:
        return _site(installed.group(1)).get(installed.group(2)) or _by_top(installed.group(1), installed.group(2))
    if path.startswith(_stdlib()):
        return "PSF-2.0"
    system = _SYSTEM_DOC.match(path)
    return _copyright(system.group(1)) if system else None


@cache
def _stdlib() -> str:
    return sysconfig.get_path("stdlib").rstrip("/") + "/"


def _by_top(site: str, relative: str) -> str | None:
    return _tops(site).get(relative.split("/", 1)[0])


@cache
def _site(site: str) -> dict[str, str | None]:
    """Every file that a RECORD under SITE lists, with its distribution's licence."""
    out: dict[str, str | None] = {}
    for info in sorted(Path(site).glob("*.dist-info")):
        said = _distribution(info / "METADATA")
        try:
            with (info / "RECORD").open(encoding="utf-8", newline="") as record:
                out.update((row[0], said) for row in csv.reader(record) if row)
        except (OSError, UnicodeDecodeError, csv.Error):
            out[info.name] = said
    return out


@cache
def _tops(site: str) -> dict[str, str | None]:
    """Licences by top-level name: what RECORD does not list (METADATA itself, .egg-info, files made after installing)."""
    out: dict[str, str | None] = {}
    for info in sorted([*Path(site).glob("*.dist-info"), *Path(site).glob("*.egg-info")]):
        meta = info / "METADATA" if info.suffix == ".dist-info" else info / "PKG-INFO" if info.is_dir() else info
        said = _distribution(meta)
        out[info.name] = said
        try:
            tops = (info / "top_level.txt").read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError):
            tops = []
        for top in tops:
            # A name that two distributions share (a namespace) belongs to neither.
            out[top] = said if out.get(top, said) == said else None
    return out


@cache
def _distribution(metadata: Path) -> str | None:
    try:
        with metadata.open("rb") as f:
            return of_metadata(BytesHeaderParser().parse(f))
    except OSError:
        return None


def of_metadata(said: Message) -> str | None:
    """The licence a distribution's metadata states: License-Expression, else License when short, else its one classifier."""
    expression = str(said.get("License-Expression") or "").strip()
    if expression:
        return expression
    stated = spdx(str(said.get("License") or ""))
    if stated:
        return stated
    known = _data()["classifiers"]
    classified = {
        str(c).removeprefix(_CLASSIFIER)
        for c in said.get_all("Classifier", [])
        if str(c).startswith("License :: ") and c != _CLASSIFIER.removesuffix(" :: ")
    }
    # Two classifiers do not say whether both hold or one may be chosen.
    return known.get(next(iter(classified))) if len(classified) == 1 else None


@cache
def _copyright(folder: str) -> str | None:
    """The licence of ``Files: *`` in a machine-readable Debian copyright file (DEP-5)."""
    try:
        text = Path(folder, "copyright").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if not re.match(r"format:\s*\S*copyright-format", text.lstrip(), re.IGNORECASE):
        return None
    for paragraph in re.split(r"\n\s*\n", text):
        fields = {k.lower(): v.strip() for k, v in re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", paragraph, re.MULTILINE)}
        if fields.get("files", "").split() == ["*"] and fields.get("license"):
            return debian(fields["license"])
    return None
