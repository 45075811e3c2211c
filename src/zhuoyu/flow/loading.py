"""How a run's process loads its libraries without waiting more than it must."""

from __future__ import annotations

import gc
import threading

from zhuoyu.assess import report
from zhuoyu.store import lance


def settle() -> None:
    """Collect garbage from now on, but never among what is here already.

    Loading makes half a million objects that all stay, and looking for garbage among them again and again costs a sixth of a
    short run: a run's process starts without a collector and calls this before it reads the first row.
    """
    gc.freeze()
    gc.enable()


def ahead() -> None:
    """Begin to load what the end of a run needs, while its rows are worked on.

    Who needs a part before it is there loads it too; what fails here fails there again, and is reported there.
    """

    def loading() -> None:
        lance.load()
        report.prepare()

    threading.Thread(target=loading, name="ahead", daemon=True).start()
