"""Recipe files: YAML to ``Recipe`` and back. Every error names file, line and key."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.recipe import document
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.document import Document, Path
from zhuoyu.recipe.model import AnyStep, Basis, ColumnSpec, JoinStep, KeepStep, OpStep, Part, Recipe, ReleaseSpec, RulesStep, SourceSpec

P = TypeVar("P", bound=Part)

OP_WORDS = ("on", "as", "when", "lazy", "table", "into")
KEEP_WORDS = ("because", "null", "when", "lazy", "table")
RULES_WORDS = ("when", "lazy", "table")
WORDS = {"keep": KEEP_WORDS, "rules": RULES_WORDS, "join": ("when", "lazy", "table")}
LATER = {"fit": "fitting models in a recipe", "annotate": "annotation campaigns", "synthesize": "synthesis"}


def load(path: FilePath | str) -> Recipe:
    """Read a recipe file.

    Raises:
        SpecError: there is no such file, or something in it is wrong; the message begins ``FILE:LINE: ``.
    """
    path = FilePath(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"there is no recipe {str(path)!r}", fix="give the path of a dataset.yaml", path=str(path)) from None
    except IsADirectoryError:
        raise SpecError(
            f"{str(path)!r} is a folder, expected a recipe file", fix=f"write {path / 'dataset.yaml'}", path=str(path)
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot read {str(path)!r}: {error}", fix="save it as UTF-8 text that you may read", path=str(path)) from None
    return loads(text, str(path))


def loads(text: str, name: str = "recipe") -> Recipe:
    r"""Read a recipe from text; NAME stands in messages.

    Raises:
        SpecError: as ``load``.

    >>> r = loads("dataset: d\nsource: [{read: a.txt}]\nsteps: [{keep: text_words >= 5}]")
    >>> r.steps[0].condition.text
    'text_words >= 5'
    """
    doc = Document(text, name)
    if not isinstance(doc.value, dict):
        raise doc.error(
            (), "expected a recipe: a mapping that begins with `dataset:`", "see `dataset:`, `source:`, `steps:` in the documentation"
        )
    said = dict(doc.value)
    _known(doc, (), said, Recipe, "the recipe")
    sources = _list(doc, ("source",), said.get("source"), "sources")
    said["source"] = tuple(_source(doc, ("source", i), s) for i, s in enumerate(sources))
    if said.get("columns") is not None:
        columns = _mapping(doc, ("columns",), said["columns"], "a mapping of column names")
        said["columns"] = {c: _part(doc, ("columns", c), ColumnSpec, v) for c, v in columns.items()}
    if said.get("release") is not None:
        _part(doc, ("release",), ReleaseSpec, said["release"])
    said["steps"] = tuple(read_step(doc, ("steps", i), s) for i, s in enumerate(_list(doc, ("steps",), said.get("steps"), "steps")))
    said = {k: v for k, v in said.items() if v is not None}
    _distinct(doc, said["source"])
    return _valid(doc, (), Recipe, said)


def _distinct(doc: Document, sources: tuple[SourceSpec, ...]) -> None:
    seen: dict[str, int] = {}
    for i, s in enumerate(sources):
        if s.name and s.name in seen:
            raise doc.error(("source", i, "name"), f"two sources are called {s.name!r}", "give each source a name of its own")
        seen[s.name] = i


def _source(doc: Document, path: Path, value: Any) -> SourceSpec:
    if isinstance(value, str):
        value = {"read": value}
    value = dict(_mapping(doc, path, value, "a source: a path or a mapping with `read:`"))
    if value.get("basis") is not None:
        _known(doc, path, value, SourceSpec, _said(path))
        value["basis"] = _part(doc, (*path, "basis"), Basis, value["basis"])
    return _part(doc, path, SourceSpec, value)


def read_step(doc: Document, path: Path, value: Any) -> AnyStep:
    """One entry of ``steps:``.

    Raises:
        SpecError: it is not a step.
    """
    if isinstance(value, str):
        value = {value: None}
    value = _mapping(doc, path, value, "a step: an operator, or `keep: CONDITION`")
    head = _head(doc, path, value)
    rest = {k: v for k, v in value.items() if k != head}
    rest |= {"where": doc.at((*path, head))}
    if "when" in rest:
        rest["when"] = _condition(doc, (*path, "when"), rest["when"])
    if head == "keep":
        return _valid(doc, path, KeepStep, rest | {"condition": _condition(doc, (*path, head), value[head])})
    if head == "rules":
        return _valid(doc, path, RulesStep, rest | {"rules": value[head]})
    if head == "join":
        given = _mapping(doc, (*path, head), value[head], "`join: {with: TABLE, on: COLUMN}`")
        _known(doc, (*path, head), given, JoinStep, "join")
        return _valid(doc, (*path, head), JoinStep, {**given, **rest})
    return _op_step(doc, path, head, value[head], rest)


def _head(doc: Document, path: Path, value: dict[str, Any]) -> str:
    """The key that says which step it is; the others must be words that go with it."""
    heads = [k for k in value if k not in ("because", "null", *OP_WORDS)]
    steps = [k for k in heads if k in WORDS or k in LATER or "." in k]
    if len(steps) > 1 or not heads:
        said, fix = " and ".join(repr(h) for h in steps) or "none", "begin each step with its own dash"
        raise doc.error((*path, steps[1]) if steps else path, f"{_said(path)}: expected one step, found {said}", fix)
    head = steps[0] if steps else heads[0]
    if not steps:
        close = did_you_mean(head, [*WORDS, *LATER])
        raise doc.error(
            (*path, head),
            f"{_said(path)}: unknown step {head!r}",
            close if "mean" in close else f"{close}; operators have a dot: text.length",
        )
    if head in LATER:
        fix = f"leave the step out: {LATER[head]} come with a later version"
        raise doc.error((*path, head), f"{_said(path)}: {head} steps are not built yet", fix)
    for key in value:
        if key != head and key not in WORDS.get(head, OP_WORDS):
            raise doc.error((*path, key), f"{_said(path)}: unknown key {key!r} beside {head}", did_you_mean(key, WORDS.get(head, OP_WORDS)))
    return head


def _op_step(doc: Document, path: Path, head: str, given: Any, rest: dict[str, Any]) -> OpStep:
    inside = (*path, head)
    params = dict(_mapping(doc, inside, {} if given is None else given, f"the parameters of {head}: a mapping"))
    words = {k: params.pop(k) for k in OP_WORDS if k in params}
    for key in words:
        if key in rest:
            raise doc.error((*path, key), f"{_said(path)}: {key!r} is written twice", f"keep it inside {head} or beside it")
    if "when" in words:
        words["when"] = _condition(doc, (*inside, "when"), words["when"])
    return _valid(doc, inside, OpStep, {**rest, **words, "op": head, "params": params})


def _condition(doc: Document, path: Path, value: Any) -> Condition:
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str):
        raise doc.error(path, f"{_said(path)}: expected a condition, found {_shown(value)}", "write one, such as text_words >= 50")
    return Condition.parse(value, doc.at(path))


def _mapping(doc: Document, path: Path, value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise doc.error(path, f"{_said(path)}: expected {what}, found {_shown(value)}", "write `key: value` pairs")
    return value


def _list(doc: Document, path: Path, value: Any, what: str) -> list[Any]:
    if value is None:
        if path == ("source",):
            raise doc.error((), "the recipe has no 'source'", "write `source:` and below it `- read: PATH`")
        return []
    if not isinstance(value, list):
        raise doc.error(path, f"{_said(path)}: expected a list of {what}, found {_shown(value)}", "begin each with a dash")
    return value


def _keys(model: type[BaseModel]) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items() if name != "where"]


def _known(doc: Document, path: Path, value: dict[str, Any], model: type[BaseModel], what: str) -> None:
    keys = _keys(model)
    for key in value:
        if key not in keys:
            raise doc.error((*path, key), f"unknown key {key!r} in {what}", did_you_mean(key, keys))


def _part(doc: Document, path: Path, model: type[P], value: Any) -> P:
    value = _mapping(doc, path, value, "a mapping")
    _known(doc, path, value, model, _said(path))
    said = {k: v for k, v in value.items() if v is not None}
    return _valid(doc, path, model, {**said, "where": doc.at(path)})


def _valid(doc: Document, path: Path, model: type[P], value: dict[str, Any]) -> P:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise doc.error(*_translated(path, value, dict(first))) from None


def _translated(path: Path, value: Any, e: dict[str, Any]) -> tuple[Path, str, str]:
    """Where and what a pydantic error is in our words."""
    at, here = path, value
    for part in e["loc"]:
        if (isinstance(here, dict) and part in here) or (isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)):
            at, here = (*at, part), here[part]
    kind, ctx = e["type"], e.get("ctx", {})
    if kind == "missing":
        return at, f"{_said(at)}: the key {e['loc'][-1]!r} is missing", f"write `{e['loc'][-1]}: …`"
    if kind == "literal_error":
        words = [w.strip("'") for w in ctx["expected"].replace(" or ", ", ").split(", ")]
        return at, f"{_said(at)}: expected {ctx['expected']}, found {_shown(e['input'])}", did_you_mean(str(e["input"]), words)
    if kind == "string_pattern_mismatch":
        return (
            at,
            f"{_said(at)}: expected a name, found {_shown(e['input'])}",
            "use letters, digits and _, beginning with a letter" + ("" if e["loc"][-1] != "dataset" else "; . and - may follow"),
        )
    said = str(ctx["error"]) if "error" in ctx else e["msg"].replace("Input should be", "expected")
    return at, f"{_said(at)}: {said[:1].lower() + said[1:]}, found {_shown(e['input'])}", "see the keys of a recipe in the documentation"


def _said(path: Path) -> str:
    """``source[0].land``."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f"{'.' if out else ''}{part}"
    return out or "the recipe"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else repr(value)


