"""The shape of the package, read from its syntax trees: layers, sizes, docstrings, free imports.

In: the sources of cl_utils. Out: a failure that names the module and the rule it breaks. A new
module needs a place in LAYERS.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "cl_utils"
LONGEST_FILE = 260  # lines
LONGEST_FUNCTION = 45  # lines

# A module imports from its own layer and from those above it in this table. Subpackages count as
# one module.
LAYERS = {
    "ground: where things live, what is random": "errors fingerprint memory parallel paths seeds",
    "pure: one concept each, no files": (
        "attention catalogue derivation difficulty execution families grammar interpreter labels "
        "layout metrics "
        "model muon operators "
        "paper_numbers programs ragged recipes side_by_side statements tokenizer"
    ),
    "data: what is drawn, and when": (
        "adaptive arms arrangement artifacts batch batching buckets controls "
        "corpus corpus_files dataset drafts "
        "expansion pools schedules split windows"
    ),
    "work: training and measuring models": (
        "baselines checkpoints completion decoding evaluation history lines model_difficulty "
        "objective optimisers probes protocol scoring stack tallies trainer training"
    ),
    "findings: what notebooks call and show": (
        "answers captions cost data_tables figures findings gallery main_table metric_findings "
        "notebook_names "
        "params questions report results resume sentences "
        "speed stages stats study style tables unsettled"
    ),
}
LAYER_OF = {name: layer for layer, names in enumerate(LAYERS.values()) for name in names.split()}

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
    """Return a file's module name within the package, "" for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imports_of(name: str) -> Iterator[str]:
    """Yield the package's modules that a module imports, anywhere in its source."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (module_named(each.name) for each in node.names if "cl_utils" in each.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write imports from cl_utils in full"
            if node.module and node.module.split(".")[0] == "cl_utils":
                yield from (module_named(f"{node.module}.{each.name}") for each in node.names)


def module_named(dotted: str) -> str:
    """Return a.b of `cl_utils.a.b` where that is a module, else a, which holds b."""
    name = dotted.removeprefix("cl_utils").removeprefix(".")
    return name if name in FILES else name.rpartition(".")[0]


def place(name: str) -> int:
    """Return the layer of a module or of the subpackage that it belongs to."""
    return LAYER_OF[name.split(".")[0]]


def test_every_module_has_a_layer_and_every_name_is_a_module() -> None:
    assert {name.split(".")[0] for name in FILES if name} == set(LAYER_OF)


@pytest.mark.parametrize("name", [name for name in FILES if name])
def test_imports_point_down(name: str) -> None:
    upward = [other for other in imports_of(name) if place(other) > place(name)]
    assert not upward, f"{name} imports {upward} from a layer further down in the table"


def test_the_import_graph_has_no_cycles() -> None:
    TopologicalSorter({name: set(imports_of(name)) - {name} for name in FILES}).prepare()


@pytest.mark.parametrize("name", FILES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(TREES[name])


@pytest.mark.parametrize("name", FILES)
def test_files_and_functions_are_short(name: str) -> None:
    length = len(FILES[name].read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_FILE, f"{name} has {length} lines"
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} has {lines} lines"


def test_importing_is_free(tmp_path: Path) -> None:
    modules = [f"cl_utils.{name}".rstrip(".") for name in FILES]
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_EVERYTHING, *modules],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "CURRICULUM_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())
