"""Artifacts and the signing key: the same bytes once, changed bytes found, one key that only its owner reads."""

from __future__ import annotations

import hashlib
import shutil
import threading
from pathlib import Path

import pytest

from store.processes import heard, process, tell
from zhuoyu.errors import DataError
from zhuoyu.store import artifacts, keys
from zhuoyu.store.database import Store
from zhuoyu.store.tables import Artifact


def _files(store: Store) -> list[Path]:
    return [p for p in (store.home / "artifacts").rglob("*") if p.is_file()]


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    body = "词表".encode() * 1000
    digest = artifacts.add(store, "lexicon", "words", body, license="MIT", run_id="r")
    assert artifacts.add(store, "lexicon", "the same words", body) == digest == hashlib.sha256(body).hexdigest()
    assert [p.name for p in _files(store)] == [digest]
    assert artifacts.read(store, digest) == body
    with store.reading() as s:
        one = s.query(Artifact).one()
        assert (one.name, one.kind, one.size, one.license, one.run_id) == ("words", "lexicon", len(body), "MIT", "r")


def test_many_who_add_the_same_bytes_at_once(store: Store) -> None:
    threads = [threading.Thread(target=artifacts.add, args=(store, "model", f"m{n}", b"m" * 100_000)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(_files(store)) == 1
    with store.reading() as s:
        assert s.query(Artifact).count() == 1


@pytest.mark.parametrize("changed", [b"", b"bytez", b"bytes and more"])
def test_changed_bytes_are_found_and_put_right_by_who_has_them(store: Store, changed: bytes) -> None:
    digest = artifacts.add(store, "model", "m", b"bytes")
    _files(store)[0].write_bytes(changed)
    with pytest.raises(DataError, match="was changed on disk"):
        artifacts.read(store, digest)
    assert artifacts.add(store, "model", "m", b"bytes") == digest
    assert artifacts.read(store, digest) == b"bytes"


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../zhuoyu.db", "/etc/hostname", "../keys/ed25519.pem"])
def test_what_is_not_here_is_said(store: Store, digest: str) -> None:
    keys.fingerprint(store.home)
    with pytest.raises(DataError, match="is not in this workspace"):
        artifacts.read(store, digest)


def test_a_disk_that_refuses_is_said_and_leaves_nothing(store: Store) -> None:
    shutil.rmtree(store.home / "artifacts")
    (store.home / "artifacts").write_text("in the way")
    with pytest.raises(DataError, match="artifact 'm' cannot be kept"):
        artifacts.add(store, "model", "m", b"bytes")
    with store.reading() as s:
        assert s.query(Artifact).count() == 0


def test_the_key_is_for_its_owner_only(home: Path) -> None:
    said = keys.sign(home, b"data")
    key = home / "keys" / "ed25519.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in key.parent.iterdir()] == ["ed25519.pem"]
    assert keys.verify(home, b"data", said)
    key.chmod(0o644)
    keys._key.cache_clear()
    assert keys.verify(home, b"data", said)
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_signature_is_of_these_bytes_by_this_key(home: Path, tmp_path: Path) -> None:
    said = keys.sign(home, b"data")
    assert keys.sign(home, b"data") == said
    assert not keys.verify(home, b"date", said)
    assert not keys.verify(tmp_path / "another", b"data", said)
    for bad in ("", "no", said[:-4], f" {said}", said.replace("=", ""), "ü"):
        assert not keys.verify(home, b"data", bad), bad
    assert keys.fingerprint(home) != keys.fingerprint(tmp_path / "another")
    assert len(keys.fingerprint(home)) == 16


def test_processes_that_make_the_key_at_once_have_one(home: Path) -> None:
    code = "from pathlib import Path\nsay('ready'); wait(); say(keys.fingerprint(Path(sys.argv[1])))"
    with process(code, home) as a, process(code, home) as b, process(code, home) as c:
        assert [heard(p) for p in (a, b, c)] == ["ready"] * 3
        for p in (a, b, c):
            tell(p)
        assert {heard(p) for p in (a, b, c)} == {keys.fingerprint(home)}


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\xfe"])
def test_a_damaged_key_is_said_and_not_replaced(home: Path, content: bytes) -> None:
    key = home / "keys" / "ed25519.pem"
    key.parent.mkdir(parents=True)
    key.write_bytes(content)
    with pytest.raises(DataError, match=r"expected an Ed25519 private key .* backup"):
        keys.sign(home, b"data")
    assert key.read_bytes() == content
