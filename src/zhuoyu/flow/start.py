"""Start a Run as a child process and follow it. Imports nothing heavy: the command line stays quick."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zhuoyu.errors import DataError, Denied, GateFailed, MissingExtra, OpError, SpecError, ZhuoyuError
from zhuoyu.store import runs
from zhuoyu.store.database import Store

_ERRORS: dict[str, type[ZhuoyuError]] = {
    c.__name__: c for c in (SpecError, DataError, OpError, MissingExtra, Denied, GateFailed, runs.LostLease)
}
Follow = Callable[[dict[str, Any]], None]


class Interrupted(ZhuoyuError):  # noqa: N818  what the user did, not a mistake
    """The user stopped the run; what was committed stays and the next run goes on from there."""

    exit_code = 130


def start(store: Store, kind: str, spec: dict[str, Any], follow: Follow | None = None) -> dict[str, Any]:
    """Do the work of SPEC in a child process; its record.

    A run of the same work that nobody finished is taken up again under its own id.

    Raises:
        ZhuoyuError: what stopped the run, as the class it was raised with.
    """
    digest = runs.digest_of(spec)
    with store.session() as s:
        run_id = runs.unfinished(s, digest) or runs.create(s, kind, spec, digest)
    return follow_child(store.home, run_id, follow)


def follow_child(home: Path, run_id: str, follow: Follow | None = None) -> dict[str, Any]:
    """Run RUN_ID in a child and read what it says until it ends; its stderr goes to ``runs/RUN_ID/log.txt``."""
    log = home / "runs" / run_id / "log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    errors = log.open("a", encoding="utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "zhuoyu.flow.worker", run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    done: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    assert child.stdout is not None
    asked = False
    while True:
        try:
            for line in child.stdout:
                message = _message(line)
                done, error = message.get("done", done), message.get("error", error)
                if follow is not None and "progress" in message:
                    follow(message["progress"])
            code = child.wait()
            break
        except KeyboardInterrupt:
            child.send_signal(signal.SIGKILL if asked else signal.SIGTERM)
            asked = True
    if done is not None:
        return done
    if error is not None and code != Interrupted.exit_code:
        raise _ERRORS.get(error["type"], OpError)(error["message"], **error.get("facts", {}))
    if asked or code == Interrupted.exit_code:
        raise Interrupted("interrupted; nothing half-done counts", fix="run the same command again to go on", run=run_id)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
    said = f"the run's process ended with code {code} and said nothing"
    raise OpError(f"{said}: {tail}" if tail else said, fix="run the same command again to go on", run=run_id)


def _message(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
