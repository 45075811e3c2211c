"""A run while it goes on: a view that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Self

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

Json = dict[str, Any]
PAUSE = 10.0
"""Seconds between two plain lines of one phase."""
_NAME, _GAP, _BAR, _TITLE = 14, 2, 12, 30
_OTHERS = 4
"""Lines of the view that are no step: the phase, the heading, how many are left out, and one for the cursor."""


def clock(seconds: float | None) -> str:
    """``0:07``, ``12:34``, ``1:02:03``; unknown: ``–``.

    >>> clock(7), clock(754.4), clock(3723), clock(None)
    ('0:07', '12:34', '1:02:03', '–')
    """
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plain(text: str) -> str:
    r"""Text of users on one line, without what a terminal would obey.

    >>> plain("评论\x1b[2J\n集")
    '评论 [2J 集'
    """
    return "".join(c if c.isprintable() else " " for c in text)


def grid(rows: list[list[str]], width: int, drop: tuple[int, ...] = ()) -> list[Text]:
    """Lines of at most WIDTH cells: the first column gives way, the others stand right; too narrow, those in DROP go in that order."""
    texts = [[Text(c) for c in row] for row in rows]
    wide = [max(row[i].cell_len for row in texts) for i in range(len(rows[0]))]
    there = [i for i in range(1, len(wide)) if wide[i]]

    def room() -> int:
        return width - sum(wide[i] + _GAP for i in there)

    for i in drop:
        if room() < min(wide[0], _NAME) and i in there:
            there.remove(i)
    name = max(min(wide[0], room()), 0)
    out = []
    for row in texts:
        line = row[0]
        line.truncate(name, overflow="ellipsis", pad=True)
        for i in there:
            line.append(" " * (_GAP + wide[i] - row[i].cell_len)).append_text(row[i])
        line.truncate(width, overflow="crop")
        out.append(line)
    return out


class Phase:
    """One phase of a run in words, from its newest message."""

    def __init__(self, said: Json) -> None:
        self.key = self.key_of(said)
        self.said = said
        self.begun = self.heard = time.monotonic()
        self.before = said.get("share") or 0.0

    @staticmethod
    def key_of(said: Json) -> tuple[Any, ...]:
        """Equal for messages of one phase."""
        return said.get("kind"), said.get("stage"), said["name"]

    def hear(self, said: Json) -> None:
        """A newer message."""
        self.said, self.heard = said, time.monotonic()

    @property
    def title(self) -> str:
        """What it is called."""
        p = self.said
        return f"stage {p['stage'] + 1} of {p['stages'] or '?'}" if p.get("kind") == "stage" else plain(p["name"])

    @property
    def share(self) -> float | None:
        """The part done, 0 to 1; None where nothing tells, and for a Relate, which may need less than all."""
        p = self.said
        if p.get("files_total"):
            return float(p["files"] / p["files_total"])
        return p.get("share") if p.get("kind") == "stage" and (p["rows_total"] or p["bytes_total"]) else None

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begun

    @property
    def left(self) -> float | None:
        """Seconds that are left, counted down between messages."""
        said = self.said.get("left")
        return None if said is None else max(said - (time.monotonic() - self.heard), 0.0)

    def counts(self, *, done: bool = False) -> str:
        """What there is to count."""
        p = self.said
        if p.get("files_total"):
            files = "file" if p["files_total"] == 1 else "files"
            return f"{p['files']:,} {files}" if done else f"{p['files']:,} of {p['files_total']:,} {files}"
        if p.get("kind") == "relate":
            most = "" if done else "at most "
            return f"{p['rows']:,} of {most}{p['rows_total']:,} rows compared" if p["rows"] else f"{p['rows_total']:,} rows"
        if p.get("kind") != "stage":
            return ""
        lost = sum(s["rejected"] for s in p["steps"]) + p["unread"]
        unread = f", {p['unread']:,} unreadable" if p["unread"] and done else ""
        of = f" of {p['rows_total']:,}" if p["rows_total"] and not done else ""
        return f"{p['rows']:,}{of} rows → {p['rows'] - lost:,}{unread}"

    def size(self) -> str:
        """Bytes done of all."""
        p = self.said
        return f"{p['bytes'] / 1e6:,.1f} of {p['bytes_total'] / 1e6:,.1f} MB" if p.get("bytes_total") else ""

    def speed(self) -> str:
        """Bytes a second."""
        return f"{self.said['speed'] / 1e6:,.1f} MB/s" if self.said.get("speed") else ""

    def ending(self) -> str:
        """How long it will take, as far as that can be said."""
        bound = "≤ " if self.said.get("kind") == "relate" else ""
        return "" if self.left is None else f"{bound}{clock(self.left)} left"

    def steps(self, *, done: bool = False) -> list[tuple[float, list[str]]]:
        """For each step its seconds, and cells: text, rows in → kept, rows/s, share of the time, time left (DONE: spent)."""
        steps = self.said.get("steps") or []
        total = sum(s["seconds"] for s in steps)
        out = []
        for s in steps:
            share = s["seconds"] / total if total else 0.0
            rate = f"{s['rows'] / s['seconds']:,.0f}" if s["seconds"] > 0 and s["rows"] else "–"
            time_ = f"{s['seconds']:.1f} s" if done else clock(None if self.left is None else share * self.left)
            cells = [plain(s["text"]), f"{s['rows']:,}", f"→ {s['rows'] - s['rejected']:,}", rate, f"{share:.0%}", bar(share, 8), time_]
            out.append((s["seconds"], cells))
        return out


HEADING = ["step", "rows in", "→ kept", "rows/s", "time", ""]
"""Above the cells of ``Phase.steps``; the last one is ``left`` or ``spent``."""


def bar(share: float, width: int) -> str:
    """A bar of WIDTH cells.

    >>> bar(0.5, 4)
    '━━──'
    """
    full = round(min(max(share, 0.0), 1.0) * width)
    return "━" * full + "─" * (width - full)


def table(phase: Phase, width: int, most: int | None = None, *, done: bool = False) -> list[Text]:
    """A stage's steps, a line each; of more than MOST those that take longest. Bar, share and rate go first when it is narrow."""
    every = phase.steps(done=done)
    if not every or (most is not None and most < 1):
        return []
    longest = sorted(range(len(every)), key=lambda i: -every[i][0])[:most]
    shown = [every[i] for i in sorted(longest)]
    lines = grid([[*HEADING, "spent" if done else "left"], *(cells for _, cells in shown)], width - 2, (5, 4, 3, 1, 6, 2))
    lines[0].stylize("dim")
    if len(shown) < len(every):
        lines.append(Text(f"… {len(every) - len(shown)} more steps, each of less time"[: width - 2], "dim"))
    return [Text("  ").append_text(line) for line in lines]


