"""The process of a Run, from its parent's side. Imports nothing heavy, so that it can be started before anything else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

Follow = Callable[[dict[str, Any]], None]
_ARENAS = "4"
"""glibc gives each of a library's many threads an arena of its own, and what lies freed in them counted 160 MB in a run on 300 MB."""


class Child:
    """A worker that waits for the id of its run on standard input, and says what happens on standard output.

    It is started before the parent opens the database: both then load their libraries at once, on two cores.
    """

    def __init__(self) -> None:
        self._working = False
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  as long as the child
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "zhuoyu.flow.worker"],  # -P: no module of the folder one happens to be in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env={"MALLOC_ARENA_MAX": _ARENAS, **os.environ},
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        """A child that was given no run is ended; one that has a run ends when its standard input does."""
        if not self._working:
            self._process.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue
        self._process.wait()
        self._errors.close()

    def work(self, run_id: str, follow: Follow | None) -> tuple[int, dict[str, Any]]:
        """Do the run; the exit code, and what was said last of ``done`` and ``error``. Ctrl-C asks once, then kills."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said: dict[str, Any] = {}
        asked = False
        self._working = True
        try:
            self._process.stdin.write(run_id + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._process.wait(), said
        while True:
            try:
                for line in self._process.stdout:
                    message = _message(line)
                    said |= {k: message[k] for k in ("done", "error") if k in message}
                    if follow is not None and "progress" in message:
                        follow(message["progress"])
                return self._process.wait(), said
            except KeyboardInterrupt:
                self._process.send_signal(signal.SIGKILL if asked else signal.SIGTERM)
                asked = True
                said["interrupted"] = True

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read()[-2000:].strip()


def _message(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
