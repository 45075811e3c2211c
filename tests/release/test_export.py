"""Exports: whole or not at all, kept rows only, and every licence listed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sealed import SCHEMA, rows, sealed
from zhuoyu.errors import DataError, Denied, SpecError
from zhuoyu.record import content_columns, leaves
from zhuoyu.release import export as module
from zhuoyu.release.canonical import read_ours
from zhuoyu.release.export import FORMATS, export
from zhuoyu.release.values import from_json
from zhuoyu.store import door
from zhuoyu.store.database import Store

OWNER = door.Principal("olga", frozenset({"owner"}), "core")
LOST = {
    "_step": lambda i: 0,
    "_reason": lambda i: "short",
    "_found": lambda i: "",
    "text": lambda i: "rejected text",
    "_id": lambda i: f"bad{i}",
}
CELL = {"column": "text", "start": 0, "end": 4, "how": "masked", "by": "text.mask_pii@1"}
RECORD = {"steps": [{"index": 0, "text": "keep: text_words >= 2 | x", "rows_in": 15, "kept": 12, "rejected": 3}]}
ASSESSMENT = {
    "verdict": {"status": "passed", "sentence": {"en": "Ready.", "zh": "可用。"}},
    "indicators": [
        {"id": "CM-01", "en": "completeness", "zh": "完整性", "value": 0.98765, "unit": "share", "n_evaluated": 12, "status": "met"}
    ],
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "home", url="")


@pytest.fixture
def version(store: Store) -> Any:
    made = rows(12, _cells=lambda i: [CELL] if i == 3 else None, _grade=lambda i: "core" if i == 11 else None)
    return sealed(store, {"rows": made, "chunks": []}, {"rows": rows(3, **LOST)})


@pytest.mark.parametrize("format", FORMATS)
def test_kept_rows_licences_and_digests_are_in_every_format_and_rejected_rows_in_none(
    store: Store, version: Any, tmp_path: Path, format: str
) -> None:
    done = export(store, OWNER, version.id, tmp_path / "out", format, facts={"record": RECORD, "assessment": ASSESSMENT})
    out = tmp_path / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest == done.to_json()
    assert (manifest["rows"], manifest["licenses"], manifest["digest"]) == (12, {"MIT": 8, "unknown": 4}, version.digest)
    for file in manifest["files"]:
        raw = (out / file["path"]).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (file["sha256"], file["bytes"])
    assert not any(b"rejected text" in p.read_bytes() for p in out.rglob("*") if p.is_file())
    assert list(tmp_path.glob("*.tmp-*")) == []
    assert {"README.md", "README.zh.md"} <= {p.name for p in out.iterdir()}


def stored(store: Store, version: Any) -> list[bytes]:
    return sorted(door.read(store, OWNER, version.id, columns=["_leaf"]).table()["_leaf"].to_pylist())


def of_table(batches: list[pa.RecordBatch]) -> list[bytes]:
    return sorted(x for b in batches for x in leaves(b, content_columns(b.schema)).to_pylist())


def test_parquet_comes_back_with_the_same_leaves_and_metadata(
    store: Store, version: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART_BYTES", 1)
    monkeypatch.setattr(module, "_BATCH_ROWS", 5)
    export(store, OWNER, version.id, tmp_path / "out")
    parts = sorted((tmp_path / "out" / "data").glob("rows-*.parquet"))
    assert len(parts) > 1
    found = pa.concat_tables([pq.read_table(p) for p in parts])
    assert of_table(found.to_batches()) == stored(store, version)
    assert found.schema.field("text_words").metadata[b"op"] == b"text.length"
    assert pq.ParquetFile(parts[0]).metadata.row_group(0).column(0).compression == "ZSTD"
    assert pq.read_table(tmp_path / "out" / "data" / "chunks-00000.parquet").num_rows == 0


def test_canonical_and_jsonl_come_back_with_the_same_leaves(store: Store, version: Any, tmp_path: Path) -> None:
    for format, name in (("canonical", "rows.canonical.jsonl"), ("jsonl", "rows.jsonl")):
        export(store, OWNER, version.id, tmp_path / format, format)
        folder = tmp_path / format / "data"
        schema = pa.ipc.read_schema(pa.py_buffer((folder / "rows.schema.arrow").read_bytes()))
        lines = (folder / name).read_text("utf-8").splitlines()
        if format == "canonical":
            batches = list(read_ours(lines, schema))
            assert json.loads(lines[0])["version"] == "docs@1"
        else:
            values = [json.loads(line) for line in lines]
            batches = [pa.RecordBatch.from_arrays([from_json([v[f.name] for v in values], f.type) for f in schema], schema=schema)]
        assert of_table(batches) == stored(store, version)


def test_what_is_above_the_clearance_is_withheld_and_said(store: Store, version: Any, tmp_path: Path) -> None:
    done = export(store, door.Principal("vera", frozenset({"consumer"}), "general-1"), version.id, tmp_path / "out")
    assert done.rows == 11
    assert done.withheld == {"rows": 1, "columns": []}
    assert "Withheld" in (tmp_path / "out" / "README.md").read_text()


def test_the_folder_appears_whole_or_not_at_all(store: Store, version: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Denied):
        export(store, door.Principal("nobody"), version.id, tmp_path / "out")
    with pytest.raises(SpecError, match="did you mean 'parquet'"):
        export(store, OWNER, version.id, tmp_path / "out", "parqet")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        export(store, OWNER, version.id, tmp_path / "file" / "out")
    assert [p.name for p in tmp_path.iterdir() if p.name not in ("home", "file")] == []
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="expected no folder"):
        export(store, OWNER, version.id, tmp_path / "out")


def test_the_card_says_facts_in_both_languages(store: Store, version: Any, tmp_path: Path) -> None:
    export(store, OWNER, version.id, tmp_path / "out", facts={"record": RECORD, "assessment": ASSESSMENT})
    en, zh = (tmp_path / "out" / "README.md").read_text("utf-8"), (tmp_path / "out" / "README.zh.md").read_text("utf-8")
    assert "| unknown | 4 |" in en
    assert "keep: text_words >= 2 \\| x" in en
    assert "CM-01 completeness | 0.9877 share | 12 | met" in en
    assert "Ready." in en
    assert "可用。" in zh
    assert "完整性" in zh
    assert "自行发布" in zh
    for text in (en, zh):
        assert version.digest in text
        assert "text.length@1" in text


def test_a_card_without_facts_says_so(store: Store, version: Any, tmp_path: Path) -> None:
    export(store, OWNER, version.id, tmp_path / "out")
    en = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "has not been assessed" in en
    assert "run record was not given" in en


def test_croissant_names_every_file_column_and_licence(store: Store, version: Any, tmp_path: Path) -> None:
    export(store, OWNER, version.id, tmp_path / "out", "croissant", facts={"record": RECORD})
    said = json.loads((tmp_path / "out" / "croissant.json").read_text("utf-8"))
    assert said["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert [f["contentUrl"] for f in said["distribution"] if "contentUrl" in f] == ["data/chunks-00000.parquet", "data/rows-00000.parquet"]
    fields = {f["name"]: f for f in said["recordSet"][1]["field"]}
    assert set(fields) == {*SCHEMA.names, "_leaf"} - {"_origin", "_synthetic", "_cells"}
    assert "_origin, _synthetic, _cells" in said["recordSet"][1]["description"]
    assert fields["text_words"]["dataType"] == "cr:Int64"
    assert fields["_parents"]["isArray"] is True
    assert said["license"] == ["MIT"]
    assert "masked" in said["rai:personalSensitiveInformation"]
    assert "no stated licence" in said["rai:dataLimitations"]
