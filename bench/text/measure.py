"""One command measured as a whole: wall, CPU, and the peak memory of its process tree, sampled five times a second."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

CORES = 2
EVERY = 0.2


@dataclass
class Seen:
    """The largest the process tree has been, in bytes. PSS counts a page shared by n processes as 1/n in each; RSS counts it n times."""

    rss: int = 0
    pss: int = 0
    processes: int = 0


def pss(pid: int) -> int:
    """Proportional set size of a process; 0 once it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def watch(pid: int, seen: Seen, done: threading.Event) -> None:
    """Sample until DONE."""
    while not done.wait(EVERY):
        rss = proportional = 0
        try:
            root = psutil.Process(pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in tree:
            try:
                rss += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            proportional += pss(process.pid)
        seen.rss, seen.pss, seen.processes = max(seen.rss, rss), max(seen.pss, proportional), max(seen.processes, len(tree))


def machine_cpu() -> float:
    """CPU seconds the whole machine has worked since it started, time stolen by its host included."""
    spent = psutil.cpu_times()
    return spent.user + spent.nice + spent.system + spent.irq + spent.softirq + spent.steal


def hold_cores() -> None:
    """Keep this process and all it starts to two cores."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))


def warm(paths: list[Path]) -> None:
    """Read files once, so that every tool finds them in the page cache."""
    for path in paths:
        path.read_bytes()


def measure(command: list[str | Path], env: dict[str, str], log: Path, limit: float) -> dict[str, object]:
    """Run COMMAND, output to LOG, killed after LIMIT seconds; its figures.

    ``other_cpu_s`` is what the machine did beside it: not near 0 means the row was taken under load.
    """
    before, busy, begun = resource.getrusage(resource.RUSAGE_CHILDREN), machine_cpu(), time.perf_counter()
    me, seen, done = time.process_time(), Seen(), threading.Event()
    with log.open("wb") as to:
        child = subprocess.Popen(
            [str(c) for c in command],
            stdout=to,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env},
            start_new_session=True,
        )
        watcher = threading.Thread(target=watch, args=(child.pid, seen, done))
        watcher.start()
        try:
            code = child.wait(limit)
        except BaseException as stopped:
            os.killpg(child.pid, signal.SIGKILL)
            code = child.wait()
            if not isinstance(stopped, subprocess.TimeoutExpired):
                raise
        finally:
            done.set()
            watcher.join()
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    other = machine_cpu() - busy - cpu - (time.process_time() - me)
    return {"code": code, "wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "other_cpu_s": round(max(other, 0), 2), **asdict(seen)}
