"""Where the benchmark's big files lie (never in the repository), and how its corpus is read. Standard library only: peers import it too."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("PEERS_DIR") or Path(tempfile.gettempdir(), "peers-work")).resolve()
HERE = Path(__file__).resolve().parent
SIZES = {"full": 200_000, "20k": 20_000}
SHARDS = 8


def corpus(size: str) -> Path:
    """Folder of the corpus's Parquet shards."""
    return ROOT / "corpus" / size


def shards(size: str) -> list[Path]:
    """The shards, in order."""
    return sorted(corpus(size).glob("*.parquet"))


def out(row: str, size: str) -> Path:
    """Folder a row of the table writes to."""
    return ROOT / "out" / f"{row}-{size}"


def done(row: str, size: str) -> Path:
    """A mark that a row's files are whole; absent while it runs and after a failure."""
    return out(row, size) / "done"


def python(peer: str) -> Path:
    """The interpreter of a peer's environment."""
    return ROOT / f"venv-{peer}" / "bin" / "python"


def say(text: str) -> None:
    """One line for the reader, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def is_han(text: str) -> bool:
    """More than a fifth of the first 2,000 code points are Han: what this benchmark calls a Chinese document."""
    head = text[:2000]
    return sum("\u4e00" <= c <= "\u9fff" for c in head) > 0.2 * len(head)
