"""What an installation weighs: a fresh virtual environment a row, the table of the README, and a limit on the core.

python scripts/size.py [--write] [--packages] [EXTRA …]

MB are 10^6 bytes. What a plain virtual environment holds before (pip, setuptools) does not count. Exits 1 when the core lies
on the disk with more than LIMIT.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 900
"""MB: the core with its bytecode, in whole blocks of the disk."""
BRINGS = {
    "": "engine, store, text, command line",
    "demo": "the Chinese reviews of the demo",
    "postgres": "the PostgreSQL driver",
    "ray": "the Ray runner: Ray, and daft to carry stages to it",
    "text": "main text of web pages, repair of mojibake, traditional and simplified Chinese, lexicons, token counts",
    "document": "PDF, DOCX, PPTX, XLSX and EPUB",
    "dev": "tests, checks, docs, and what they need of the other extras",
}
_TABLE = re.compile(r"\| install \|.*\n(?:\|.*\n)+(?:\nMB of (?:.+\n)+)?")


@dataclass(frozen=True)
class Weight:
    """Bytes of files and of the bytecode among them (``.pyc``), and what both take in whole blocks."""

    files: int
    bytecode: int
    blocks: int

    def __sub__(self, other: Weight) -> Weight:
        return Weight(self.files - other.files, self.bytecode - other.bytecode, self.blocks - other.blocks)


def weigh(paths: list[Path]) -> Weight:
    """All PATHS together; a link weighs what the link does."""
    stats = [(p.suffix == ".pyc", p.lstat()) for p in paths if p.is_symlink() or p.is_file()]
    compiled = sum(s.st_size for pyc, s in stats if pyc)
    blocks = sum(s.st_blocks * 512 for _, s in stats)
    return Weight(sum(s.st_size for _, s in stats) - compiled, compiled, blocks)


def pip(python: Path | str, *args: str) -> None:
    """Run pip as a user would: it compiles what it installs."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PIP_NO_COMPILE")}
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", *args, "-q"], env=env, check=True, cwd=ROOT)


def install(folder: Path, wheel: Path, extra: str) -> Weight:
    """The weight of the wheel with EXTRA and all they need, in a new environment."""
    venv.create(folder, with_pip=True)
    before = weigh(list(folder.rglob("*")))
    pip(folder / "bin" / "python", "install", "-c", "constraints.txt", f"{wheel}[{extra}]" if extra else str(wheel))
    return weigh(list(folder.rglob("*"))) - before


def packages(folder: Path) -> None:
    """Print what each package weighs, the heaviest first."""
    site = next(folder.glob("lib/python*/site-packages"))
    found = []
    for package in importlib.metadata.distributions(path=[str(site)]):
        if package.name in ("pip", "setuptools"):
            continue
        one = weigh([Path(os.path.normpath(site / f)) for f in package.files or ()])
        found.append((one.files + one.bytecode, one, package.name))
    for _, one, name in sorted(found, key=lambda f: -f[0]):
        print(f"{name:32s} files {one.files / 1e6:7.2f}  bytecode {one.bytecode / 1e6:6.2f}")


def table(core: Weight, extras: dict[str, Weight]) -> str:
    """The README's table and the line below it."""
    lines = ["| install | brings | files | with bytecode |", "|---|---|---|---|"]
    for extra, one in {"": core, **extras}.items():
        plus, name = ("+ ", f"zhuoyu[{extra}]") if extra else ("", "pip install zhuoyu")
        brings = BRINGS.get(extra) or "see pyproject.toml"
        lines.append(f"| `{name}` | {brings} | {plus}{_mb(one.files)} | {plus}{_mb(one.files + one.bytecode)} |")
    said = (
        "MB of 10^6 bytes: the sizes of the files, and with the bytecode that pip writes. In whole 4 KiB blocks the core takes\n"
        f"{core.blocks / 1e6:.0f} MB of the disk. Made by `make size`, which fails above {LIMIT} MB for the core, on\n"
        f"{dt.datetime.now(dt.UTC).date()} with Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        f" and the versions of `constraints.txt`."
    )
    return "\n".join(lines) + f"\n\n{said}\n"


def _mb(count: int) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e6:.1f} MB"


def main() -> None:
    """Weigh the core and the extras, or those that are named."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("extras", nargs="*", help="only these beside the core; all when none is named")
    asked.add_argument("--core", action="store_true", help="only the core")
    asked.add_argument("--packages", action="store_true", help="print what each package of the core weighs")
    asked.add_argument("--write", action="store_true", help="put the table into README.md")
    said = asked.parse_args()
    known = list(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    chosen = [] if said.core else said.extras or known
    if said.write and chosen != known:
        asked.error("--write needs all extras")
    with tempfile.TemporaryDirectory(prefix="zhuoyu-size-") as name:
        folder = Path(name)
        pip(sys.executable, "wheel", "--no-deps", "-w", str(folder), ".")
        wheel = next(folder.glob("zhuoyu-*.whl"))
        core = install(folder / "core", wheel, "")
        if said.packages:
            packages(folder / "core")
        extras = {extra: install(folder / extra, wheel, extra) - core for extra in chosen}
    made = table(core, extras)
    print(made, end="")
    if said.write:
        readme = ROOT / "README.md"
        text, found = _TABLE.subn(lambda _: made, readme.read_text("utf-8"))
        if found != 1:
            raise SystemExit(f"expected one table that begins with '| install |' in README.md, found {found}")
        readme.write_text(text, "utf-8")
    if not core.bytecode:
        raise SystemExit("pip compiled nothing: unset its option no-compile, a user has not got it")
    if core.blocks > LIMIT * 1e6:
        raise SystemExit(f"the core takes {core.blocks / 1e6:.0f} MB on the disk, the limit is {LIMIT} MB: see --packages")


if __name__ == "__main__":
    main()
