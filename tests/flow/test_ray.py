"""The demo's recipe gives one version digest on threads, on daft and on a local Ray cluster."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from flow import walk

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra [ray] is not installed")


def test_the_demo_recipe_gives_one_digest_on_every_engine(tmp_path: Path) -> None:
    place = walk.make(tmp_path / "native", packages=("json", "email"), reviews=100)
    corpus = str(place.folder / "corpus")
    native = place.json("demo", corpus)
    for engine in ("daft", "ray"):
        other = walk.Walk(place.folder, {**place.env, "ZHUOYU_HOME": str(tmp_path / engine)})
        said = other.json("demo", corpus, ZHUOYU_ENGINE=engine)
        assert said["rows"] == native["rows"]
        assert said["digest"] == native["digest"]
        assert other.record(said["run"])["engine"] == engine
