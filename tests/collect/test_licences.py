"""The licence of a file is what the metadata of its package says, and null when that is nothing or not clear."""

from __future__ import annotations

from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

from zhuoyu.collect import licences


def said(*fields: tuple[str, str]) -> Message:
    message = Message()
    for name, value in fields:
        message[name] = value
    return message


OSI = "License :: OSI Approved :: "


@pytest.mark.parametrize(
    ("fields", "spdx"),
    [
        ([("License-Expression", "Apache-2.0 OR BSD-3-Clause"), ("License", "MIT")], "Apache-2.0 OR BSD-3-Clause"),
        ([("License", "MIT")], "MIT"),
        ([("License", "BSD 3-Clause"), ("Classifier", OSI + "MIT License")], "BSD-3-Clause"),
        ([("License", "UNKNOWN"), ("Classifier", OSI + "MIT License")], "MIT"),
        ([("License", "Copyright (c) 2020 " + "long text " * 40), ("Classifier", OSI + "ISC License (ISCL)")], "ISC"),
        ([("Classifier", OSI + "GNU General Public License v3 or later (GPLv3+)")], "GPL-3.0-or-later"),
        ([("Classifier", "License :: OSI Approved"), ("Classifier", OSI + "MIT License")], "MIT"),
        ([("Classifier", OSI + "BSD License")], None),
        ([("Classifier", OSI + "Apache Software License")], None),
        ([("Classifier", OSI + "MIT License"), ("Classifier", OSI + "ISC License (ISCL)")], None),
        ([("License", "see LICENSE")], None),
        ([], None),
    ],
)
def test_metadata(fields, spdx):
    assert licences.of_metadata(said(*fields)) == spdx


def test_every_file_of_installed_distributions_has_its_own_licence(bench):
    landed = bench.land("site-packages://**/METADATA", license="from_metadata")
    entries = bench.batch(landed).entries
    checked = 0
    for entry in entries:
        info = entry.uri.removeprefix("site-packages://").split("/")[0]
        if not info.endswith(".dist-info"):
            continue
        about = metadata.PathDistribution(Path(entry.path).parent).metadata
        if about.get("License-Expression"):
            assert entry.license == about["License-Expression"]
            checked += 1
    assert checked > 10
    assert sum(landed.licenses.values()) == landed.files


def test_egg_info_and_a_shared_name(bench, tmp_path):
    site = tmp_path / "site-packages"
    for name, license in (("one", "MIT"), ("two", "ISC")):
        info = site / f"{name}-1.egg-info"
        info.mkdir(parents=True)
        (info / "PKG-INFO").write_text(f"Metadata-Version: 1.0\nName: {name}\nLicense: {license}\n")
        (info / "top_level.txt").write_text(f"{name}\nshared\n")
        (site / name).mkdir()
        (site / name / "a.py").write_text("x")
    (site / "shared").mkdir()
    (site / "shared/a.py").write_text("x")
    landed = bench.land(str(site), include=["*.py"], license="from_metadata")
    assert landed.licenses == {"ISC": 1, "MIT": 1, "unknown": 1}


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        (
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: GPL-2+\n",
            "GPL-2.0-or-later",
        ),
        (
            "Format: http://www.debian.org/doc/copyright-format/1.0\n\nFiles: debian/*\nLicense: MIT\n\n"
            "Files: *\nLicense: Expat or GPL-3\n text\n",
            "MIT OR GPL-3.0-only",
        ),
        ("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: custom-thing\n", None),
        ("This package is under the MIT licence, more or less.\n", None),
    ],
)
def test_system_documentation(bench, tmp_path, text, spdx):
    doc = tmp_path / "share/doc/pkg"
    doc.mkdir(parents=True)
    (doc / "copyright").write_text(text)
    (doc / "README").write_text("read me")
    landed = bench.land(str(doc), license="from_metadata")
    assert landed.licenses == {spdx or "unknown": 2}


def test_a_declared_licence_is_for_every_file_and_none_is_unknown(bench):
    bench.write("a.txt", "x")
    assert bench.land(license="CC-BY-4.0").licenses == {"CC-BY-4.0": 1}
    assert bench.land().licenses == {"unknown": 1}
    assert bench.land(license="from_metadata").licenses == {"unknown": 1}
