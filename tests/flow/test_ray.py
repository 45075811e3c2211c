"""The demo's recipe on a local Ray cluster gives the version digest of the native runner."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from flow import walk

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra [ray] is not installed")


def test_the_demo_recipe_gives_one_digest_on_both_runners(tmp_path: Path) -> None:
    place = walk.make(tmp_path / "native", packages=("json", "email"), reviews=100)
    corpus = str(place.folder / "corpus")
    native = place.json("demo", corpus)
    other = walk.Walk(place.folder, {**place.env, "ZHUOYU_HOME": str(tmp_path / "ray")})
    ray = other.json("demo", corpus, ZHUOYU_ENGINE="ray")
    assert ray["rows"] == native["rows"]
    assert ray["digest"] == native["digest"]
    assert other.record(ray["run"])["engine"] == "ray"
