"""Hours, not minutes: the matrices that `make test` samples. `make soak` runs them."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from flow import walk
from flow.test_durability import _place, kill_rounds, reference  # noqa: F401  reference is a fixture

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("seed", range(100))
def test_kill_at_a_hundred_random_points(reference: tuple[Path, str, float], tmp_path: Path, seed: int) -> None:  # noqa: F811
    kill_rounds(reference, tmp_path, random.Random(1000 + seed), kills=1)


def test_fifty_runs_in_a_row_exit_with_0(tmp_path: Path) -> None:
    place = walk.make(tmp_path, packages=("json",), reviews=50)
    for number in range(50):
        place.json("run", "dataset.yaml", "--fresh", "--limit", str(1000 + number))


def test_twenty_interrupted_runs_exit_with_130(reference: tuple[Path, str, float], tmp_path: Path) -> None:  # noqa: F811
    place = _place(reference, tmp_path / "home")
    codes = []
    for number in range(20):
        child = place.popen("run", "dataset.yaml", "--fresh", "--json", "--limit", str(5000 + number))
        assert walk.wait_for_worker(place.home, child) is not None
        time.sleep(reference[2] * (0.05 + 0.02 * number))
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        codes.append(child.returncode)
    assert codes == [130] * 20, codes
    assert place.call("versions", "--json").count('"digest"') == 0


def test_a_hundred_thousand_tiny_files(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for d in range(100):
        folder = corpus / f"{d:03d}"
        folder.mkdir(parents=True)
        for f in range(1000):
            (folder / f"{f}.txt").write_text(f"file {f} of folder {d} says something short of its own here\n")
    place = walk.make(tmp_path / "w", packages=("json",), reviews=5)
    (place.folder / "many.yaml").write_text(
        f"dataset: many\nmodality: text\nsource:\n  - {{read: {corpus}, basis: {{kind: own, evidence: test}}}}\n"
        "steps:\n  - keep: text_words >= 5\n"
    )
    said = place.json("run", "many.yaml")
    assert said["rows"] == {"read": 100_000, "kept": 100_000, "rejected": 0}
