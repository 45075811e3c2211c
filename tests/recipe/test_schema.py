"""The JSON schema that editors use accepts what ``loads`` accepts, and says what is wrong with the rest."""

from __future__ import annotations

import json

import pytest

from recipe.catalogue import Ops
from recipe.test_load import WHOLE
from zhuoyu.recipe import json_schema
from zhuoyu.recipe.document import Document

jsonschema = pytest.importorskip("jsonschema")
HEAD = "dataset: d\nsource: [a.txt]\n"
GOOD = [
    HEAD,
    HEAD + "steps: [text.normalize, {text.normalize: {form: NFC, on: text}}, {keep: a > 1, null: keep}, {rules: gopher_quality}]\n",
    HEAD + "steps:\n  - text.length: {on: [q], as: q}\n    when: a > 1\n",
    WHOLE,
]
BAD = [
    "dataset: d\n",
    HEAD + "sede: 1\n",
    HEAD + "modality: txt\n",
    HEAD + "steps: [text.lenght]\n",
    HEAD + "steps: [{text.normalize: {frm: NFC}}]\n",
    HEAD + "steps: [{text.symbols: {least: 0}}]\n",
    HEAD + "steps: [{text.length: {into: x}}]\n",
    HEAD + "steps: [{keep: 3}]\n",
    HEAD + "steps: [{rules: gopher}]\n",
    "dataset: d\nsource: [{read: a, licence: x}]\n",
]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema(Ops())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", GOOD)
def test_good_recipes_are_valid(text: str, validator: jsonschema.Draft202012Validator) -> None:
    assert [e.message for e in validator.iter_errors(Document(text, "d").value)] == []


@pytest.mark.parametrize("text", BAD)
def test_bad_recipes_are_not(text: str, validator: jsonschema.Draft202012Validator) -> None:
    assert not validator.is_valid(Document(text, "d").value)


def test_it_names_every_operator_with_its_description() -> None:
    schema = json_schema(Ops())
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$defs"]["text.symbols"]["properties"]["least"]["description"] == "Shorter texts count as 0 (code points)."
    assert schema["$defs"]["text.length"]["description"] == "Words and characters."
    assert set(Ops().names()) <= set(schema["$defs"]["step"]["anyOf"][0]["enum"])
