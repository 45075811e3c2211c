"""The engine of one machine: order, bounds, cores, and how it stops."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa
import pytest

from engine.kit import SCHEMA, step
from zhuoyu.engine import threads
from zhuoyu.engine.marks import Scan
from zhuoyu.engine.program import Program
from zhuoyu.engine.runner import carry
from zhuoyu.errors import DataError, OpError
from zhuoyu.op import Bound, Column, Measure
from zhuoyu.recipe.plan import PlannedStep
from zhuoyu.units import Count

LENGTH = Program(SCHEMA, (step(0, "text.length"),))


def rows(first: int, count: int) -> list[dict]:
    return [
        {"_id": f"{i:06d}", "_origin": {"source": "s", "uri": "u", "locator": str(i)}, "text": f"row {i}"}
        for i in range(first, first + count)
    ]


@dataclass
class Counted:
    """A scan of BATCHES batches that counts what was asked of it, and may break off."""

    batches: int
    size: int
    first: int = 0
    breaks: Exception | None = None
    read_batches: int = field(default=0)

    def read(self) -> Iterator[pa.RecordBatch]:
        for n in range(self.batches):
            self.read_batches += 1
            yield pa.RecordBatch.from_pylist(rows(self.first + n * self.size, self.size), schema=SCHEMA)
        if self.breaks:
            raise self.breaks


def ids(program: Program, scans: list[Scan]) -> list[str]:
    return [i for batch, _ in carry(program, scans) for i in batch.column("_id").to_pylist()]


@pytest.mark.parametrize("size", [1, 700, 8_192, 20_000])
def test_rows_come_once_and_scan_by_scan_in_order(size: int) -> None:
    scans: list[Scan] = [Counted(3, size, first=s * 3 * size) for s in range(4)]
    found = ids(LENGTH, scans)
    assert sorted(found) == [f"{i:06d}" for i in range(12 * size)]
    for s in range(4):
        mine = [i for i in found if s * 3 * size <= int(i) < (s + 1) * 3 * size]
        assert mine == sorted(mine)


@pytest.mark.parametrize("size", [1, 700, 20_000])
def test_a_morsel_has_at_most_8192_rows_and_few_batches_become_one(size: int) -> None:
    morsels = list(threads._morsels(Counted(5, size).read()))
    assert sum(m.num_rows for m in morsels) == 5 * size
    assert max(m.num_rows for m in morsels) <= 8_192
    assert len(morsels) <= -(-size // 8_192) * 5
    if size < 8_192 // 5:
        assert len(morsels) == 1


def test_what_is_read_ahead_of_a_slow_sink_is_bounded() -> None:
    scan = Counted(200, 8_192)
    stream = carry(LENGTH, [scan])
    next(stream)
    time.sleep(0.5)
    assert scan.read_batches <= threads._cores() + 2 * threads._READERS + 3
    stream.close()


def test_what_no_one_takes_any_more_is_not_read() -> None:
    scan = Counted(10_000, 8_192)
    stream = carry(LENGTH, [scan])
    next(stream)
    stream.close()
    time.sleep(0.3)
    at = scan.read_batches
    time.sleep(0.3)
    assert scan.read_batches == at < 100


@pytest.mark.parametrize("error", [DataError("the file changed", fix="land it again"), OSError("gone")])
def test_a_scan_that_breaks_off_fails_the_shard_with_its_own_words(error: Exception) -> None:
    scans: list[Scan] = [Counted(3, 100), Counted(2, 100, first=300, breaks=error), Counted(1, 100, first=500)]
    with pytest.raises(DataError if isinstance(error, DataError) else OpError, match=r"the file changed|gone"):
        ids(LENGTH, scans)


class Meet(Measure):
    """Waits until two calls are under way at once."""

    version = 1
    writes = (Column("met", pa.int64(), Count, meaning="1 where two calls met"),)
    barrier: ClassVar[threading.Barrier] = threading.Barrier(2)

    def run(self, text: pa.LargeStringArray) -> list[pa.Array]:
        if len(text) > 1:
            self.barrier.wait(timeout=20)
        return [pa.array([1] * len(text), pa.int64(), mask=text.is_null().to_numpy(zero_copy_only=False))]


@pytest.mark.skipif(threads._cores() < 2, reason="one core")
def test_two_morsels_are_computed_at_once() -> None:
    program = Program(SCHEMA, (PlannedStep(0, "measure", "meet", "rows", bound=Bound(Meet())),))
    met = [v for batch, _ in carry(program, [Counted(4, 8_192)]) for v in batch.column("text_met").to_pylist()]
    assert met == [1] * 4 * 8_192


def test_the_engine_of_one_machine_needs_neither_daft_nor_ray() -> None:
    code = (
        "import sys; sys.modules['daft'] = sys.modules['ray'] = None\n"
        "from engine.test_threads import LENGTH, Counted, ids\n"
        "assert len(ids(LENGTH, [Counted(2, 50), Counted(2, 50, first=100)])) == 200"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_the_other_engine_without_its_extra_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['daft'] = None\n"
        "from engine.test_threads import LENGTH, Counted, ids\n"
        "from zhuoyu.errors import MissingExtra\n"
        "try: ids(LENGTH, [Counted(1, 5)])\n"
        "except MissingExtra as e: print(e)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "ZHUOYU_ENGINE": "ray"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=120, check=False)
    assert "zhuoyu[ray]" in done.stdout, done.stdout + done.stderr
