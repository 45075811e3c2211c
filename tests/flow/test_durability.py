"""kill -9, Ctrl-C, two processes, a stopped one that wakes late, a full disk: the digest is the same and nothing half-done counts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from flow import walk


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    """A folder of inputs, the digest an undisturbed run gives, and its seconds."""
    folder = tmp_path_factory.mktemp("reference")
    place = walk.make(folder)
    place.json("run", "dataset.yaml")
    begun = time.monotonic()
    said = place.json("run", "dataset.yaml", "--fresh")
    return folder, said["digest"], time.monotonic() - begun


def _place(reference: tuple[Path, str, float], home: Path) -> walk.Walk:
    folder, _, _ = reference
    return walk.Walk(folder, {**os.environ, "ZHUOYU_HOME": str(home), "ZHUOYU_LANGUAGE": "en", "ZHUOYU_SHARD_BYTES": "300000"})


def _whole(place: walk.Walk, expected: str) -> None:
    """After any disturbance one more run gives the expected digest, one sealed version, and nothing orphaned counts."""
    said = place.json("run", "dataset.yaml")
    assert said["digest"] == expected
    versions = place.json("versions")["versions"]
    assert {v["digest"] for v in versions} == {expected}
    assert place.json("verify", said["version"])["status"] == "ok"
    assert place.json("audit", "verify")["ok"] is True


def shard_reference(reference: tuple[Path, str, float], tmp_path: Path) -> str:
    return _place(reference, tmp_path / "plain").json("run", "dataset.yaml")["digest"]


def test_shard_size_does_not_change_the_digest(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    assert shard_reference(reference, tmp_path) == reference[1]


@pytest.mark.parametrize("seed", range(3))
def test_kill_at_random_points_then_the_same_digest(reference: tuple[Path, str, float], tmp_path: Path, seed: int) -> None:
    kill_rounds(reference, tmp_path, random.Random(seed), kills=2)


def kill_rounds(reference: tuple[Path, str, float], tmp_path: Path, rng: random.Random, kills: int) -> None:
    """KILLS kills at random moments of one piece of work, then an undisturbed run."""
    place = _place(reference, tmp_path / "home")
    for _ in range(kills):
        child = place.popen("run", "dataset.yaml", "--json")
        if walk.wait_for_worker(place.home, child) is not None:
            time.sleep(rng.uniform(0, reference[2] * 1.1))
        walk.kill_all(child, place.home)
    _whole(place, reference[1])


def test_ctrl_c_exits_130_and_seals_nothing_half(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    place = _place(reference, tmp_path / "home")
    child = place.popen("run", "dataset.yaml", "--json")
    assert walk.wait_for_worker(place.home, child) is not None
    time.sleep(reference[2] * 0.4)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    assert walk.workers(place.home) == []
    _whole(place, reference[1])


def test_two_processes_want_the_same_run(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    place = _place(reference, tmp_path / "home")
    children = [place.popen("run", "dataset.yaml", "--json") for _ in range(2)]
    codes = []
    for child in children:
        child.communicate(timeout=120)
        codes.append(child.returncode)
    assert 0 in codes
    assert set(codes) <= {0, 3}
    _whole(place, reference[1])


def test_a_stopped_process_that_wakes_late_seals_nothing(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    place = _place(reference, tmp_path / "home")
    slow = place.popen("run", "dataset.yaml", "--json", ZHUOYU_LEASE_SECONDS="1")
    pid = walk.wait_for_worker(place.home, slow)
    assert pid is not None
    time.sleep(reference[2] * 0.4)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1.5)
    said = place.json("run", "dataset.yaml", ZHUOYU_LEASE_SECONDS="1")
    os.kill(pid, signal.SIGCONT)
    slow.communicate(timeout=120)
    assert said["digest"] == reference[1]
    found = place.call("versions", "--json")
    assert found.count('"digest"') == 1
    _whole(place, reference[1])


def test_a_full_disk_is_a_clear_error_and_then_the_run_goes_on(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(home)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    place = _place(reference, home)
    try:
        child = place.popen("run", "dataset.yaml")
        _, said = child.communicate(timeout=120)
        assert child.returncode == 3, said
        assert "disk is full" in said
        assert "Traceback" not in said
        subprocess.run(["mount", "-o", "remount,size=400m", str(home)], check=True)
        _whole(place, reference[1])
    finally:
        subprocess.run(["umount", "-l", str(home)], check=False)


def test_a_source_that_changed_after_it_was_landed_is_caught(tmp_path: Path) -> None:
    place = walk.make(tmp_path, packages=("json",), reviews=5)
    said = place.json("run", "dataset.yaml")
    target = place.folder / "corpus" / "contact.txt"
    target.write_text(target.read_text() + "one more line that was not there\n")
    assert "changed" in place.call("reproduce", said["version"], code=3)


def test_leaving_while_functions_run_is_clean(reference: tuple[Path, str, float], tmp_path: Path) -> None:
    """The forced case: interrupt in mid-run, many times; an abort would show as a negative code or on stderr."""
    place = _place(reference, tmp_path / "home")
    for number in range(4):
        child = place.popen("run", "dataset.yaml", "--fresh", "--json", "--limit", str(5000 + number))
        if walk.wait_for_worker(place.home, child) is not None:
            time.sleep(1.2 + 0.2 * number)
            child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert child.returncode in (0, 130)
        assert "FATAL" not in err
