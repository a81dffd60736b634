"""Fingerprints of code: what a notebook computes, comments and docstrings left out.

In: a notebook. Out: a short hash of its code cells and of every module of the package that they
lead to, so that the workflow repeats what changed and nothing else. Where a module lies and what it
is called do not count: an import stands for the digest of what it leads to.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeGuard

from cl_utils.errors import StudyError
from cl_utils.names import cut
from cl_utils.paths import REPOSITORY, notebooks

PACKAGE = "cl_utils"
PRESENTATION = ("stats", "labels", "figures", "report")
"""Folders that only show results: they count for the notebooks of figures alone."""
PLUMBING = ("", "study")
"""Folders that only keep parameters and files, the package's own modules ("") among them."""
DRAWING = "seeds"  # but what every random number comes from decides what is computed
LATER = ("type_params",)  # fields of syntax trees that Python 3.11 does not have
DISPLAY = "display"  # the tag of a cell that shows something, and leaves nothing to other cells
UNCOUNTED = {"parameters", "injected-parameters", DISPLAY}
GALLERY = "Gallery"  # what a notebook of figures saves them with


def code_fingerprint(notebook: Path) -> str:
    """Return 16 hexadecimal digits for a notebook's code and the modules it uses.

    Folders that only show results count for the notebooks of figures alone, and those that only
    keep files and parameters for none: a new colour or message must not repeat a training.
    """
    tree = _code(notebook)
    return _digest(tree, _shows(tree), {})[:16]


def module_digests(notebook: Path) -> dict[Path, str]:
    """Return a digest of each module that counts for a notebook, those that it imports first.

    Raises SyntaxError, with the file's name, for a module that is no Python.
    """
    tree, found = _code(notebook), dict[Path, str]()
    _digest(tree, _shows(tree), found)
    return found


@lru_cache
def module_fingerprint(module: Path) -> str:
    """Return 16 hexadecimal digits for what a module of the package computes with its imports."""
    return _digest_of(module, False, {})[:16]


def showing_notebooks() -> tuple[str, ...]:
    """Return the names of the notebooks of figures, those that have a gallery, in order."""
    return tuple(path.stem for path in notebooks() if _shows(_code(path)))


def _code(notebook: Path) -> ast.Module:
    """Return the syntax tree of a notebook's code, without parameters, displays and magics.

    Raises StudyError for a file that is no notebook, or whose code is no Python.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if _computes(cell))
        lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
        return ast.parse("\n".join(lines))
    except (ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise StudyError(
            f"{notebook} cannot be read as a notebook of the study ({cut(reason, 120)}): correct "
            "it, or move it out of notebooks/"
        ) from None


def _computes(cell: dict[str, object]) -> bool:
    tags = cell["metadata"].get("tags", [])  # type: ignore[attr-defined]
    return cell["cell_type"] == "code" and not UNCOUNTED & set(tags)


def _shows(tree: ast.Module) -> bool:
    imported = (alias.name for node in tree.body if _is_ours(node) for alias in node.names)
    return GALLERY in imported


def _digest(tree: ast.Module, shown: bool, known: dict[Path, str]) -> str:
    """Return the SHA-256 of a tree with all that its imports lead to; `known`: by file, so far.

    The digest of a module contains those of the modules that it imports, like a Merkle tree's: so
    it tells a module from another without their names, and which name comes from which.
    """
    names, modules = [], {}
    for node in filter(_is_ours, tree.body):  # those for type checkers stand deeper, and do nothing
        for alias in node.names:
            bound = alias.asname or alias.name
            module = _file(f"{node.module}.{alias.name}")
            if module:
                modules[bound] = _digest_of(module, shown, known)
            else:
                source = _digest_of(_file(str(node.module)), shown, known)
                names.append(f"{alias.name} as {bound} from {source}")
    parts = [_text(_Bare(modules).visit(tree)), *sorted(names), *sorted(modules.values())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _text(value: object) -> str:
    """Return a syntax tree as a text, the same in every Python: that of `ast.dump` in Python 3.11.

    Later ones have more fields, empty in the code that older ones can read, and leave others out.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if not isinstance(value, ast.AST):
        return repr(value)
    kind = type(value)
    fields = [
        f"{name}={_text(field)}"
        for name, field in ast.iter_fields(value)
        if not (name in LATER and not field)
        and not (field is None and getattr(kind, name, ...) is None)  # optional, and not there
    ]
    return f"{kind.__name__}({', '.join(fields)})"


def _digest_of(module: Path | None, shown: bool, known: dict[Path, str]) -> str:
    """Return the digest of a module's file, "" of one that does not count."""
    if module is None or not _counts(module, shown):
        return ""
    if module not in known:
        tree = ast.parse(module.read_text(encoding="utf-8"), filename=str(module))
        known[module] = _digest(tree, shown, known)
    return known[module]


def _counts(module: Path, shown: bool) -> bool:
    folder, _, name = module.relative_to(REPOSITORY / PACKAGE).as_posix().rpartition("/")
    top = folder.partition("/")[0]
    return name == f"{DRAWING}.py" or top not in (PLUMBING if shown else PLUMBING + PRESENTATION)


def _file(module: str) -> Path | None:
    path = REPOSITORY.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def _is_ours(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == PACKAGE


class _Bare(ast.NodeTransformer):
    """Takes docstrings and the package's imports out; imported modules are called by digest."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules

    def generic_visit(self, node: ast.AST) -> ast.AST:
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return super().generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if _is_ours(node) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        # The first releases of Python 3.12 put empty texts into the widths of f-strings.
        node.values = [
            each for each in node.values if not isinstance(each, ast.Constant) or each.value
        ]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.modules.get(node.id, node.id), node.ctx)
