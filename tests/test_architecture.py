"""The shape of the code, read from its syntax trees: folders, sizes, docstrings, free imports.

In: the sources of cl_utils, benchmarks and tools. Out: a failure that names the module and the rule
it breaks. A new module needs a place in one of the folders, a new folder one in FOLDERS.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from cl_utils.code_fingerprint import DRAWING, PACKAGE, PLUMBING

REPOSITORY = Path(__file__).resolve().parents[1]
OURS = ("cl_utils", "benchmarks", "tools")
LONGEST_FILE = 260  # lines
LONGEST_FUNCTION = 45  # lines

FOLDERS = (
    *("cl_utils", "cl_utils.tinypy", "cl_utils.difficulty", "cl_utils.data"),
    *("cl_utils.curriculum", "cl_utils.model", "cl_utils.training.batches", "cl_utils.training"),
    *("cl_utils.evaluation", "cl_utils.stats", "cl_utils.study", "cl_utils.labels"),
    *(
        "cl_utils.figures",
        "cl_utils.report",
        "cl_utils.report.pages",
        "cl_utils.playground",
        "cl_utils.experiments",
        "cl_utils.workflow",
        "benchmarks",
        *("tools.browser", "tools.site", "tools"),
    ),
)
"""A module imports from its own folder and from those before it; benchmarks are one folder."""

IMPORT_EVERYTHING = """
import importlib, random, sys
import numpy, torch

def state():
    return (
        random.getstate(), str(numpy.random.get_state()), torch.initial_seed(),
        torch.get_rng_state().tolist(), torch.get_default_dtype(), torch.get_num_threads(),
    )

before = state()
for name in sys.argv[1:]:
    importlib.import_module(name)
assert state() == before, "an import changed a seed or a default of torch"
"""


def name_of(path: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    name_of(path): path for package in OURS for path in sorted((REPOSITORY / package).rglob("*.py"))
}
PACKAGES = [name for name, path in FILES.items() if path.name == "__init__.py"]
every_module = pytest.mark.parametrize("name", FILES)


@cache
def tree_of(name: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def imported_names(name: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of all that a module imports from ours, anywhere in its source."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            strangers = [each.name for each in node.names if is_ours(each.name)]
            assert not strangers, f"{name}: write `from ... import ...` instead of {strangers}"
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write imports in full"
            if is_ours(str(node.module)):
                yield from ((str(node.module), each.name) for each in node.names)


def is_ours(dotted: str) -> bool:
    """Return whether a dotted name begins with one of our packages."""
    return dotted.split(".")[0] in OURS


def imports_of(name: str) -> Iterator[str]:
    """Yield our modules that a module imports."""
    for module, imported in imported_names(name):
        whole = f"{module}.{imported}"
        found = whole if whole in FILES else module
        assert found in FILES, f"{name} imports from {module}, which is not there"
        yield found


def folder_of(name: str) -> str:
    """Return the dotted folder that holds a module; a package lies in its own folder."""
    if name.startswith("benchmarks"):
        return "benchmarks"
    return name if name in PACKAGES else name.rpartition(".")[0]


def place(name: str) -> int:
    """Return the place of a module's folder in FOLDERS."""
    return FOLDERS.index(folder_of(name))


def test_every_folder_has_a_place_and_a_contents_page() -> None:
    folders = {folder_of(name) for name in FILES}
    assert folders == set(FOLDERS), (
        "FOLDERS of tests/test_architecture.py has every folder, after those that it imports from: "
        f"add {sorted(folders - set(FOLDERS))}, remove {sorted(set(FOLDERS) - folders)}"
    )
    lacking = folders - set(PACKAGES)
    assert not lacking, f"write an __init__.py that names the modules of {sorted(lacking)}"


@every_module
def test_imports_come_from_folders_before(name: str) -> None:
    upward = [other for other in imports_of(name) if place(other) > place(name)]
    assert not upward, f"{name} imports {upward} from a folder that comes after its own"


def is_for_type_checkers(node: ast.stmt) -> bool:
    """Return whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def late_imports(tree: ast.Module) -> list[str]:
    """Return the imports of ours that do not stand at the module's level, with their lines."""
    nodes = [node for node in tree.body if not is_for_type_checkers(node)]
    below = [each for node in nodes for each in ast.walk(node) if each is not node]
    ours = [n for n in below if isinstance(n, ast.ImportFrom) and is_ours(str(n.module))]
    return [f"line {node.lineno}: {ast.unparse(node)}" for node in ours]


def is_fingerprinted(name: str) -> bool:
    """Return whether code that a notebook of the study computes with may stand in a module."""
    package, _, rest = name.partition(".")
    folder = rest.partition(".")[0] if "." in rest else ""
    return package == PACKAGE and (rest == DRAWING or folder not in (*PLUMBING, "workflow"))


@pytest.mark.parametrize("name", [name for name in FILES if is_fingerprinted(name)])
def test_what_a_fingerprint_covers_is_imported_at_the_top_of_a_module(name: str) -> None:
    late = late_imports(tree_of(name))
    assert not late, (
        f"{name}: the fingerprint of the code reads imports at the top alone, so that a change of "
        f"what one in a function leads to would repeat no training: move it there ({late})"
    )


def test_an_import_in_a_function_is_found_and_one_for_type_checkers_is_not() -> None:
    source = "from {0} import a\nif TYPE_CHECKING:\n    from {0} import b\n"
    late = "def f():\n    from {0} import c\nif x:\n    from {0} import d\n"
    assert late_imports(ast.parse(source.format("cl_utils.data"))) == []
    assert [each[:6] for each in late_imports(ast.parse(late.format("cl_utils.data")))] == [
        *("line 2", "line 4")
    ]
    assert late_imports(ast.parse(late.format("torch"))) == []
    assert is_fingerprinted("cl_utils.seeds") and not is_fingerprinted("cl_utils.paths")
    assert is_fingerprinted("cl_utils.training.batches.joint")


@every_module
def test_no_private_name_crosses_a_file(name: str) -> None:
    private = [f"{module}.{each}" for module, each in imported_names(name) if each[0] == "_"]
    assert not private, f"{name} imports {private}"


def test_the_import_graph_has_no_cycles() -> None:
    TopologicalSorter({name: set(imports_of(name)) - {name} for name in FILES}).prepare()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_s_own_file_is_its_contents_page(name: str) -> None:
    """It names every module, a line each; what it holds beside its docstring hands names on."""
    tree = tree_of(name)
    for node in tree.body[1:]:
        names_on = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        assert names_on or isinstance(node, ast.ImportFrom), f"{name}: line {node.lineno}"
    told = set(re.findall(r"^ *(\w+)  ", ast.get_docstring(tree) or "", re.MULTILINE))
    inside = {each.rpartition(".")[2] for each in FILES if each.rpartition(".")[0] == name}
    page, wanted = FILES[name].relative_to(REPOSITORY), inside - {"__main__"}
    assert told == wanted, (
        f"the docstring of {page} names each module, a line each (`name  what it is for`): add "
        f"{sorted(wanted - told)}, remove {sorted(told - wanted)}"
    )


@every_module
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(tree_of(name))


@every_module
def test_files_and_functions_are_short(name: str) -> None:
    length = len(FILES[name].read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_FILE, f"{name} has {length} lines"
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"


def test_importing_is_free(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_EVERYTHING, *(n for n in FILES if "__main__" not in n)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "CURRICULUM_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())
