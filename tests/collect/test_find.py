"""What a recipe names is found, once each, whatever lies in the way; what is passed over is counted."""

from __future__ import annotations

import json.decoder
import os
import socket
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from collect.landing import Bench
from zhuoyu.collect import walk
from zhuoyu.errors import DataError, MissingExtra, SpecError


def names(rows: list[dict]) -> list[str]:
    return [r["_origin"]["uri"].rsplit("/", 1)[-1] for r in rows]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.md", ["a.md"]),
        ("**/*.md", ["a.md", "b.md", "c.md"]),
        ("d/**/*.{md,txt}", ["b.md", "c.md", "t.txt"]),
        ("d/?.md", ["b.md"]),
        ("{a,d/[bx]}.md", ["a.md", "b.md"]),
        ("d", ["b.md", "c.md", "t.txt"]),
        ("d/e/c.md", ["c.md"]),
        ("d/**", ["b.md", "c.md", "t.txt"]),
        ("**/.h/*.md", ["hidden.md"]),
    ],
)
def test_patterns(bench, pattern, found):
    for name in ("a.md", "d/b.md", "d/e/c.md", "d/t.txt", "d/.h/hidden.md"):
        bench.write(name, name)
    assert sorted(names(bench.read(pattern))) == found
    absolute = bench.read(str(bench.src / pattern))
    assert sorted(names(absolute)) == found
    assert {r["_id"] for r in absolute} == {r["_id"] for r in bench.read(pattern)}


def test_file_uris_and_odd_names(bench):
    bench.write("a b%.txt", "1")
    bench.write("说明#1.txt", "2")
    bench.write("[x].txt", "3")
    (bench.src / os.fsdecode(b"\xff.txt")).write_bytes(b"4")
    rows = bench.read()
    assert sorted(r["text"] for r in rows) == list("1234")
    assert {"a%20b%25.txt", "说明%231.txt", "[x].txt", "%FF.txt"} == set(names(rows))
    assert [r["text"] for r in bench.read(f"file://{bench.src}/a%20b%25.txt")] == ["1"]
    assert [r["text"] for r in bench.read("[x].txt")] == ["3"], "a name that is there is not a pattern"


def test_include_exclude_and_two_patterns_for_one_file(bench):
    for name in ("a.md", "b.txt", "sub/c.md", "sub/d.md"):
        bench.write(name, name)
    assert names(bench.read(include=["*.md"])) == ["a.md", "c.md", "d.md"]
    landed = bench.land(include=["*.md"], exclude=["sub/d*"])
    assert (landed.files, landed.skipped) == (2, {"excluded": 1})
    assert bench.land("**/*.md", "a*", "a.md").files == 3


def test_nothing_to_read_says_what_was_looked_for(bench):
    bench.write("a.md", "x")
    with pytest.raises(DataError, match=r"found no file for \*\.csv"):
        bench.land("*.csv")
    with pytest.raises(DataError, match=r"expected a file or folder at .*nothere"):
        bench.land("nothere", "*.md")
    landed = bench.land("*.csv", "nothere", missing="skip")
    assert (landed.files, landed.rows) == (0, 0)
    assert landed.skipped == {"nothing matches *.csv": 1, "nothing matches nothere": 1}
    assert bench.rows(landed).num_rows == 0
    assert bench.land("*.csv", "*.md").skipped == {"nothing matches *.csv": 1}


@pytest.mark.parametrize("uri", ["s3://bucket/key", "https://example.org/a.jsonl", "postgresql://h/db"])
def test_other_schemes_are_named(bench, uri):
    with pytest.raises(SpecError, match=uri.split("://")[0] + ":// is not readable yet"):
        bench.land(uri)


@pytest.mark.parametrize("pattern", ["a{b,c.md", "[abc"])
def test_broken_patterns(bench, pattern):
    with pytest.raises(SpecError, match="does not close it"):
        bench.land(pattern)


def test_link_loops_end(bench):
    bench.write("d/a.txt", "x")
    (bench.src / "d/up").symlink_to(bench.src)
    (bench.src / "again").symlink_to(bench.src / "d")
    (bench.src / "d/self").symlink_to(bench.src / "d/self")
    landed = bench.land()
    assert landed.skipped == {"folder reached twice over a link": 2}
    rows = bench.rows(landed).to_pylist()
    assert names(rows) == ["a.txt", "self"]
    assert [r["_error"] for r in rows] == [None, "unreadable: Too many levels of symbolic links"]


