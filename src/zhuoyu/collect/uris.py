"""From what a recipe says to the files it means."""

from __future__ import annotations

import os
import re
import sysconfig
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from zhuoyu.collect import globs
from zhuoyu.collect.request import Request
from zhuoyu.collect.walk import Found, file_uri, walk
from zhuoyu.errors import DataError, MissingExtra, SpecError

READABLE = ("a path", "file://", "package://", "stdlib://", "site-packages://")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|_[A-Za-z0-9_]+")
_INSTALLED = ("site-packages", "dist-packages")


def expand(request: Request) -> tuple[list[Found], Counter[str]]:
    """The files of a request, each once, in the order of their uris; and what was skipped, by reason.

    Raises:
        SpecError: a scheme that cannot be read, or a broken pattern.
        DataError: nothing is there (unless ``missing: skip``).
        MissingExtra: the package of a ``package://`` is not installed (unless ``missing: skip``).
    """
    skipped: Counter[str] = Counter()
    found: dict[str, Found] = {}
    for read in request.read:
        try:
            some = _one(read, request, skipped)
        except (DataError, MissingExtra):
            if request.missing == "error":
                raise
            some = []
        if not some:
            skipped[f"nothing matches {read}"] += 1
        found.update((f.uri, f) for f in some)
    if not found and request.missing == "error":
        raise _nothing(request, skipped)
    return sorted(found.values()), skipped


def _nothing(request: Request, skipped: Counter[str]) -> DataError:
    looked = ", ".join(request.read)
    but = f" (include: {', '.join(request.include)})" if request.include else ""
    aside = (
        "; passed over: " + ", ".join(f"{n} {why}" for why, n in sorted(skipped.items()) if not why.startswith("nothing"))
        if skipped
        else ""
    )
    return DataError(
        f"source {request.name!r} found no file for {looked}{but} from {request.base}{aside.removesuffix('; passed over: ')}",
        fix="check the path, or write missing: skip",
        source=request.name,
    )


def _one(read: str, request: Request, skipped: Counter[str]) -> list[Found]:
    said = _SCHEME.match(read)
    if said is None:
        return _path(read, request, skipped)
    scheme, rest = said.group(1).lower(), said.group(2)
    if scheme == "file":
        return _path(unquote(rest.removeprefix("localhost")), request, skipped)
    if scheme == "package":
        return _package(rest, request, skipped)
    if scheme in ("stdlib", "site-packages"):
        return _python(scheme, rest or "**/*", request, skipped)
    raise SpecError(
        f"{scheme}:// is not readable yet ({read})",
        fix=f"readable are {', '.join(READABLE)}; copy the data to a folder first",
        scheme=scheme,
    )


def _path(read: str, request: Request, skipped: Counter[str]) -> list[Found]:
    path = os.path.abspath(request.base / Path(read).expanduser())  # noqa: PTH100  # Path.resolve would follow links: the name given is the name kept
    if os.path.isdir(path):  # noqa: PTH112
        return walk(path, file_uri(path).rstrip("/") + "/", _wanted(request, "**/*", skipped), skipped)
    if os.path.lexists(path):
        return [Found(file_uri(path), path, Path(path).name)]
    if not globs.is_pattern(read):
        raise DataError(f"expected a file or folder at {path}, found nothing", fix="check the path, or write missing: skip", path=path)
    root, pattern = globs.split(path)
    if not os.path.isdir(root):  # noqa: PTH112
        return []
    return walk(root, file_uri(root).rstrip("/") + "/", _wanted(request, pattern, skipped), skipped, _names_hidden(pattern))


def _python(scheme: str, pattern: str, request: Request, skipped: Counter[str]) -> list[Found]:
    wanted = _wanted(request, pattern, skipped)
    if scheme == "stdlib":
        wanted = _without_installed(wanted)
        roots = [sysconfig.get_path("stdlib")]
    else:
        roots = list({os.path.realpath(p): p for p in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))}.values())
    hidden = _names_hidden(pattern)
    return [f for root in roots if Path(root).is_dir() for f in walk(root, f"{scheme}://", wanted, skipped, hidden)]


def _without_installed(wanted: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda relative, uri: relative.split("/", 1)[0] not in _INSTALLED and wanted(relative, uri)


def _package(rest: str, request: Request, skipped: Counter[str]) -> list[Found]:
    name, _, pattern = rest.partition("/")
    if not _PACKAGE.fullmatch(name):
        raise SpecError(f"expected package://NAME/PATTERN, found package://{rest}", fix="write an import name or a distribution name")
    wanted = _wanted(request, pattern or "**/*", skipped)
    out = []
    for root in _package_folders(name):
        if pattern and not globs.is_pattern(pattern) and Path(root, pattern).is_dir():
            wanted = _wanted(request, pattern.rstrip("/") + "/**/*", skipped)
        out += walk(root, f"package://{name}/", wanted, skipped, _names_hidden(pattern))
    return out


def _package_folders(name: str) -> list[str]:
    """The folders of an installed package, found without importing it."""
    spec = find_spec(name) if name.isidentifier() else None
    if spec is None:
        spec = find_spec(_import_name(name))
    if spec is None:
        raise _not_installed(name)
    if spec.submodule_search_locations is None:
        raise SpecError(f"{name} is a single module, expected a package with files", fix=f"read site-packages://{name}.py")
    return list(spec.submodule_search_locations)


def _import_name(name: str) -> str:
    try:
        dist = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise _not_installed(name) from None
    tops = sorted(
        {f.parts[0] for f in dist.files or () if len(f.parts) > 1 and f.parts[0].isidentifier() and not f.parts[0].startswith("__")}
    )
    if len(tops) != 1:
        raise SpecError(
            f"the distribution {name} holds {len(tops)} packages ({', '.join(tops) or 'none'}), expected one",
            fix="write package://IMPORT_NAME/PATTERN",
        )
    return tops[0]


def _not_installed(name: str) -> MissingExtra:
    return MissingExtra(f"the package {name} is not installed in this Python", fix=f"run: pip install {name}", package=name)


def _names_hidden(pattern: str) -> bool:
    return any(part.startswith(".") for part in pattern.split("/"))


def _wanted(request: Request, pattern: str, skipped: Counter[str]) -> Callable[[str, str], bool]:
    match = globs.compiled(pattern).fullmatch
    include, exclude = tuple(request.include), tuple(request.exclude)

    def wanted(relative: str, uri: str) -> bool:
        if match(relative) is None or (include and not globs.matches(include, relative, uri)):
            return False
        if exclude and globs.matches(exclude, relative, uri):
            skipped["excluded"] += 1
            return False
        return True

    return wanted
