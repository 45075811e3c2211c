"""The bench every test of collect works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from collect.landing import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
