"""YAML with the line of every key: composed, never constructed into Python objects.

Values follow YAML 1.2: only true and false are booleans (``no`` is Norwegian), keys are always text (``on``, ``null``).
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from zhuoyu.errors import SpecError
from zhuoyu.recipe.position import Position, spec_error

Path = tuple[str | int, ...]
_NO_TAGS = "a recipe is plain YAML: texts, numbers, true, false, lists, mappings"
MOST_NODES = 50_000
DEEPEST = 50

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*$")
_SCALARS: list[tuple[str, str, str]] = [
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
]


class Loader(yaml.SafeLoader):
    """YAML 1.2 scalars."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML declares it so


class Dumper(yaml.SafeDumper):
    """Quotes what ``Loader`` would read as something else."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML declares it so

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML calls it with the value
        """A canonical file has no anchors."""
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        """Words stand as keys without quotes: a key is always text here, ``null:`` and ``on:`` too."""
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            if _WORD.match(key.value):
                key.tag = self.resolve(yaml.ScalarNode, key.value, (True, False))  # type: ignore[no-untyped-call]
        return node


for _tag, _pattern, _first in _SCALARS:
    for _class in (Loader, Dumper):
        _class.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), [c if c != "\0" else "" for c in _first])


class Document:
    """A YAML file as plain values, and where each of them stands."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.places: dict[Path, Position] = {}
        self._count = 0
        self.value = self._read(text)

    def at(self, path: Path) -> Position:
        """The place of a value, or of the nearest thing around it that has one."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Position(self.name, 1))

    def error(self, path: Path, message: str, fix: str = "") -> SpecError:
        """A SpecError at that place."""
        return spec_error(self.at(path), message, fix)

    def _read(self, text: str) -> Any:
        loader: Any = None
        try:
            loader = Loader(text)
            node = loader.get_single_node()
            return None if node is None else self._value(node, (), 0)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise spec_error(
                Position(self.name, line), f"not YAML: {error.problem or error.context}", "check indentation, quotes and colons"
            ) from None
        except yaml.YAMLError as error:
            raise spec_error(Position(self.name, 1), f"not YAML: {str(error).splitlines()[0]}", "save the file as UTF-8 text") from None
        except RecursionError:
            raise spec_error(Position(self.name, 1), "this file is nested too deeply", "a recipe has a handful of levels") from None
        finally:
            if loader is not None:
                loader.dispose()

    def _value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._count += 1
        here = Position(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        self.places.setdefault(path, here)
        if depth > DEEPEST or self._count > MOST_NODES:
            raise spec_error(here, "this file unfolds to more than a recipe can be", "check its anchors (&) and aliases (*)")
        if isinstance(node, yaml.CollectionNode) and node.tag.rpartition(":")[2] not in ("map", "seq"):
            raise spec_error(here, f"unknown tag {node.tag!r}", _NO_TAGS)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(n, (*path, i), depth + 1) for i, n in enumerate(node.value)]
        return self._scalar(node, here)

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            here = Position(self.name, key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise spec_error(here, "expected a name before the colon", "write `name: value`")
            if key.tag == "tag:yaml.org,2002:merge":
                merged |= self._merge(value, path, depth, here)
                continue
            name = key.value
            if name in own:
                raise spec_error(
                    here, f"key {name!r} is written twice, first in line {self.places[(*path, name)].line}", "keep one of them"
                )
            self.places[(*path, name)] = here
            own[name] = self._value(value, (*path, name), depth + 1)
        return merged | own

    def _merge(self, node: yaml.Node, path: Path, depth: int, here: Position) -> dict[str, Any]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        out: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                raise spec_error(here, "<< takes a mapping", "write `<<: *anchor`")
            out = self._mapping(part, (*path, "<<"), depth + 1) | out
        return out

    def _scalar(self, node: yaml.Node, here: Position) -> Any:
        text, kind = str(node.value), node.tag.rpartition(":")[2]
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        try:
            return _number(text, kind)
        except ValueError:
            raise spec_error(here, f"unknown tag {node.tag!r} on {text!r}", _NO_TAGS) from None


def _number(text: str, kind: str) -> int | float:
    if kind == "int":
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise ValueError(kind)


def write(value: Any) -> str:
    """Canonical YAML of plain values."""
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False)


def flow(value: Any) -> str:
    """Plain values in one line of YAML."""
    return (
        yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100_000, default_flow_style=True)
        .removesuffix("...\n")
        .strip()
    )
