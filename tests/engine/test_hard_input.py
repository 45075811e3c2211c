"""Input that breaks others: a line of 200 MB, tiny files, loops, what cannot be read. A clear error or a rejected row, flat memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow import walk


def _recipe(place: walk.Walk, read: str, *more: str) -> dict:
    lines = ["dataset: hard", "modality: text", "source:", f"  - read: {read}", "    basis: {kind: own, evidence: test}", *more]
    (place.folder / "hard.yaml").write_text("\n".join([*lines, "steps:", "  - keep: text_words >= 1", "    because: nothing said", ""]))
    return place.json("run", "hard.yaml")


@pytest.fixture
def place(tmp_path: Path) -> walk.Walk:
    return walk.make(tmp_path, packages=("json",), reviews=5)


def test_a_line_of_200_mb_is_rejected_by_the_reader_in_bounded_memory(place: walk.Walk) -> None:
    with (place.folder / "long.txt").open("wb") as f:
        f.write(b"a first line\n")
        for _ in range(200):
            f.write(b"x" * 1_000_000)
        f.write(b"\nthe last line\n")
    said = _recipe(place, "long.txt", "    as: lines")
    record = place.record(said["run"])
    assert said["rows"] == {"read": 3, "kept": 2, "rejected": 1}
    assert any("max_row_bytes" in reason for reason in record["steps"][0]["reasons"])
    assert record["peak_bytes"] < 1_300_000_000


def test_many_tiny_files(place: walk.Walk) -> None:
    many = place.folder / "many"
    many.mkdir()
    for i in range(3_000):
        (many / f"{i}.txt").write_text(f"number {i}")
    assert _recipe(place, "many")["rows"] == {"read": 3_000, "kept": 3_000, "rejected": 0}


def test_symlink_loops_dangling_links_and_pipes_do_not_hang_and_are_told(place: walk.Walk) -> None:
    import os

    odd = place.folder / "odd"
    (odd / "sub").mkdir(parents=True)
    (odd / "sub" / "loop").symlink_to(odd)
    (odd / "dangling.txt").symlink_to(odd / "nowhere.txt")
    os.mkfifo(odd / "pipe.txt")
    (odd / "good.txt").write_text("something is said here")
    said = _recipe(place, "odd")
    assert said["rows"]["kept"] == 1
    record = place.record(said["run"])
    told = sum(record["batches"][0]["skipped"].values()) + said["rows"]["rejected"]
    assert told >= 2


def test_nothing_to_read_is_an_error_that_says_where_it_looked(place: walk.Walk) -> None:
    (place.folder / "none").mkdir()
    (place.folder / "hard.yaml").write_text("dataset: hard\nmodality: text\nsource:\n  - read: none/*.txt\nsteps: []\n")
    assert "none/*.txt" in place.call("run", "hard.yaml", code=3)


def test_a_row_an_operator_fails_on_is_rejected_and_too_many_fail_the_run(place: walk.Walk, tmp_path: Path) -> None:
    package = tmp_path / "lib"
    package.mkdir()
    (package / "acme_ops.py").write_text(
        "import pyarrow as pa\nfrom zhuoyu.op import Column, Measure\nfrom zhuoyu.units import Count\n\n"
        "class Touchy(Measure):\n    '''Fails on a word.'''\n    version = 1\n    writes = (Column('touchy', pa.int64(), Count, 'x'),)\n"
        "    def run(self, text):\n        if any('BOOM' in (t or '') for t in text.to_pylist()):\n            raise ValueError('boom')\n"
        "        return [pa.array([len(t or '') for t in text.to_pylist()], pa.int64())]\n"
    )
    info = package / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zhuoyu.ops]\nacme.touchy = acme_ops:Touchy\n")
    lines = [f"line {i} of the text" for i in range(300)]
    lines[7] = "BOOM"
    (place.folder / "lines.txt").write_text("\n".join(lines) + "\n")
    text = (
        "dataset: touchy\nmodality: text\nsource:\n  - {read: lines.txt, as: lines}\nsteps:\n  - acme.touchy\n  - keep: text_touchy >= 1\n"
    )
    (place.folder / "touchy.yaml").write_text(text)
    said = place.json("run", "touchy.yaml", PYTHONPATH=str(package))
    assert said["rows"] == {"read": 300, "kept": 299, "rejected": 1}
    (place.folder / "strict.yaml").write_text(text.replace("dataset: touchy", "dataset: strict\nmax_error_rate: 0.001"))
    assert "max_error_rate" in place.call("run", "strict.yaml", code=3, PYTHONPATH=str(package))
