"""The JSON schema of recipe files, for editors: completion, descriptions, red underlines."""

from __future__ import annotations

from typing import Any

from zhuoyu.op import Op
from zhuoyu.recipe.model import NAME, JoinStep, Recipe, ReleaseSpec
from zhuoyu.recipe.plan import Catalogue
from zhuoyu.recipe.rules import rule_names

_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_WORDS: dict[str, dict[str, Any]] = {
    "on": {**_NAMES, "description": "The columns it reads."},
    "as": {"type": "string", "pattern": NAME, "description": "Takes the place of the input's name in the written columns."},
    "when": {"type": "string", "description": "The step is for rows where this is true; the others pass untouched."},
    "lazy": {"type": "boolean", "description": "Rows rejected so far do not reach this step."},
    "table": {"type": "string", "pattern": NAME, "description": "The table the step works on; default: rows."},
    "into": {"type": "string", "pattern": NAME, "description": "The table an Expand makes."},
    "because": {"type": "string", "description": "The reason of rejected rows; default: the condition."},
    "null": {"enum": ["reject", "keep"], "description": "What happens to rows where the condition is unknown."},
}
_OP_KINDS = {"measure": ("on", "as"), "relate": ("on", "as"), "transform": ("on",), "expand": ("on", "into")}


def json_schema(catalogue: Catalogue) -> dict[str, Any]:
    """A JSON schema (draft 2020-12) of ``dataset.yaml`` with every operator of CATALOGUE and its parameters."""
    schema = Recipe.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.pop("$defs", {})
    definitions = {n: _tidy(d) for n, d in definitions.items() if n in ("SourceSpec", "ColumnSpec", "Basis")}
    operators = {name: catalogue.load(name) for name in catalogue.names()}
    for name, op in operators.items():
        own, parts = _parameters(op)
        definitions |= parts
        definitions[name] = own
    definitions["step"] = {"anyOf": [{"enum": list(operators)}, _keep(), _rules(), _join(), *(_step(n, op) for n, op in operators.items())]}
    properties = _tidy(schema)["properties"]
    properties["steps"] = {"type": "array", "items": {"$ref": "#/$defs/step"}, "description": "What is done to the rows, in order."}
    properties["release"] = _tidy(ReleaseSpec.model_json_schema())
    properties["source"]["items"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/SourceSpec"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zhuoyu dataset",
        "type": "object",
        "additionalProperties": False,
        "required": ["dataset", "source"],
        "properties": properties,
        "$defs": definitions,
    }


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Without our own bookkeeping; one name stands for a list of one."""
    out = {k: v for k, v in schema.items() if k != "$defs"}
    properties = {n: dict(p) for n, p in schema.get("properties", {}).items() if n != "where"}
    for name, said in properties.items():
        if said.get("type") == "array" and said.get("items", {}).get("type") == "string":
            kept = {k: v for k, v in said.items() if k not in ("type", "items")}
            properties[name] = {**kept, "anyOf": [said["items"], {"type": "array", "items": said["items"]}]}
    return {**out, "properties": properties}


def _parameters(op: type[Op]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The mapping below an operator's name, and the definitions its parameters share."""
    said = op.model_json_schema(ref_template="#/$defs/" + op.name() + ".{model}")
    parts = {f"{op.name()}.{n}": d for n, d in said.pop("$defs", {}).items()}
    words = [*_OP_KINDS[op.kind()], "when", "lazy", "table"]
    properties = {**said.get("properties", {}), **{w: _WORDS[w] for w in words}}
    about = (op.__doc__ or "").strip().split("\n")[0]
    own: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": False, "properties": properties, "description": about}
    return own | ({"required": said["required"]} if said.get("required") else {}), parts


def _one(name: str, value: dict[str, Any], beside: tuple[str, ...]) -> dict[str, Any]:
    properties = {name: value, **{w: _WORDS[w] for w in beside}}
    return {"type": "object", "additionalProperties": False, "required": [name], "properties": properties}


def _step(name: str, op: type[Op]) -> dict[str, Any]:
    return _one(name, {"$ref": f"#/$defs/{name}"}, (*_OP_KINDS[op.kind()], "when", "lazy", "table"))


def _keep() -> dict[str, Any]:
    said = {
        "type": ["string", "boolean"],
        "description": "A SQL boolean over columns and measures; rows where it is not true are rejected.",
    }
    return _one("keep", said, ("because", "null", "when", "lazy", "table"))


def _rules() -> dict[str, Any]:
    return _one("rules", {"enum": list(rule_names()), "description": "A named set of keep steps."}, ("when", "lazy", "table"))


def _join() -> dict[str, Any]:
    said = _tidy(JoinStep.model_json_schema(by_alias=True))
    said["properties"] = {k: v for k, v in said["properties"].items() if k in ("with", "on", "how", "tolerance")}
    return _one("join", {**said, "additionalProperties": False}, ("when", "lazy", "table"))
