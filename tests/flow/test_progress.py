"""What a user sees while a run goes on: on a terminal of any width, in a log, and with --json."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from flow import walk
from zhuoyu.cli import live

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PACKAGES = ("json", "email", "http", "asyncio", "unittest", "encodings", "idlelib", "multiprocessing", "xml", "concurrent", "importlib")


def message(**more: Any) -> dict[str, Any]:
    """A stage's message as it comes through the pipe."""
    steps = [
        {"index": i, "text": text, "rows": 1_000 - i, "rejected": 1, "seconds": seconds}
        for i, (text, seconds) in enumerate([("text.normalize", 1.0), ("keep: 字数 >= 5 [bold]", 0.0), ("text.language", 3.0)])
    ]
    said = {"kind": "stage", "stage": 0, "stages": 2, "name": "x", "rows": 1_000, "rows_total": None, "bytes": 25_000_000}
    said |= {
        "bytes_total": 100_000_000,
        "share": 0.25,
        "unread": 0,
        "seconds": 5.0,
        "speed": 5e6,
        "left": 15.0,
        "steps": steps,
        "edge": False,
    }
    return said | more


def drawn(width: int, height: int, *said: dict[str, Any]) -> list[str]:
    """The view on a terminal of this size after these messages."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height)
    screen = live.Screen(console)
    for one in said:
        screen(one)
    with console.capture() as got:
        console.print(screen.render())
    return [CONTROL.sub("", line) for line in got.get().splitlines()]


def test_a_stage_has_its_bar_and_each_step_a_line() -> None:
    head, heading, *steps = drawn(120, 30, message())
    for said in ("stage 1 of 2", "25%", "1,000 rows → 997", "25.0 of 100.0 MB", "5.0 MB/s", "0:15 left", "━━━─"):
        assert said in head
    assert heading.split() == ["step", "rows", "in", "→", "kept", "rows/s", "time", "left"]
    assert [s.split() for s in steps] == [
        ["text.normalize", "1,000", "→", "999", "1,000", "25%", "━━──────", "0:04"],
        ["keep:", "字数", ">=", "5", "[bold]", "999", "→", "998", "–", "0%", "────────", "0:00"],
        ["text.language", "998", "→", "997", "333", "75%", "━━━━━━──", "0:11"],
    ]


NAMES = st.text(st.sampled_from("评论abc 😀é\t\n\x1b\x07\u202eא[]/"), min_size=1, max_size=60)


@given(names=st.lists(NAMES, min_size=1, max_size=12), width=st.integers(4, 160), height=st.integers(3, 30), big=st.integers(0, 10**12))
def test_no_name_no_number_and_no_width_breaks_a_line(names: list[str], width: int, height: int, big: int) -> None:
    steps = [{"index": i, "text": n, "rows": big, "rejected": 0, "seconds": float(i)} for i, n in enumerate(names)]
    for said in (
        message(steps=steps, rows=big),
        message(kind="relate", name=names[0], steps=[], rows=big, rows_total=big),
        {"name": f"collect {names[0]}", "files": 3, "files_total": big or None},
        {"name": names[0]},
    ):
        lines = drawn(width, height, said)
        assert len(lines) <= height
        for line in lines:
            assert cell_len(line) <= width
            assert line.isprintable()


def test_with_many_steps_and_few_lines_those_that_take_longest_are_shown() -> None:
    steps = [{"index": i, "text": f"step{i}", "rows": 1, "rejected": 0, "seconds": float(i % 7)} for i in range(30)]
    lines = drawn(100, 10, message(steps=steps))
    assert len(lines) == 9
    assert [line.split()[0] for line in lines[2:-1]] == ["step5", "step6", "step12", "step13", "step20", "step27"]
    assert "24 more steps" in lines[-1]


def test_a_relate_says_that_its_end_is_a_bound_and_counts_down(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(live.time, "monotonic", lambda: now)
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=20)
    screen = live.Screen(console)
    more = {"rows": 400, "rows_total": 1_000, "share": 0.4, "left": 90.0, "bytes_total": None, "speed": None}
    screen(message(kind="relate", name="relate.near_duplicates", steps=[], **more))
    now += 30
    with console.capture() as got:
        console.print(screen.render())
    for said in ("relate.near_duplicates", "400 of at most 1,000 rows compared", "0:30", "≤ 1:00 left"):
        assert said in CONTROL.sub("", got.get())


def test_a_log_gets_a_line_now_and_then_although_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.05)
    lines: list[str] = []
    with live.Plain(lines.append) as follow:
        follow({"name": "collect 评论\x1b[2J", "files": 3, "files_total": 10})
        follow({"name": "write the version"})
        time.sleep(0.5)
    assert lines[0] == "collect 评论 [2J done: 3 files, 0:00"
    assert 3 <= sum(line == "write the version: 0:00" for line in lines) <= 12
    assert lines[-1].startswith("write the version done: ")


def test_a_run_that_stops_says_where() -> None:
    lines: list[str] = []
    follow = live.Plain(lines.append)
    follow.__enter__()
    follow(message())
    follow.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert lines[0].startswith("stage 1 of 2 stopped: 1,000 rows → 997")


def on_terminal(place: walk.Walk, *args: str, columns: int = 110, rows: int = 40) -> tuple[str, str]:
    """Run with standard error on a pseudo-terminal; standard output, and all that came to the terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {k: v for k, v in place.env.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")} | {"TERM": "xterm-256color"}
    command = [sys.executable, "-c", "from zhuoyu.cli.main import main; main()", *args]
    child = subprocess.Popen(
        command, cwd=place.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, start_new_session=True
    )
    os.close(slave)
    seen = bytearray()

    def read() -> None:
        while True:
            try:
                got = os.read(master, 65_536)
            except OSError:  # the terminal's other end is closed
                return
            if not got:
                return
            seen.extend(got)

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = child.communicate(timeout=300)
    reader.join()
    os.close(master)
    assert child.returncode == 0, seen.decode()
    return out.decode(), seen.decode()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> walk.Walk:
    """Enough text that stages take seconds: packages of the standard library, and six vendored copies with a line of their own."""
    made = walk.make(tmp_path_factory.mktemp("progress"), packages=PACKAGES, reviews=8_000, ZHUOYU_SHARD_BYTES="4000000")
    for n in range(6):
        for path in (made.folder / "corpus").glob("*/**/*.py"):
            if not path.is_relative_to(made.folder / "corpus" / "vendored"):
                to = made.folder / f"vendored{n}" / path.relative_to(made.folder / "corpus")
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(path.read_bytes() + b"\n# vendored as copy %d\n" % n)
        shutil.move(made.folder / f"vendored{n}", made.folder / "corpus" / "vendored")
    return made


@pytest.fixture(scope="module")
def watched(place: walk.Walk) -> tuple[str, str, list[dict[str, Any]]]:
    """Standard output, the terminal, and the steps of the record."""
    out, seen = on_terminal(place, "run", "dataset.yaml")
    versions = place.json("versions")["versions"]
    return out, seen, place.record(versions[0]["run"])["steps"]


def frames(seen: str) -> list[str]:
    """Lines as they were drawn, over and over."""
    return [line.rstrip() for line in CONTROL.sub("", seen).replace("\r", "\n").split("\n") if line.strip()]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_on_a_terminal_every_step_is_drawn_while_it_works(watched: tuple[str, str, list[dict[str, Any]]]) -> None:
    _, seen, _ = watched
    assert "\x1b[" in seen
    lines = frames(seen)
    assert max(cell_len(line) for line in lines) <= 110
    growing = [number(m[1]) for line in lines if (m := re.search(r"^  text\.normalize +([0-9,]+) +→ [0-9,]+ .* (?:–|\d:\d\d)$", line))]
    assert len(set(growing)) >= 3, "the same step at several moments"
    assert growing == sorted(growing)
    left = [line for line in lines if re.search(r"stage 1 of 2 .* \d+% .* MB/s .* \d:\d\d left$", line)]
    assert left, "the stage's time left"
    for name in ("write the version", "write the report", "relate.near_duplicates"):
        assert any(re.match(rf"✓ {name}.* \d:\d\d$", line) for line in lines), name


def test_the_last_word_on_each_step_is_what_the_record_says(watched: tuple[str, str, list[dict[str, Any]]]) -> None:
    _, seen, steps = watched
    lines = frames(seen)
    for step in steps:
        if step["kind"] in ("read", "relate"):
            continue
        found = [
            (number(m[1]), number(m[2]))
            for line in lines
            if (m := re.match(rf"  {re.escape(step['text'])} +([0-9,]+) +→ ([0-9,]+) .* [0-9.]+ s$", line))
        ]
        assert found == [(step["rows_in"], step["kept"])], step["text"]
    assert any(line.startswith("  signatures of relate.near_duplicates") for line in lines)


def test_standard_output_is_not_touched_by_the_view(watched: tuple[str, str, list[dict[str, Any]]]) -> None:
    out, _, _ = watched
    assert "\x1b" not in out
    assert "is sealed" in out.splitlines()[0]


def test_with_json_nothing_but_the_object_comes_out(place: walk.Walk) -> None:
    out, seen = on_terminal(place, "run", "dataset.yaml", "--limit", "20", "--json")
    assert json.loads(out)["rows"]["read"] == 40
    assert seen == ""


@pytest.mark.parametrize("force", ["", "1"])
def test_in_a_log_there_are_lines_and_no_control_characters(place: walk.Walk, force: str) -> None:
    more = {"FORCE_COLOR": force} if force else {}
    child = place.popen("run", "dataset.yaml", "--limit", "30", "--fresh", **more)
    _, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    assert all(line.isprintable() for line in err.splitlines())
    assert re.search(r"^stage 1 of 2 done: 60 rows → \d+", err, re.MULTILINE)
    assert re.search(r"^  text\.normalize: \d+ → \d+ rows, [0-9,]+ rows/s, [0-9.]+ s$", err, re.MULTILINE)


def test_a_narrow_terminal_and_a_chinese_source(place: walk.Walk) -> None:
    text = (place.folder / "dataset.yaml").read_text().replace("name: reviews", "name: 中文网络评论数据来源一号")
    (place.folder / "narrow.yaml").write_text(text.replace("dataset: stdlib-text", "dataset: narrow"))
    _, seen = on_terminal(place, "run", "narrow.yaml", "--limit", "500", columns=40, rows=12)
    lines = frames(seen)
    assert max(cell_len(line) for line in lines) <= 40
    assert any("collect 中文网络" in line for line in lines)
    assert any(line.startswith("  text.normalize") for line in lines)