def test_a_linked_folder_is_read_once(bench, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/x.txt").write_text("far")
    (bench.src / "link").symlink_to(tmp_path / "far")
    (bench.src / "link2").symlink_to(tmp_path / "far")
    landed = bench.land()
    assert (landed.files, landed.skipped) == (1, {"folder reached twice over a link": 1})


def test_what_is_no_file_is_a_row_with_an_error_and_never_blocks(bench):
    bench.write("a.txt", "fine")
    os.mkfifo(bench.src / "b.fifo")
    (bench.src / "c.link").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as s:
        here = Path.cwd()
        os.chdir(bench.src)  # a socket's path may only be about 100 bytes long
        try:
            s.bind("d.sock")
        finally:
            os.chdir(here)
        (bench.src / "e.device").symlink_to("/dev/zero")
        landed = bench.land()
        rows = bench.rows(landed).to_pylist()
    assert landed.rows == landed.files == 5
    assert [(r["text"], r["_error"]) for r in rows] == [
        ("fine", None),
        (None, "not a file: a pipe"),
        (None, "unreadable: a link to a file that is not there"),
        (None, "not a file: a socket"),
        (None, "not a file: a device"),
    ]


def test_what_has_no_size_is_a_row_with_an_error(bench):
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc here")
    (row,) = bench.read("/proc/self/status")
    assert row["_error"].startswith("unreadable: 0 bytes by its size, ")


def test_a_folder_removed_meanwhile_is_counted(bench, monkeypatch):
    bench.write("a.txt", "x")
    bench.write("gone/b.txt", "x")
    real = os.scandir

    def scandir(path):
        entries = list(real(path))
        if Path(path) == bench.src:
            (bench.src / "gone/b.txt").unlink()
            (bench.src / "gone").rmdir()
        return iter(entries)

    monkeypatch.setattr(walk.os, "scandir", scandir)
    assert bench.land().skipped == {"unreadable folder: No such file or directory": 1}


@contextmanager
def nobody() -> Iterator[None]:
    """Not root for a while: root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_what_may_not_be_read():
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.batches.mkdir()
        bench.write("c.txt", "fine")
        bench.land()  # loads every module, which nobody may not read here
        bench.write("a.txt", "x").chmod(0)
        bench.write("d/b.txt", "x")
        (bench.src / "d").chmod(0)
        Path(folder).chmod(0o755)
        bench.batches.chmod(0o777)
        try:
            with nobody():
                landed = bench.land()
                rows = bench.rows(landed).to_pylist()
        finally:
            (bench.src / "d").chmod(0o755)
    assert landed.skipped == {"unreadable folder: Permission denied": 1}
    assert [(r["text"], r["_error"]) for r in rows] == [(None, "unreadable: Permission denied"), ("fine", None)]


def test_the_standard_library_by_its_logical_name(bench):
    (row,) = bench.read("stdlib://json/decoder.py", license="from_metadata")
    assert row["text"] == Path(json.decoder.__file__).read_text(encoding="utf-8")
    assert (row["_origin"]["uri"], row["_license"]) == ("stdlib://json/decoder.py", "PSF-2.0")
    found = bench.land("stdlib://**/*.txt")
    assert found.files > 5
    assert not [e.uri for e in bench.batch(found).entries if "-packages/" in e.uri.split("/test/")[0]]


def test_site_packages_and_packages(bench):
    (a,) = bench.read("site-packages://numpy/__init__.py", license="from_metadata")
    (b,) = bench.read("package://numpy/__init__.py", license="from_metadata")
    assert a["text"] == b["text"] == Path(sysconfig.get_path("purelib"), "numpy/__init__.py").read_text(encoding="utf-8")
    assert (a["_origin"]["uri"], b["_origin"]["uri"]) == ("site-packages://numpy/__init__.py", "package://numpy/__init__.py")
    assert a["_license"] == b["_license"]
    assert a["_license"].startswith("BSD-3-Clause")


def test_a_package_by_its_distribution_name(bench):
    (row,) = bench.read("package://typing-inspection/introspection.py")
    assert row["_origin"]["uri"] == "package://typing-inspection/introspection.py"


def test_a_missing_package_says_how_to_get_it(bench):
    with pytest.raises(MissingExtra, match="run: pip install not-there-at-all"):
        bench.land("package://not-there-at-all/*.txt")
    assert bench.land("package://not-there-at-all/*.txt", missing="skip").files == 0
