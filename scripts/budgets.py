"""The budgets of the code: file <= 400 lines, function <= 40, operator file <= 80, no drawer, no print outside cli, no swallowed error."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE, FUNCTION, OPERATOR = 400, 40, 80
DRAWERS = {"utils.py", "helpers.py", "common.py", "misc.py"}
ADDRESS = re.compile(r"--(extra-)?index-url|\"resolved\": \"https?:|(?<![\w.])/(root|home/\w+)/")


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    said = (first.end_lineno or 0) - first.lineno + 1 if doc else 0
    return (node.end_lineno or 0) - node.lineno + 1 - said


def findings(path: Path) -> list[str]:
    """What is over budget in one source file."""
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT))
    lines = text.count("\n")
    is_op = "/ops/" in name and not path.name.startswith("_")
    limit = OPERATOR if is_op else FILE
    out = [f"{name}: {lines} lines, budget {limit}"] if lines > limit else []
    if path.name in DRAWERS:
        out.append(f"{name}: a drawer; name the file after what it does")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "/migrations/" not in name and body_lines(node) > FUNCTION:
            out.append(f"{name}:{node.lineno}: {node.name} has {body_lines(node)} lines, budget {FUNCTION}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and "/cli/" not in name:
            out.append(f"{name}:{node.lineno}: print outside cli")
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
            out.append(f"{name}:{node.lineno}: an error swallowed by pass")
    return out


def addresses() -> list[str]:
    """Files that name a registry or a machine's path."""
    out = []
    for pattern in ("*.toml", "*.txt", "*.md", "Makefile", "scripts/*.sh", "docs/**/*.md", "src/**/*.py", "src/**/*.yaml", "bench/*.py"):
        for path in ROOT.glob(pattern):
            found = ADDRESS.search(path.read_text(encoding="utf-8"))
            if found:
                out.append(f"{path.relative_to(ROOT)}: names {found.group(0)}")
    return out


def main() -> int:
    """Print what is over budget; 1 when anything is."""
    out = [f for path in sorted((ROOT / "src").rglob("*.py")) for f in findings(path)] + addresses()
    sys.stdout.write("\n".join(out) + ("\n" if out else ""))
    return bool(out)


if __name__ == "__main__":
    sys.exit(main())
