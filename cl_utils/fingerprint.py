"""Fingerprints of code: what a notebook computes, comments and docstrings left out.

In: a notebook. Out: a short hash of its code cells and of every module of the package that they
lead to, so that the workflow repeats what changed and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

from cl_utils.paths import REPOSITORY

PACKAGE = "cl_utils"
PRESENTATION = (
    *("figures", "style", "tables", "results", "report", "stats", "cost", "labels", "main_table"),
    *("answers", "captions", "metric_findings", "sentences"),
    *("families", "findings", "gallery", "questions", "unsettled"),
)
PLUMBING = (
    *("params", "stages", "study", "data_tables", "notebook_names", "paths", "artifacts", "errors"),
    *("fingerprint", "parallel"),
)
SHOWING = (
    "06_figures",
    "09_factorial",
    "10_protocol_audit",
    "11_adaptive",
    "12_metrics",
    "13_findings",
)


def code_fingerprint(notebook: Path) -> str:
    """Return 16 hexadecimal digits for a notebook's code and the modules it uses.

    Modules that only show results count for the notebooks of figures alone, and those that only
    keep files and parameters for none: a new colour or message must not repeat a training.
    """
    shown = notebook.stem in SHOWING
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if _computes(cell))
    tree = ast.parse(_without_magics(source))
    parts = [ast.dump(tree)]
    for module in sorted(_closure(tree, shown)):
        parts.append(ast.dump(_without_docstrings(ast.parse(module.read_text(encoding="utf-8")))))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _computes(cell: dict[str, object]) -> bool:
    tags = cell["metadata"].get("tags", [])  # type: ignore[attr-defined]
    return cell["cell_type"] == "code" and not {"parameters", "injected-parameters"} & set(tags)


def _without_magics(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return tree


def _closure(tree: ast.Module, shown: bool) -> set[Path]:
    """Return the files of all modules of the package that a tree imports, directly or not."""
    found: set[Path] = set()
    waiting = _imported(tree, shown)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting |= _imported(ast.parse(module.read_text(encoding="utf-8")), shown)
    return found


def _imported(tree: ast.Module, shown: bool) -> set[Path]:
    """Return the files of the modules that a tree imports at run time."""
    names: set[str] = set()
    for node in tree.body:  # imports for type checkers stand deeper, and compute nothing
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            names.add(str(node.module))
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    left_out = PLUMBING if shown else PLUMBING + PRESENTATION
    files = {_file(name) for name in names if f"{name}.".split(".")[1] not in left_out}
    return {file for file in files if file is not None}


def _file(module: str) -> Path | None:
    path = REPOSITORY.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None
