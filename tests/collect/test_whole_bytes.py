"""Files as bytes: what office documents are read from."""

from __future__ import annotations

import pyarrow as pa
import pytest

import office_files as made
from collect.landing import Bench
from zhuoyu.errors import SpecError
from zhuoyu.ops.document.facts import Facts

CELLS = [["a", "b"], ["1", "2"]]


def test_office_documents_are_landed_as_they_are(bench: Bench) -> None:
    files = {"a.DOCX": made.word(["p"], CELLS), "sub/b.xlsx": made.sheets(["s"], CELLS), "c.pdf": b"%PDF-1.7 broken\x00\xff"}
    for name, raw in files.items():
        bench.write(name, raw)
    landed = bench.land()
    assert landed.schema == pa.schema([("content", pa.large_binary()), ("format", pa.large_string())])
    assert landed.rows == 3
    table = bench.rows(landed)
    assert dict(zip(table["format"].to_pylist(), table["content"].to_pylist(), strict=True)) == {
        "docx": files["a.DOCX"], "xlsx": files["sub/b.xlsx"], "pdf": files["c.pdf"]
    }  # fmt: skip
    assert table["_error"].null_count == 3
    assert set(Facts().run(table["content"].combine_chunks())[0].to_pylist()) == {"docx", "xlsx", "pdf"}


def test_any_file_can_be_read_as_bytes_up_to_the_limit(bench: Bench) -> None:
    bench.write("a.txt", b"\x00\xff\xfe")
    bench.write("b.bin", b"x" * 101)
    small, large = sorted(bench.read(read_as="bytes", max_row_bytes=100), key=lambda r: r["_origin"]["uri"])
    assert (small["content"], small["_origin"]["locator"], small["_error"]) == (b"\x00\xff\xfe", "bytes 0-3", None)
    assert (large["content"], large["_error"]) == (None, "row of 101 bytes is above max_row_bytes 100")


def test_documents_among_tables_are_a_choice_nobody_guesses(bench: Bench) -> None:
    bench.write("a.pdf", b"%PDF")
    bench.write("b.csv", "a,b\n1,2\n")
    with pytest.raises(SpecError, match="found 1 bytes, 1 csv"):
        bench.land()
