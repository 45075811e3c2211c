"""Recipes in Python are the recipes of the files."""

from __future__ import annotations

import pytest

from zhuoyu.errors import SpecError
from zhuoyu.recipe import loads, read

YAML = """\
dataset: docs
stage: pretrain
source:
  - {read: corpus/*.parquet, license: MIT, key: [id], as: parquet}
  - {read: [a.txt, b.txt], into: other}
steps:
  - text.normalize: {form: NFKC}
  - keep: text_words >= 50
    because: short
    null: keep
  - relate.near_duplicates: {on: text, threshold: 0.8, as: near, when: text_words > 3}
  - keep: near_duplicate_of is null
  - rules: gopher_quality
    when: text_language = 'en'
assess: pretrain-text
"""


def test_the_same_recipe_as_the_yaml() -> None:
    built = (
        read("corpus/*.parquet", license="MIT", key=["id"], read_as="parquet")
        .read("a.txt", "b.txt", into="other")
        .apply("text.normalize", form="NFKC")
        .keep("text_words >= 50", because="short", null="keep")
        .apply("relate.near_duplicates", on="text", threshold=0.8, as_="near", when="text_words > 3")
        .keep("near_duplicate_of is null")
        .rules("gopher_quality", when="text_language = 'en'")
        .assess("pretrain-text")
        .say(stage="pretrain")
        .named("docs")
    )
    assert built.recipe() == loads(YAML)
    assert built.recipe().digest() == loads(YAML).digest()


def test_a_builder_is_a_value() -> None:
    begun = read("a").named("d")
    assert len(begun.keep("a > 1").steps) == 1
    assert begun.steps == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: read(), "expected something to read; call read('folder/*.parquet')"),
        (lambda: read("a", licence="MIT"), "unknown key 'licence' in a source; did you mean 'license'?"),
        (lambda: read("a").keep("a > 1", becuase="x"), "unknown key 'becuase' in keep; did you mean 'because'?"),
        (lambda: read("a").keep("a >"), "something is missing beside '>'; write the value that belongs there\n    a >\n      ^"),
        (lambda: read("a").say(stge="eval"), "unknown key 'stge' in a recipe; did you mean 'stage'?"),
        (lambda: read("a").recipe(), "the recipe has no name; call .named('my-dataset')"),
    ],
)
def test_mistakes(make: object, message: str) -> None:
    with pytest.raises(SpecError) as error:
        make()
    assert str(error.value) == message
