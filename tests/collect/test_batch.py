"""Batches: the same files give the same digest, and a source that is no longer what was landed is caught."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zhuoyu import collect
from zhuoyu.collect import scan
from zhuoyu.errors import DataError, SpecError
from zhuoyu.record import row_id


def test_the_digest_names_the_content_and_how_it_is_read(bench):
    bench.write("a.txt", "x\n")
    bench.write("b.txt", "y\n")
    first = bench.land()
    assert first.manifest == bench.batches / f"{first.digest}.parquet"
    (bench.src / "a.txt").touch()
    assert bench.land().digest == first.digest, "a newer time is not another content"
    for other in ({"name": "other"}, {"license": "MIT"}, {"read_as": "lines"}, {"exclude": ["b*"]}, {"limit": 1}, {"max_row_bytes": 1}):
        assert bench.land(**other).digest != first.digest, other
    bench.write("b.txt", "z\n")
    assert bench.land().digest != first.digest


def test_landing_the_same_again_keeps_the_manifest_readable(bench):
    path = bench.write("a.txt", "x")
    first = bench.land()
    os.utime(path, ns=(1, 1))
    second = bench.land()
    assert first.digest == second.digest
    assert bench.rows(first).to_pylist() == bench.rows(second).to_pylist()
    assert not [p.name for p in bench.batches.iterdir() if p.name != second.manifest.name], "no part of a manifest is left"


def test_ids_do_not_depend_on_other_files(bench):
    bench.write("b.txt", "x\ny\n")
    before = {r["text"]: r["_id"] for r in bench.read(read_as="lines")}
    bench.write("a.txt", "new\n")
    with (bench.src / "b.txt").open("a") as f:
        f.write("z\n")
    after = {r["text"]: r["_id"] for r in bench.read(read_as="lines")}
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after) == 4


def _append(p: Path) -> None:
    with p.open("a") as f:
        f.write("more")


def _in_place(p: Path) -> None:
    """Other bytes of the same length, and the old time put back."""
    s = p.stat()
    raw = bytearray(p.read_bytes())
    raw[len(raw) // 2] ^= 1
    p.write_bytes(raw)
    os.utime(p, ns=(s.st_atime_ns, s.st_mtime_ns))


def _replace(p: Path) -> None:
    other = p.with_suffix(".new")
    other.write_bytes(p.read_bytes()[::-1])
    other.replace(p)


def _pipe(p: Path) -> None:
    p.unlink()
    os.mkfifo(p)


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.parquet", "a.lines"])
@pytest.mark.parametrize("change", [_append, _in_place, _replace, Path.unlink, _pipe])
def test_a_source_that_changed_is_caught(bench, name, change):
    path = bench.src / name
    if name == "a.parquet":
        pq.write_table(pa.table({"t": ["x"] * 100}), path)
    else:
        bench.write(name, '{"a": "0123456789"}\n' * 50)
    landed = bench.land(read_as="lines" if name == "a.lines" else "auto")
    assert bench.rows(landed).num_rows > 0
    change(path)
    with pytest.raises(DataError, match=rf"{name} changed since it was landed .*run again to land it anew"):
        bench.rows(landed)


def test_a_source_that_changes_while_it_is_read_is_caught(bench):
    path = bench.write("a.txt", "0123456789\n" * 200_000)
    batches = bench.batch(bench.land(read_as="lines")).tasks(1 << 40)[0][0].read()
    next(batches)
    with path.open("r+b") as f:
        f.write(b"9")
    with pytest.raises(DataError, match="changed since it was landed"):
        list(batches)


def test_touching_a_file_is_not_a_change(bench):
    for name in ("a.txt", "b.txt"):
        bench.write(name, "text")
    pq.write_table(pa.table({"t": ["x"]}), bench.src / "a.parquet")
    landed, table = bench.land("*.txt"), bench.land("*.parquet")
    for path in bench.src.iterdir():
        os.utime(path, ns=(1, 1))
    assert bench.rows(landed).num_rows == 2
    assert bench.rows(table).num_rows == 1


def test_a_file_that_never_stands_still_is_an_error_that_names_it(bench):
    path = bench.write("busy.log", b"x" * 30_000_000)
    stop = threading.Event()

    def writing() -> None:
        with path.open("ab") as f:
            while not stop.is_set():
                f.write(b"y")
                f.flush()
                time.sleep(0.0005)

    thread = threading.Thread(target=writing)
    thread.start()
    try:
        with pytest.raises(DataError, match=r"busy\.log changes while it is being landed"):
            bench.land()
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a.parquet"])
def test_a_copy_outlives_its_source(bench, name):
    if name == "a.parquet":
        pq.write_table(pa.table({"t": ["x"] * 10}), bench.src / name)
    else:
        bench.write(name, '{"a":1}\n{"a":2}\n')
    reference = bench.land()
    expected = bench.rows(reference).to_pylist()
    landed = bench.land(land="copy")
    assert landed.digest == reference.digest
    shutil.rmtree(bench.src)
    assert bench.rows(landed).to_pylist() == expected
    objects = [p for p in (bench.batches / "objects").rglob("*") if p.is_file()]
    assert [p.parent.name for p in objects] == [objects[0].name[:2]]
    objects[0].write_bytes(objects[0].read_bytes()[:-1])
    with pytest.raises(DataError, match="changed since it was landed"):
        bench.rows(landed)


def test_a_reference_does_not_undo_a_copy(bench):
    path = bench.write("a.txt", "x")
    copied = bench.land(land="copy")
    bench.land(land="reference")
    path.unlink()
    assert bench.rows(copied).num_rows == 1


def test_shards_are_the_same_every_time_and_hold_everything_once(bench):
    for i in range(50):
        bench.write(f"{i:02}.txt", f"{i}" * (i * 100))
    landed = bench.land()
    whole = bench.rows(landed)
    groups = bench.batch(landed).tasks(20_000)
    assert groups == bench.batch(landed).tasks(20_000)
    assert len(groups) > 4
    uris = [t.entry.uri for g in groups for t in g]
    assert uris == sorted(uris)
    assert bench.rows(landed, 20_000).to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("name", ["a.lines", "a.jsonl", "a.csv"])
def test_a_big_file_is_read_in_parts(bench, name, monkeypatch):
    rows = [f'{{"id": {i}}}' for i in range(100_000)] if name == "a.jsonl" else ["id", *map(str, range(300_000))]
    monkeypatch.setattr(scan, "SPAN_BYTES", 400_000)
    monkeypatch.setattr(scan, "BLOCK", 100_000)
    path = bench.write(name, "\n".join(rows))
    landed = bench.land(read_as="lines" if name == "a.lines" else "auto")
    tasks = [t for g in bench.batch(landed).tasks(1) for t in g]
    assert len(tasks) > 2
    assert sum(t.bytes for t in tasks) == path.stat().st_size
    table = bench.rows(landed, 1)
    values = table["text" if name == "a.lines" else "id"].to_pylist()
    assert values == (rows if name == "a.lines" else list(range(len(values))))
    assert landed.rows in (None, len(values))
    assert len(set(table["_id"].to_pylist())) == table.num_rows
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)
    list(tasks[0].read())
    with pytest.raises(DataError, match="other bytes of the same length"):
        list(tasks[-1].read())


def test_parquet_is_read_by_row_groups(bench, monkeypatch):
    monkeypatch.setattr(scan, "SPAN_BYTES", 40_000)
    pq.write_table(pa.table({"id": range(50_000)}), bench.src / "a.parquet", row_group_size=5_000)
    landed = bench.land()
    assert len(bench.batch(landed).tasks(1)) > 3
    table = bench.rows(landed, 1)
    assert table["id"].to_pylist() == list(range(50_000))
    assert table["_origin"].combine_chunks().field("locator").to_pylist() == [f"row {i}" for i in range(50_000)]


@pytest.mark.parametrize("limit", [1, 5, 6, 100])
@pytest.mark.parametrize("name", ["txt", "jsonl", "csv", "parquet", "lines"])
def test_limit_takes_the_first_rows(bench, name, limit):
    for i in range(5):
        if name == "parquet":
            pq.write_table(pa.table({"a": [1, 2, 3]}), bench.src / f"{i}.parquet")
        else:
            bench.write(f"{i}.{name}", ("a\n" if name == "csv" else "") + '{"a":1}\n' * 3)
    said = {"read_as": "lines"} if name == "lines" else {}
    whole = bench.rows(bench.land(**said)).to_pylist()
    landed = bench.land(limit=limit, **said)
    part = bench.rows(landed).to_pylist()
    assert landed.rows in (None, min(limit, len(whole)))
    assert [r["_id"] for r in part] == [r["_id"] for r in whole[:limit]]


def test_a_declared_key_names_the_row(bench):
    bench.write("a.jsonl", '{"id": 1, "t": "a"}\n{"id": "x", "t": "bad"}\n{"id": null, "t": "b"}\n{"id": 1, "t": "again"}\n')
    bench.write("b.jsonl", '{"id": 2, "t": "c"}\n{"id": 1, "t": "once more"}\n')
    landed = bench.land(key=("id",))
    assert landed.id_from == "key"
    rows = bench.rows(landed, 1).to_pylist()
    assert [r["_error"] for r in rows] == [
        None,
        "column 'id': 'x' is not int64",
        "key 'id' is null",
        "key id = 1 appears twice",
        None,
        "key id = 1 appears twice",
    ]
    assert (rows[0]["_id"], rows[4]["_id"]) == (row_id("s", 1), row_id("s", 2))
    assert len({r["_id"] for r in rows}) == len(rows), "a row with an error never takes the name of a good one"
    assert [r["t"] for r in rows] == ["a", "bad", "b", "again", "c", "once more"]


def test_a_key_of_several_columns_and_of_other_types(bench):
    pq.write_table(pa.table({"a": ["x", "x", "y"], "b": [1.5, 2.5, 1.5]}), bench.src / "a.parquet")
    rows = bench.read(key=("a", "b"))
    assert len({r["_id"] for r in rows}) == 3
    with pytest.raises(SpecError, match="key 'bb' is not a column"):
        bench.land(key=("bb",))


def test_progress_comes_to_its_end(bench):
    for i in range(300):
        bench.write(f"{i}.txt", "x")
    seen: list[tuple[int, int]] = []
    bench.land(progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (300, 300)


def test_manifests_that_are_none(bench):
    bench.batches.mkdir()
    bad = bench.batches / "x.parquet"
    with pytest.raises(DataError, match="cannot be read"):
        collect.open_batch(bad, bench.batches)
    pq.write_table(pa.table({"a": [1]}), bad)
    with pytest.raises(DataError, match="is not a batch manifest"):
        collect.open_batch(bad, bench.batches)


@pytest.mark.parametrize("land", ["copy", "reference"])
def test_a_full_disk_is_an_error_and_leaves_no_half_file(bench, land):
    bench.write("a.txt", os.urandom(300_000).hex())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000 if land == "copy" else 1_000, hard))
    try:
        with pytest.raises(DataError, match=r"cannot (copy into|write) .*free space"):
            bench.land(land=land)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [p for p in bench.batches.rglob("*") if p.is_file()] == []
    assert bench.rows(bench.land(land=land)).num_rows == 1


def test_two_that_land_the_same_at_once_agree(bench):
    for i in range(500):
        bench.write(f"{i}.txt", f"text {i % 7}")
    with ThreadPoolExecutor(4) as pool:
        landed = list(pool.map(lambda _: bench.land(land="copy"), range(4)))
    assert len({x.digest for x in landed}) == 1
    assert bench.rows(landed[0]).num_rows == 500
    assert len([p for p in (bench.batches / "objects").rglob("*") if p.is_file()]) == 7
