"""The recipes that come with zhuoyu."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.recipe import dumps, loads


def names() -> list[str]:
    """Folders of ``zhuoyu/recipes`` that hold a dataset.yaml."""
    return sorted(p.name for p in files("zhuoyu.recipes").iterdir() if p.joinpath("dataset.yaml").is_file())


def recipe(name: str, paths: list[Path]) -> tuple[str, str, Path]:
    """The recipe NAME as YAML, its name for messages, and its folder; PATHS take the place of its sources.

    Raises:
        SpecError: there is no such recipe, or a path does not exist.
    """
    if name not in names():
        raise SpecError(f"there is no recipe {name!r}", fix=did_you_mean(name, names()))
    where = files("zhuoyu.recipes").joinpath(name, "dataset.yaml")
    text = where.read_text(encoding="utf-8")
    if not paths:
        return text, f"{name}/dataset.yaml", Path(str(where)).parent
    missing = [str(p) for p in paths if not p.exists()]
    if missing:
        raise SpecError(f"there is nothing at {', '.join(missing)}", fix="give files or folders that exist")
    given = loads(text, f"{name}/dataset.yaml").model_dump(mode="json", exclude_unset=True, by_alias=True)
    own = {"kind": "own", "evidence": "given on the command line"}
    given["source"] = [
        {"name": str(p), "read": str(p.resolve()), "basis": own, "origin": "collected", "license": "from_metadata"} for p in paths
    ]
    return dumps(type(loads(text, name)).model_validate(given)), f"{name}/dataset.yaml", Path.cwd()
