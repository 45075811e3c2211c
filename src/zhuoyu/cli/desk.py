"""The one way in which a verb starts a run's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zhuoyu.cli import show

if TYPE_CHECKING:
    from zhuoyu.flow.start import Desk


@contextmanager
def desk(*, quiet: bool) -> Iterator[Desk]:
    """Start the process first and open the workspace then: both load their libraries at once, on two cores."""
    from zhuoyu.flow.child import Child

    with Child() as child, show.live(quiet=quiet) as follow:
        from zhuoyu.flow.start import Desk
        from zhuoyu.store.database import Store

        yield Desk(Store.open(), child, follow)