def plain(recipe: Recipe) -> dict[str, Any]:
    """What a recipe says as the plain values of its canonical file."""
    said = recipe.said()
    out: dict[str, Any] = {
        "dataset": recipe.dataset,
        "modality": recipe.modality[0] if len(recipe.modality) == 1 else list(recipe.modality),
    }
    said["source"] = [{"name": s["name"], **s} for s in said["source"]]
    for key in _keys(Recipe):
        if key in said and key not in out:
            out[key] = said[key]
    if recipe.steps:
        out["steps"] = [plain_step(s) for s in recipe.steps]
    return out


def plain_step(step: AnyStep) -> Any:
    """One step as it stands in a canonical file."""
    said = step.said()
    if isinstance(step, KeepStep):
        return {"keep": said.pop("condition"), **said}
    if isinstance(step, RulesStep):
        return {"rules": said.pop("rules"), **said}
    if isinstance(step, JoinStep):
        outside = {k: said.pop(k) for k in WORDS["join"] if k in said}
        return {"join": said, **outside}
    words = {k: said[k] for k in OP_WORDS if k in said}
    if len(step.on) == 1:
        words["on"] = step.on[0]
    given = {**step.params, **words}
    return {step.op: given} if given else step.op


def dumps(recipe: Recipe) -> str:
    """Canonical YAML: reading it gives an equal recipe."""
    return document.write(plain(recipe))
