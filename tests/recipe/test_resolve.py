"""From recipes to plans: what is inserted, what goes stale, what is refused."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from recipe.catalogue import Ops, Words2
from zhuoyu.errors import SpecError
from zhuoyu.recipe import Plan, Stage, loads, resolve, tables_of
from zhuoyu.record import is_measure

TEXT = pa.schema([("text", pa.large_string())])
WIDE = pa.schema([("question", pa.string()), ("answer", pa.string()), ("n", pa.int64()), ("text", pa.string())])
HEAD = "dataset: d\nsource: [{read: a.txt}]\nsteps:\n"


def plan(
    steps: str, schema: pa.Schema = TEXT, extra: tuple[str, ...] = (), ops: Ops | None = None, more: dict[str, pa.Schema] | None = None
) -> Plan:
    return resolve(loads(HEAD + steps, "d.yaml"), {"rows": schema, **(more or {})}, ops or Ops(), extra)


def said(p: Plan, table: str = "rows") -> list[str]:
    return [s.text + (f" !{','.join(s.drops)}" if s.drops else "") for s in p.tables[table]]


PLANS = {
    "a measure is put before the condition that names it": ("  - keep: text_words > 5\n", ["text.length", "keep: text_words > 5"]),
    "one pass serves every condition": (
        "  - keep: text_words > 5\n  - keep: text_chars > 5\n",
        ["text.length", "keep: text_words > 5", "keep: text_chars > 5"],
    ),
    "only measures that are used are computed": ("  - text.normalize\n", ["text.normalize"]),
    "a transform makes measures stale and a later condition computes them again": (
        "  - keep: text_words > 5\n  - text.normalize\n  - keep: text_words > 4\n",
        ["text.length", "keep: text_words > 5", "text.normalize !text_words,text_chars", "text.length", "keep: text_words > 4"],
    ),
    "nothing is computed again that no one names": (
        "  - keep: text_words > 5\n  - text.normalize\n",
        ["text.length", "keep: text_words > 5", "text.normalize !text_words,text_chars"],
    ),
    "a relate that a condition names is put in": (
        "  - keep: text_duplicate_of is null\n",
        ["relate.near", "keep: text_duplicate_of is null"],
    ),
    "a relate goes stale like a measure": (
        "  - keep: text_duplicate_of is null\n  - text.normalize\n",
        ["relate.near", "keep: text_duplicate_of is null", "text.normalize !text_duplicate_of"],
    ),
    "a when brings its own measures": (
        "  - keep: text_symbol_share < 0.5\n    when: text_words > 3\n",
        ["text.symbols", "text.length", "keep: text_symbol_share < 0.5"],
    ),
    "a measure of a measure": ("  - keep: text_words_density > 0.5\n", None),
    "a measure with parameters keeps them when it is computed again": (
        "  - text.symbols: {least: 5, as: s}\n  - text.normalize\n  - keep: s_symbol_share < 0.5\n",
        [
            "text.symbols: {least: 5, as: s}",
            "text.normalize !s_symbol_share",
            "text.symbols: {least: 5, as: s}",
            "keep: s_symbol_share < 0.5",
        ],
    ),
    "a step that is there already is not planned twice": (
        "  - text.length\n  - text.length\n  - keep: text_words > 3\n",
        ["text.length", "keep: text_words > 3"],
    ),
    "system columns need no measure": (
        "  - keep: _origin.uri like '%.md' and _license is not null\n",
        ["keep: _origin.uri like '%.md' and _license is not null"],
    ),
}


@pytest.mark.parametrize(("steps", "want"), [v for v in PLANS.values() if v[1]], ids=[k for k, v in PLANS.items() if v[1]])
def test_plan(steps: str, want: list[str]) -> None:
    assert said(plan(steps)) == want


def test_names_follow_the_columns_they_read() -> None:
    p = plan("  - keep: question_words > 5 and question_answer_overlap > 0.5\n", WIDE)
    assert said(p)[:2] == ["text.length: {on: question}", "text.overlap"]
    assert p.tables["rows"][0].bound.inputs == ("question",)
    p = plan("  - keep: answer_question_overlap > 0.5\n", WIDE)
    assert said(p)[0] == "text.overlap: {on: [answer, question]}"


def test_the_longest_column_name_in_front_decides() -> None:
    schema = pa.schema([("text", pa.string()), ("text_copy", pa.string())])
    assert said(plan("  - keep: text_copy_words > 5\n", schema))[0] == "text.length: {on: text_copy}"


def test_a_measure_of_a_measure_follows_it_and_goes_stale_with_it() -> None:
    p = plan("  - text.length\n  - keep: text_words_density > 0.5\n  - text.normalize\n  - keep: text_words_density > 0.4\n")
    assert said(p) == [
        "text.length",
        "number.density: {on: text_words}",
        "keep: text_words_density > 0.5",
        "text.normalize !text_words,text_chars,text_words_density",
        "text.length",
        "number.density: {on: text_words}",
        "keep: text_words_density > 0.4",
    ]


def test_a_transform_leaves_other_columns_measures() -> None:
    p = plan("  - keep: question_words > 1 and answer_words > 1\n  - text.normalize: {on: question}\n", WIDE)
    assert p.tables["rows"][-1].drops == ("question_words", "question_chars")


def test_the_assessment_gets_its_measures_on_final_content() -> None:
    p = plan("  - keep: text_words > 5\n  - text.normalize\n", extra=("text_words", "text_symbol_share", "_license"))
    assert said(p)[-2:] == ["text.length", "text.symbols"]
    assert [s.source_step for s in p.tables["rows"]] == [None, 0, 1, None, None]
    assert p.columns("rows").names == ["text", "text_words", "text_chars", "text_symbol_share"]
    assert [is_measure(f) for f in p.columns("rows")] == [False, True, True, True]


def test_final_columns_hold_only_what_describes_the_final_content() -> None:
    assert plan("  - keep: text_words > 5\n  - text.normalize\n").columns("rows").names == ["text"]
    assert plan("  - keep: text_duplicate_of is null\n").columns("rows").names == ["text", "text_duplicate_of"]


def test_words_of_steps_reach_the_plan() -> None:
    p = plan("  - keep: text_words > 5\n    because: short\n    null: keep\n    when: text_chars > 2\n    lazy: true\n")
    keep = p.tables["rows"][-1]
    assert (keep.because, keep.null_keeps, keep.when.text, keep.lazy) == ("short", True, "text_chars > 2", True)
    assert p.tables["rows"][0].lazy, "what only a lazy step needs is computed for rows that reach it"


def test_indices_are_unique_and_rise() -> None:
    p = plan("  - text.paragraphs\n  - keep: text_words > 1\n    table: paragraphs\n  - keep: text_words > 5\n")
    assert [s.index for s in p.steps()] == list(range(5))
    assert said(p, "paragraphs") == ["text.length", "keep: text_words > 1"]
    assert p.tables["rows"][0].into == "paragraphs"
    assert p.columns("paragraphs").names == ["text", "text_words", "text_chars"]


def test_stages_end_at_relates() -> None:
    p = plan(
        "  - keep: text_words > 5\n  - keep: text_copy_of is null\n  - relate.near\n  - relate.exact\n  - keep: text_duplicate_of is null\n"
    )
    stages = p.stages("rows")
    assert [[s.text for s in t.steps] for t in stages] == [
        ["text.length", "keep: text_words > 5"],
        ["keep: text_copy_of is null"],
        ["keep: text_duplicate_of is null"],
    ]
    assert [[s.text for s in t.relates] for t in stages] == [["relate.exact"], ["relate.near"], []]


def test_relates_side_by_side_share_a_barrier_unless_one_needs_the_other() -> None:
    assert [len(t.relates) for t in plan("  - relate.near\n  - relate.exact\n").stages("rows")] == [2, 0]
    two = plan("  - relate.exact\n  - relate.near:\n      when: text_copy_of is null\n").stages("rows")
    assert [len(t.relates) for t in two] == [1, 1, 0]


def test_a_relate_that_prefers_by_a_measure_gets_it_first() -> None:
    p = plan("  - relate.near: {prefer: text_words, as: best}\n  - keep: best_duplicate_of is null\n")
    assert said(p) == ["text.length", "relate.near: {prefer: text_words, as: best}", "keep: best_duplicate_of is null"]


def test_a_plan_without_steps_is_one_empty_stage() -> None:
    p = resolve(loads("dataset: d\nsource: [{read: a}]"), {"rows": TEXT}, Ops())
    assert p.stages("rows") == [Stage()]
    assert len(p.stages("rows")) == 1


def test_planned_steps_travel_to_workers() -> None:
    steps = plan("  - keep: text_words > 5\n").tables["rows"]
    keep = steps[-1]
    keep.condition.evaluate(pa.record_batch({"text_words": [1]}))
    again = pickle.loads(pickle.dumps(steps[-1]))
    assert again == keep
    assert again.condition.evaluate(pa.record_batch({"text_words": [9]})).to_pylist() == [True]


def test_explain_names_every_step() -> None:
    lines = plan("  - keep: text_words > 5\n    when: text_chars > 2\n  - text.normalize\n  - relate.near\n").explain()
    assert lines == [
        "table rows: 4 steps in 2 stages",
        "  stage 1",
        "      0  text.length  -> text_words, text_chars  (added)",
        "      1  keep: text_words > 5  when text_chars > 2",
        "      2  text.normalize  makes stale: text_words, text_chars",
        "      3  relate.near (needs all rows)  -> text_duplicate_of",
        "  stage 2",
        "         seal",
        "  columns: text, text_duplicate_of",
    ]


BAD = {
    "unknown operator": ("  - text.lenght\n", "d.yaml:4: unknown operator 'text.lenght'; did you mean 'text.length'?"),
    "unknown parameter": ("  - text.normalize: {frm: NFC}\n", "d.yaml:4: text.normalize has no parameter 'frm'; did you mean 'form'?"),
    "bad parameter": (
        "  - text.symbols: {least: 0, as: s}\n",
        "d.yaml:4: text.symbols: least: expected greater than or equal to 1, found 0; Shorter texts count as 0 (code points).",
    ),
    "unknown column": (
        "  - text.normalize\n  - keep: text_wrods > 3\n",
        "d.yaml:5: unknown column 'text_wrods': no source has it and no operator writes it; did you mean 'text_words'?",
    ),
    "unlike any column": (
        "  - keep: colour = 'red'\n",
        "d.yaml:4: unknown column 'colour': no source has it and no operator writes it; known: text",
    ),
    "unknown field": (
        "  - keep: _origin.url = 'x'\n",
        "d.yaml:4: column '_origin' has no field 'url'; did you mean 'uri'?\n    _origin.url = 'x'\n    ^",
    ),
    "kinds": (
        "  - keep: text > 3\n",
        "d.yaml:4: cannot compare text (text) with 3 (number); compare values of one kind; text stands in quotes, numbers do not"
        "\n    text > 3\n           ^",
    ),
    "parameters without a name": (
        "  - text.symbols: {least: 5}\n",
        "d.yaml:4: text.symbols has parameters other than the default, so it cannot write 'text_symbol_share'; "
        "add `as: NAME`: its columns are then called NAME_symbol_share",
    ),
    "taken name": (
        "  - text.symbols: {least: 5, as: s}\n  - text.symbols: {least: 6, as: s}\n",
        "d.yaml:5: text.symbols would write 's_symbol_share', which text.symbols: {least: 5, as: s} writes already; "
        "give one of them `as: NAME`",
    ),
    "a parameter is missing": (
        "  - keep: text_topic = 'x'\n",
        "d.yaml:4: column 'text_topic' is written by text.topic, which needs taxonomy; "
        "write `- text.topic: {taxonomy: …, as: NAME}` and use NAME's columns",
    ),
    "as on a transform": (
        "  - text.normalize: {as: q}\n",
        "d.yaml:4: text.normalize writes no measure that `as: q` could name; leave out `as:`",
    ),
    "into on a measure": (
        "  - text.length: {into: q}\n",
        "d.yaml:4: text.length makes no table, so `into: q` means nothing; leave out `into:`",
    ),
    "unknown table": ("  - text.length: {table: row}\n", "d.yaml:4: there is no table 'row' here; did you mean 'rows'?"),
    "unknown rules": ("  - rules: gopher_qualty\n", "d.yaml:4: there are no rules called 'gopher_qualty'; did you mean 'gopher_quality'?"),
    "wrong number of inputs": (
        "  - text.length: {on: [text, text]}\n",
        "d.yaml:4: text.length reads text, found 2 columns: text, text; name 1 with `on:`",
    ),
    "missing input": (
        "  - text.length: {on: txt}\n",
        "d.yaml:4: text.length reads 'txt', which is not a column of table 'rows'; write `on: COLUMN`; did you mean 'text'?",
    ),
    "a measure cannot be transformed": (
        "  - text.length\n  - text.symbols\n  - text.normalize: {on: text_words}\n",
        "d.yaml:6: text.normalize reads text, column 'text_words' is int64; use `on:` with one of: text",
    ),
    "two whens": (
        "  - text.length: {when: text is not null}\n  - text.length\n",
        "d.yaml:5: text.length is there twice with different `when:`; give one of them `as: NAME`, or use one `when:`",
    ),
    "table there": (
        "  - text.paragraphs: {into: rows}\n",
        "d.yaml:4: text.paragraphs would make the table 'rows', which is there already; add `into: NAME`",
    ),
    "join of nothing": ("  - join: {with: other, on: id}\n", "d.yaml:4: there is no table 'other' here; known: rows"),
}


@pytest.mark.parametrize(("steps", "message"), BAD.values(), ids=BAD.keys())
def test_mistakes_are_told_with_file_line_and_fix(steps: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        plan(steps)
    assert str(error.value) == message


def test_a_measure_that_would_write_a_user_column_is_refused() -> None:
    schema = pa.schema([("text", pa.string()), ("text_chars", pa.int64())])
    with pytest.raises(SpecError) as error:
        plan("  - keep: text_words > 3\n", schema)
    assert str(error.value) == (
        "d.yaml:4: text.length would write 'text_chars', a column of the source; write `- text.length: {as: NAME}` and use NAME's columns"
    )
    assert said(plan("  - keep: text_chars > 3\n", schema)) == ["keep: text_chars > 3"], "the user's own column is the user's own"
    assert said(plan("  - text.length: {as: t}\n  - keep: t_words > 3\n", schema))[-1] == "keep: t_words > 3"


def test_a_name_that_two_operators_write_is_ambiguous_until_one_is_written() -> None:
    with pytest.raises(SpecError) as error:
        plan("  - keep: text_words > 3\n", ops=Ops(Words2))
    assert str(error.value) == (
        "d.yaml:4: column 'text_words' is ambiguous: text.length and text.other_length write it; "
        "write the step you mean before, such as `- text.length`"
    )
    assert said(plan("  - text.other_length\n  - keep: text_words > 3\n", ops=Ops(Words2)))[0] == "text.other_length"


def test_an_unknown_column_of_the_assessment() -> None:
    with pytest.raises(SpecError) as error:
        plan("  []\n", extra=("text_wrods",))
    assert (
        str(error.value)
        == "the assessment needs 'text_wrods', which neither the sources nor an operator writes; did you mean 'text_words'?"
    )


def test_graded_columns_must_exist() -> None:
    with pytest.raises(SpecError, match=r"d.yaml:3: columns: there is no column 'txt'; did you mean 'text'\?"):
        resolve(loads("dataset: d\nsource: [{read: a}]\ncolumns: {txt: {personal: personal}}", "d.yaml"), {"rows": TEXT}, Ops())


def test_joined_columns_become_content() -> None:
    other = {"labels": pa.schema([("n", pa.int64()), ("label", pa.string())])}
    p = plan("  - join: {with: labels, on: n}\n  - keep: label = 'x' and label_words > 1\n", WIDE, more=other)
    assert said(p) == ["join: {with: labels, on: [n]}", "text.length: {on: label}", "keep: label = 'x' and label_words > 1"]
    with pytest.raises(SpecError, match="both tables of the join have answer, question, text; rename it in one of the sources"):
        plan("  - join: {with: labels, on: n}\n", WIDE, more={"labels": WIDE})


def test_sources_of_one_table_must_agree() -> None:
    text = "dataset: d\nsource:\n  - {read: a, name: a}\n  - {read: b, name: b}\n  - {read: c, name: c, into: other}\n"
    a, b = pa.schema([("x", pa.int64())]), pa.schema([("y", pa.int64())])
    with pytest.raises(SpecError) as error:
        tables_of(loads(text, "d.yaml"), {"a": a, "b": b, "c": b})
    assert str(error.value) == (
        "d.yaml:4: source 'b' lacks 'x'; alone has 'y'; write `into: NAME` for a table of its own, or `schema: extend` to fill with null"
    )
    extended = tables_of(loads(text + "schema: extend\n"), {"a": a, "b": b, "c": b})
    assert {t: s.names for t, s in extended.items()} == {"rows": ["x", "y"], "other": ["y"]}
    with pytest.raises(SpecError, match="column 'x' is string in source 'b' and int64 in those before it"):
        tables_of(loads(text + "schema: extend\n"), {"a": a, "b": pa.schema([("x", pa.string())]), "c": b})