class Follower:
    """Hears a run's messages and keeps the phase at work."""

    def __init__(self) -> None:
        self.phase: Phase | None = None
        self.begun = time.monotonic()
        self._lock = threading.RLock()

    def __call__(self, said: Json) -> None:
        """One message."""
        with self._lock:
            if self.phase is not None and self.phase.key == Phase.key_of(said):
                self.phase.hear(said)
                return
            self.over()
            self.phase = Phase(said)

    def over(self, *, stopped: bool = False) -> None:
        """The phase at work is over; nothing may be."""
        with self._lock:
            if self.phase is not None:
                self.leave(self.phase, stopped=stopped)
            self.phase = None

    def leave(self, phase: Phase, *, stopped: bool) -> None:
        """Write down a phase that is over."""
        raise NotImplementedError


class Screen(Follower):
    """The view on a terminal: phases that are over stay above, the one at work is redrawn below them."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self._live = Live(console=console, get_renderable=self.render, refresh_per_second=5, transient=True, redirect_stdout=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.over(stopped=kind is not None)
        self._live.stop()

    def leave(self, phase: Phase, *, stopped: bool) -> None:
        """Above the view, for good."""
        mark = ("■", "yellow") if stopped else ("✓", "green")
        reused = " (by an earlier run)" if phase.before >= 1 else ""
        title = phase.title + reused
        room = min(_TITLE, self._console.width // 3)
        cells = [title + " " * (room - cell_len(title)), phase.counts(done=True), phase.speed(), clock(phase.spent)]
        head = grid([cells], self._console.width - 2, (2, 1, 3))[0]
        steps = table(phase, self._console.width, done=True) if not reused else []
        self._console.print(Text(f"{mark[0]} ", mark[1]).append_text(head), *steps, sep="\n", soft_wrap=True)

    def render(self) -> Group:
        """The phase at work, as it is now."""
        with self._lock:
            phase, width, height = self.phase, self._console.width, self._console.height
            mark = self._spinner.render(time.monotonic())
            mark = mark if isinstance(mark, Text) else Text("*")
            if phase is None:
                return Group(mark.append(f" starting  {clock(time.monotonic() - self.begun)}"))
            share = phase.share
            at_most = phase.said.get("share") if share is None else share
            drawn = bar(at_most, _BAR) if at_most else ""
            cells = [
                phase.title,
                drawn,
                "" if share is None else f"{share:.0%}",
                phase.counts(),
                phase.size(),
                phase.speed(),
                clock(phase.spent),
                phase.ending(),
            ]
            head = grid([cells], width - 2, (1, 4, 6, 3, 5, 2, 7))[0]
            return Group(mark.append(" ").append_text(head), *table(phase, width, height - _OTHERS))


class Plain(Follower):
    """Lines for a log: one every PAUSE seconds and one at the end of each phase; no control characters."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.over(stopped=kind is not None)

    def _tick(self) -> None:
        while not self._stop.wait(PAUSE):
            with self._lock:
                if self.phase is not None:
                    self._say(self._now(self.phase))

    def _now(self, phase: Phase) -> str:
        steps = phase.steps()
        said = [
            f"{phase.share:.0%}" if phase.share is not None else "",
            phase.counts(),
            phase.size(),
            phase.speed(),
            clock(phase.spent),
            phase.ending(),
        ]
        if steps:
            seconds, cells = max(steps, key=lambda one: one[0])
            said.append(f"{cells[4]} of the time in {cells[0][:60]} ({cells[3]} rows/s)" if seconds else "")
        return f"{phase.title[:80]}: " + ", ".join(s for s in said if s)

    def leave(self, phase: Phase, *, stopped: bool) -> None:
        """A line for the phase, and one for each of its steps."""
        said = [phase.counts(done=True), phase.speed(), clock(phase.spent), "by an earlier run" if phase.before >= 1 else ""]
        self._say(f"{phase.title[:80]}{' stopped' if stopped else ' done'}: " + ", ".join(s for s in said if s))
        for _, (name, rows, kept, rate, _, _, spent) in phase.steps(done=True) if phase.before < 1 else []:
            self._say(f"  {name[:100]}: {rows} {kept} rows, {rate} rows/s, {spent}")
