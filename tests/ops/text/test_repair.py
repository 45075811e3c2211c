from __future__ import annotations

from importlib.metadata import distributions

import pyarrow as pa
import pytest

from zhuoyu.ops.text.repair import Repair

CASES = [
    ("itâ€™s Ã©tÃ©", "it’s été"),
    ("ä¸\xadæ–‡", "中文"),
    ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
    ("Ã¢â‚¬Å“twiceÃ¢â‚¬Â\x9d", "“twice”"),
    ("fine line\nbroken Ã©\nzuletzt schön", "fine line\nbroken é\nzuletzt schön"),
    ("“curly” ｆｕｌｌ，。ﬁ e\u0301 \ufeff\r\n", "“curly” ｆｕｌｌ，。ﬁ e\u0301 \ufeff\r\n"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("R&amp;D", "R&amp;D"),
    ("", ""),
    (None, None),
]


@pytest.mark.parametrize(("broken", "meant"), CASES)
def test_golden(broken: str | None, meant: str | None) -> None:
    assert Repair().on({"text": [broken, "z"]}) == [meant, "z"]


def test_entities_only_when_asked_and_not_in_markup() -> None:
    assert Repair(entities=True).on({"text": ["R&amp;D", "<b>R&amp;D</b>"]}) == ["R&D", "<b>R&amp;D</b>"]
    assert Repair(escapes=False).on({"text": ["\x1b[31mred"]}) == ["\x1b[31mred"]


def test_cells_say_which_lines_were_repaired() -> None:
    got = Repair().run(pa.array(["ok", "fine\nÃ©tÃ©\nend", None], pa.large_string()))
    (cell,) = got.cells[1].as_py()
    assert got.content[1].as_py()[cell["start"] : cell["end"]] == "été"
    assert cell["how"] == "corrected"
    assert got.cells.to_pylist()[::2] == [None, None]


def real_lines() -> list[str]:
    """Lines with characters beyond ASCII from the metadata of installed packages; ftfy shows broken ones in its own."""
    lines = {
        line.strip()
        for package in distributions()
        for line in ("" if package.name == "ftfy" else str(package.metadata.get_payload() or "")).splitlines()
        if not line.isascii() and 20 <= len(line.strip()) <= 300
    }
    return sorted(lines)


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_planted_mojibake_is_undone_and_real_text_is_left_alone(wrong: str) -> None:
    real = [line for line in real_lines() if not any("\x80" <= c <= "\x9f" for c in line)]
    assert len(real) >= 30
    spoilt = []
    for line in real:
        try:
            spoilt.append((line, line.encode().decode(wrong)))
        except UnicodeDecodeError:
            continue
    assert len(spoilt) >= 15
    mended = Repair().on({"text": [bad for _, bad in spoilt]})
    right = sum(good == now for (good, _), now in zip(spoilt, mended, strict=True))
    assert right >= 0.9 * len(spoilt), f"{right} of {len(spoilt)}"
    same = sum(a == b for a, b in zip(real, Repair().on({"text": real}), strict=True))
    assert same >= 0.99 * len(real), f"{same} of {len(real)}"
