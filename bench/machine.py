"""What a figure was measured on, and how a command is timed: as a whole process, several times, the median told."""

from __future__ import annotations

import json
import os
import platform
import resource
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
    """One command's figures over its runs."""

    wall: float
    low: float
    high: float
    cpu: float
    out: str


def facts() -> str:
    """Cores, memory, system, Python."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores, {total:.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def timed(command: list[str], runs: int = 3, **env: str) -> Timed:
    """Run COMMAND RUNS times; medians. CPU seconds are those of finished children."""
    walls, cpus, out = [], [], ""
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, check=False)
        walls.append(time.perf_counter() - begun)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode:
            raise SystemExit(f"{command}: code {done.returncode}\n{done.stdout}\n{done.stderr}")
        out = done.stdout
    return Timed(statistics.median(walls), min(walls), max(walls), statistics.median(cpus), out)


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
