"""What a figure was measured on, and how a command is timed: as a whole process, several times, the median told."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ZHUOYU = [sys.executable, "-c", "from zhuoyu.cli.main import main; main()"]


@dataclass(frozen=True)
class Timed:
    """One command's figures over its runs; ``peak``: most resident bytes of any one process it started."""

    wall: float
    low: float
    high: float
    cpu: float
    peak: int
    out: str


def facts() -> str:
    """Cores, memory, system, Python."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores, {total:.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def timed(command: list[str], runs: int = 3, **env: str) -> Timed:
    """Run COMMAND RUNS times; medians. CPU seconds and peak memory are those of the command and of its finished children."""
    walls, cpus, peaks, out = [], [], [], ""
    for _ in range(runs):
        with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdout=said, stderr=errors, env={**os.environ, **env})
            _, status, used = os.wait4(process.pid, 0)
            walls.append(time.perf_counter() - begun)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            errors.seek(0)
            out = said.read()
            if process.returncode:
                raise SystemExit(f"{command}: code {process.returncode}\n{out}\n{errors.read()}")
        cpus.append(used.ru_utime + used.ru_stime)
        peaks.append(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    return Timed(statistics.median(walls), min(walls), max(walls), statistics.median(cpus), int(statistics.median(peaks)), out)


def workspace() -> Path:
    """An empty workspace."""
    return Path(tempfile.mkdtemp(prefix="zhuoyu-bench-"))


def last_json(out: str) -> dict:
    """The object a command printed."""
    return json.loads(out.strip().splitlines()[-1])


def record(home: Path, run: str) -> dict:
    """A run's record."""
    from zhuoyu.store import runs
    from zhuoyu.store.database import Store

    store = Store.open(home=home)
    with store.session() as s:
        return dict(runs.get(s, run).record)
