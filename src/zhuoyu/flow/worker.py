"""The process that carries one Run. Started by ``flow.start``, never imported by it."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def main() -> None:
    """``python -m zhuoyu.flow.worker``, the run's id on standard input; nothing on it, nothing to do."""
    gc.disable()  # before the first import, until the recipe and its operators are loaded (``flow.dataset``)
    from zhuoyu.engine.runner import leave
    from zhuoyu.flow.job import Job

    os.chdir(Path.home() if Path.home().is_dir() else "/")
    run_id = sys.stdin.readline().strip()
    leave(Job(run_id).run() if run_id else 0)


if __name__ == "__main__":
    main()
