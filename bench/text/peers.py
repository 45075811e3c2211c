"""Install each peer in an environment of its own below PEERS_DIR; an environment that is whole is kept.

python bench/text/peers.py

datatrove's filters need spaCy, which its extras do not declare. Data-Juicer needs aiohttp, likewise, and installs ray, torch and ftfy by
itself in the middle of its first run: they are installed here first, so that a run measures work and not downloads.
"""

from __future__ import annotations

import subprocess
import sys

from place import ROOT, python, say

PEERS = {
    "datatrove": ["datatrove[processing,io]==0.10.1", "spacy"],
    "datajuicer": ["py-data-juicer==1.6.1", "aiohttp", "ftfy", "ray[default]", "torch==2.13.0", "av"],
}
PROOF = {"datatrove": "import datatrove.pipeline.filters, spacy, pyarrow", "datajuicer": "import data_juicer.core"}


def works(peer: str) -> bool:
    """Whether the peer's environment imports what a run needs."""
    return python(peer).exists() and subprocess.run([python(peer), "-c", PROOF[peer]], capture_output=True, check=False).returncode == 0


def version(peer: str) -> str:
    """Installed version, as its package says."""
    name = PEERS[peer][0].split("==")[0].split("[")[0]
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return subprocess.run([python(peer), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def install(peer: str) -> bool:
    """Make the environment anew."""
    folder, log = ROOT / f"venv-{peer}", ROOT / "logs" / f"install-{peer}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as to:
        for command in (
            [sys.executable, "-m", "venv", "--clear", folder],
            [python(peer), "-m", "pip", "install", "-q", *PEERS[peer]],
        ):
            if subprocess.run(command, stdout=to, stderr=subprocess.STDOUT, check=False).returncode:
                say(f"{peer}: {command[:4]} failed, see {log}")
                return False
    return works(peer)


def main() -> int:
    bad = [peer for peer in PEERS if not (works(peer) or install(peer))]
    for peer in PEERS:
        say(f"{peer}: {'NOT INSTALLED' if peer in bad else version(peer)}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
