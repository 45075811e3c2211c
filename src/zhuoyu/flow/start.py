"""Start a Run as a child process, follow it, and raise what stopped it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zhuoyu.errors import DataError, Denied, GateFailed, MissingExtra, OpError, SpecError, ZhuoyuError
from zhuoyu.flow.child import Child, Follow
from zhuoyu.store import runs
from zhuoyu.store.database import Store

_ERRORS: dict[str, type[ZhuoyuError]] = {
    c.__name__: c for c in (SpecError, DataError, OpError, MissingExtra, Denied, GateFailed, runs.LostLease)
}


class Interrupted(ZhuoyuError):  # noqa: N818  what the user did, not a mistake
    """The user stopped the run; what was committed stays and the next run goes on from there."""

    exit_code = 130


@dataclass(frozen=True)
class Desk:
    """A workspace, a child process that waits for a run in it, and who follows the run."""

    store: Store
    child: Child
    follow: Follow | None = None


def start(desk: Desk, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Do the work of SPEC in the child process; its record. A desk is good for one run.

    A run of the same work that nobody finished is taken up again under its own id.

    Raises:
        ZhuoyuError: what stopped the run, as the class it was raised with.
    """
    digest = runs.digest_of(spec)
    with desk.store.session() as s:
        run_id = runs.unfinished(s, digest) or runs.create(s, kind, spec, digest)
    code, said = desk.child.work(run_id, desk.follow)
    tail = desk.child.log()
    if "done" in said:
        return dict(said["done"])
    if "error" in said and code != Interrupted.exit_code:
        error = said["error"]
        raise _ERRORS.get(error["type"], OpError)(error["message"], **error.get("facts", {}))
    if "interrupted" in said or code == Interrupted.exit_code:
        raise Interrupted("interrupted; nothing half-done counts", fix="run the same command again to go on", run=run_id)
    what = f"the run's process ended with code {code} and said nothing"
    raise OpError(f"{what}: {tail}" if tail else what, fix="run the same command again to go on", run=run_id)
