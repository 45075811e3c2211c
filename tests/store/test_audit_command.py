"""``zhuoyu audit``: what a person sees of an edited log, with and without a copy of the checkpoints kept elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store.test_events import lines, log, raw, rebuild
from zhuoyu.store import events
from zhuoyu.store.database import Store


def audit(*args: str, code: int = 0) -> str:
    command = [sys.executable, "-c", "from zhuoyu.cli.main import main; main()", "audit", *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ.copy())
    assert done.returncode == code, f"{args}: code {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
    return done.stdout or done.stderr


def audited(*args: str, code: int = 0) -> Any:
    return json.loads(audit(*args, "--json", code=code))


@pytest.fixture
def copy(store: Store, tmp_path: Path) -> Path:
    """A log of four events with two checkpoints, and a copy of the checkpoints."""
    log(store, 4, {2, 4})
    to = tmp_path / "kept elsewhere.jsonl"
    shutil.copy(lines(store), to)
    return to


def test_an_honest_log_agrees_with_its_copy_also_when_it_went_on(store: Store, copy: Path) -> None:
    assert "as the copy" in audit("verify", "--copy", str(copy))
    with store.session() as s:
        events.append(s, "ada", "read", "version", "v9")
    made = audited("checkpoint")
    assert (made["file"], made["number"]) == (str(lines(store)), 3)
    assert audited("verify", "--copy", str(copy)) == {"ok": True, "findings": []}


def test_a_rewritten_database_with_rewritten_files_is_found_by_the_copy_only(store: Store, copy: Path) -> None:
    lines(store).unlink()
    rebuild(store, lambda e: e.action != "checkpoint" and e.object_id != "v3")
    events.checkpoint(store)
    assert audited("verify")["ok"] is True
    found = audited("verify", "--copy", str(copy), code=3)["findings"]
    assert any("kept checkpoint 2" in f for f in found)
    assert not any("kept checkpoint 1 " in f for f in found), "what the first one signed was not touched"


def test_an_edited_row_is_found_with_an_untouched_copy(store: Store, copy: Path) -> None:
    raw(store, "UPDATE event SET actor = 'eve' WHERE seq = 3")
    assert "event 3: was edited" in audit("verify", "--copy", str(copy), code=3)


def test_a_restored_older_state_is_found_by_a_newer_copy(store: Store, copy: Path) -> None:
    """Database and files as they were before: they agree with each other, and the copy has seen more."""
    older = copy.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    raw(store, "DELETE FROM event WHERE seq > 3")
    lines(store).write_text(older, encoding="utf-8")
    assert audited("verify")["ok"] is True
    assert any("is gone: kept checkpoint 2 saw it" in f for f in audited("verify", "--copy", str(copy), code=3)["findings"])


@pytest.mark.parametrize(
    ("body", "said", "code"),
    [(None, "is no file", 2), (b"", "holds no checkpoint", 3), (b'{"half', "holds no checkpoint", 3), (b"\xff\n", "cannot be read", 3)],
)
def test_a_copy_that_says_nothing_does_not_pass_for_one_that_agrees(
    sqlite_store: Store, tmp_path: Path, body: bytes | None, said: str, code: int
) -> None:
    log(sqlite_store, 2, {2})
    other = tmp_path / "other.jsonl"
    if body is not None:
        other.write_bytes(body)
    assert said in audit("verify", "--copy", str(other), code=code)


def test_a_copy_of_another_workspace_is_found(sqlite_store: Store, tmp_path: Path) -> None:
    log(sqlite_store, 4, {4})
    other = Store.open(tmp_path / "other", url="")
    log(other, 4, {4})
    found = audited("verify", "--copy", str(lines(other)), code=3)["findings"]
    other.close()
    assert any("kept checkpoint 1 was not signed by this workspace" in f for f in found)


def test_nothing_to_sign_is_said(sqlite_store: Store) -> None:
    assert "nothing to sign" in audit("checkpoint")
    assert audited("checkpoint") is None
