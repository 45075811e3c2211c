"""One Run in this process: lease, heartbeat, one job, one exit code."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
import traceback
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from zhuoyu.errors import ZhuoyuError
from zhuoyu.flow.dataset import build_dataset
from zhuoyu.settings import settings
from zhuoyu.store import runs
from zhuoyu.store.database import Store

_INTERRUPTED = 130


class Stopped(BaseException):
    """The user, or the death of the parent, asked this run to stop. Not an Exception: nothing may swallow it."""


class Job:
    """One Run in this process."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.stop = threading.Event()
        self.lost: ZhuoyuError | None = None
        self._said = 0.0

    def say(self, **message: Any) -> None:
        """One JSON line to whoever started this process; a closed pipe asks to stop."""
        try:
            sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            self.stop.set()

    def watch(self, progress: dict[str, Any], *, always: bool = False) -> None:
        """Say how far the run is, at most five times a second; stop here if asked to."""
        if self.lost is not None:
            raise self.lost
        if self.stop.is_set():
            raise Stopped
        now = time.monotonic()
        if always or now - self._said > 0.2:
            self._said = now
            self.say(progress=progress)

    def _beat(self, store: Store, lease: runs.Lease) -> None:
        pause = settings().lease_seconds / 3
        while not self.stop.wait(pause):
            try:
                runs.renew(store, lease, settings().lease_seconds)
            except runs.LostLease as error:
                self.lost = error
                return
            except (ZhuoyuError, SQLAlchemyError):
                continue  # a busy or restarting database: the next beat tries again, and the lease runs out if it stays away

    def _parent(self) -> None:
        """The parent holds our standard input open; when it is gone, so is the reason to go on."""
        sys.stdin.buffer.read()
        self.stop.set()

    def run(self) -> int:
        """Work; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        store = Store.open()
        try:
            lease = runs.claim(store, self.run_id, settings().lease_seconds)
        except ZhuoyuError as error:
            self.say(error={"type": type(error).__name__, "message": str(error), "facts": _plain(error.facts)})
            return error.exit_code
        for target, args in ((self._beat, (store, lease)), (self._parent, ())):
            threading.Thread(target=target, args=args, daemon=True).start()
        return self._work(store, lease)

    def _work(self, store: Store, lease: runs.Lease) -> int:
        with store.session() as s:
            spec = dict(runs.get(s, self.run_id).spec)
        try:
            record = build_dataset(store, lease, spec, self.watch)
            with store.session() as s:
                runs.finish(s, lease, "succeeded", record=record)
        except Stopped:
            return self._ended(store, lease, "cancelled", {"type": "Stopped", "message": "interrupted"}, _INTERRUPTED)
        except ZhuoyuError as error:
            said = {"type": type(error).__name__, "message": str(error), "facts": _plain(error.facts)}
            return self._ended(store, lease, "failed", said, error.exit_code)
        except BaseException as error:  # a panic in compiled code is no Exception
            log = store.home / "runs" / self.run_id / "traceback.txt"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(traceback.format_exc(), encoding="utf-8")
            said = {
                "type": type(error).__name__,
                "message": f"a defect in zhuoyu stopped the run: {error}; the details are in {log}",
                "facts": {},
            }
            return self._ended(store, lease, "failed", said, 4)
        self.say(done=record)
        return 0

    def _ended(self, store: Store, lease: runs.Lease, state: str, error: dict[str, Any], code: int) -> int:
        try:
            with store.session() as s:
                runs.finish(s, lease, state, error=error)
        except ZhuoyuError as lost:
            error = {"type": type(lost).__name__, "message": str(lost), "facts": {}}
            code = lost.exit_code
        self.say(error=error)
        return code


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, str | int | float | bool | type(None)) else str(v) for k, v in facts.items()}
