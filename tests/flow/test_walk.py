"""The main job on real files, through the command line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from flow import walk


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[walk.Walk, dict]:
    place = walk.make(tmp_path_factory.mktemp("walk"))
    return place, place.json("run", "dataset.yaml")


def test_run_prints_the_promised_keys(done: tuple[walk.Walk, dict]) -> None:
    _, said = done
    assert {"run", "dataset", "version", "digest", "rows", "verdict", "seconds", "report"} <= set(said)
    assert said["rows"]["read"] == said["rows"]["kept"] + said["rows"]["rejected"]
    assert Path(said["report"]).is_file()


def test_rows_in_are_kept_plus_rejected_for_every_step(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    steps = place.record(said["run"])["steps"]
    assert steps[0]["rows_in"] == said["rows"]["read"]
    for before, after in pairwise(steps):
        assert before["rows_in"] == before["kept"] + before["rejected"]
        assert after["rows_in"] == before["kept"]
    assert steps[-1]["kept"] == said["rows"]["kept"]
    assert sum(s["rejected"] for s in steps) == said["rows"]["rejected"]


def test_no_file_and_no_line_is_lost(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    files = sum(1 for p in (place.folder / "corpus").rglob("*") if p.is_file())
    lines = len((place.folder / "reviews.txt").read_text(encoding="utf-8").splitlines())
    assert said["rows"]["read"] == files + lines


def test_vendored_copies_are_rejected_with_their_partner(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    reasons = {s["because"]: s["rejected"] for s in place.record(said["run"])["steps"] if s["rejected"]}
    assert reasons["near duplicate"] >= 4


def test_personal_data_is_masked_and_undecodable_bytes_are_a_rejected_row(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    place.call("export", said["version"], "out-mask", "--format", "jsonl")
    text = "".join(p.read_text(encoding="utf-8") for p in (place.folder / "out-mask").rglob("*.jsonl"))
    assert "Write to <EMAIL> or call <PHONE>" in text
    assert "ada.lovelace" not in text
    shown = place.json("show", said["version"], "--rejected", "--rows", "10000")
    unread = [r for r in shown["rows"] if r["_step"] == -1]
    assert any("broken.txt" in r["_origin"]["uri"] for r in unread)


def test_the_same_recipe_again_is_the_same_version(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    again = place.json("run", "dataset.yaml")
    assert (again["version"], again["digest"], again["reused"]) == (said["version"], said["digest"], True)


def test_verify_reproduce_and_audit_agree(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    assert place.json("verify", said["version"])["status"] == "ok"
    again = place.json("reproduce", said["version"])
    assert again["digest"] == said["digest"]
    assert again["reproduced"] is True
    assert place.json("audit", "verify")["ok"] is True


def test_a_threshold_change_makes_a_new_version_that_diff_explains(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    text = (place.folder / "dataset.yaml").read_text().replace("text_words >= 5", "text_words >= 40")
    (place.folder / "strict.yaml").write_text(text)
    stricter = place.json("run", "strict.yaml")
    found = place.json("diff", said["version"], stricter["version"])
    lost = said["rows"]["kept"] - stricter["rows"]["kept"]
    rows = found["tables"]["rows"] if "tables" in found else found
    assert rows["removed"] - rows["added"] == lost > 0


def test_restore_lifts_rows_over_the_condition_that_rejected_them(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    back = place.json("restore", said["version"], "--where", "_reason = 'near duplicate'", "--because", "copies are wanted")
    assert back["lifted"] >= 4
    assert back["rows"] == {
        **said["rows"],
        "kept": said["rows"]["kept"] + back["lifted"],
        "rejected": said["rows"]["rejected"] - back["lifted"],
    }


def test_steps_after_the_lifted_one_still_decide(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    back = place.json("restore", said["version"], "--where", "_reason = 'too short'", "--because", "short ones count")
    steps = {s["because"] or s["text"]: s["rejected"] for s in place.record(back["run"])["steps"]}
    assert steps["too short"] == 0
    assert back["rows"]["read"] == said["rows"]["read"]
    assert sum(steps.values()) == back["rows"]["rejected"]
    place.call("restore", said["version"], "--where", "_step = -1", "--because", "unreadable", code=2)


def test_export_every_format(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    for name in ("parquet", "jsonl", "canonical", "croissant"):
        place.call("export", said["version"], f"out-{name}", "--format", name)
        assert any((place.folder / f"out-{name}").iterdir())


def test_assess_any_file(done: tuple[walk.Walk, dict]) -> None:
    place, _ = done
    (place.folder / "some.jsonl").write_text('{"text": "A whole sentence that ends."}\n{"text": null}\nnot json\n')
    found = place.json("assess", "some.jsonl")
    assert "first look" in found["plan"]["label"]["en"].lower()
    assert {i["status"] for i in found["indicators"]} <= {"pass", "warn", "fail", "not_applicable", "not_evaluated"}
    decodable = next(i for i in found["indicators"] if i["id"] == "CF-02")
    assert decodable["n_evaluated"] == 3
    assert decodable["n_failed"] == 1


def test_limit_and_dry_run(done: tuple[walk.Walk, dict]) -> None:
    place, _ = done
    planned = place.json("plan", "dataset.yaml")
    assert any("near_duplicates" in line for line in planned["lines"])
    few = place.json("run", "dataset.yaml", "--limit", "10")
    assert few["rows"]["read"] == 20


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("text_words", "text_wrods"), "text_words"),
        (("text.mask_pii", "text.mask_ppi"), "text.mask_pii"),
        (("near_duplicates: {threshold: 0.8", "near_duplicates: {treshold: 0.8"), "threshold"),
        (("because: too short", "becuase: too short"), "because"),
        (("text_words >= 5", "count(text_words) >= 5"), "count"),
    ],
)
def test_a_mistake_in_a_recipe_is_named_with_its_line(done: tuple[walk.Walk, dict], change: tuple[str, str], expected: str) -> None:
    place, _ = done
    bad = place.folder / "bad.yaml"
    bad.write_text((place.folder / "dataset.yaml").read_text().replace(*change))
    said = place.call("run", "bad.yaml", code=2)
    assert "bad.yaml:" in said
    assert expected in said


def test_a_measure_added_to_a_sealed_version_leaves_its_digest(done: tuple[walk.Walk, dict]) -> None:
    place, said = done
    columns = place.json("measure", said["version"], "text.shares")["columns"]
    assert "text_alpha_share" in columns
    checked = place.json("verify", said["version"])
    assert (checked["status"], checked["stored"]) == ("ok", said["digest"])
    place.call("measure", said["version"], "text.mask_pii", code=2)


def test_ops_new_writes_two_files_that_compute_what_their_test_says(tmp_path: Path) -> None:
    import runpy

    from zhuoyu.flow.scaffold import write_operator

    (tmp_path / "src/zhuoyu/ops").mkdir(parents=True)
    op, test = write_operator(tmp_path, "text.shouting")
    made = runpy.run_path(str(op))["Shouting"]
    assert made().on({"text": ["Hello! 你好！", "", None]}) == {"text_shouting": [2, 0, None]}
    assert "from zhuoyu.ops.text.shouting import Shouting" in test.read_text()
