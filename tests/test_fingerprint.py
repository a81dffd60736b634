"""Fingerprints of code: what a notebook computes changes them, how it reads or looks does not.

In: a tiny repository in a temporary folder: two notebooks and a package whose modules import one
another. Out: a failure when an edit counts that should not, or the other way round.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cl_utils.fingerprint import PACKAGE, PRESENTATION, code_fingerprint
from cl_utils.paths import REPOSITORY

MODULES = {
    "__init__.py": '"""The package."""\n',
    "deep.py": '"""Far below."""\n\nSIZE = 3\n',
    "model.py": (
        '"""A model."""\n\nfrom cl_utils.deep import SIZE\n\n\n'
        'def build() -> int:\n    """Return it."""\n    return SIZE  # small\n'
    ),
    "other.py": '"""Nobody imports this."""\n\nUNUSED = 1\n',
    "style.py": '"""Colours."""\n\nfrom cl_utils.palette import INK\n\nCOLOUR = INK\n',
    "palette.py": '"""Behind the colours."""\n\nINK = "black"\n',
    "figures/__init__.py": '"""Pictures."""\n\nfrom cl_utils.figures.panels import WIDTH\n',
    "figures/panels.py": '"""Parts of pictures."""\n\nWIDTH = 7\n',
}
CELLS = [
    ("markdown", [], "# Training"),
    ("code", ["parameters"], "steps = 60"),
    ("code", [], "%matplotlib inline\nfrom cl_utils.model import build\n\nmodel = build()"),
    ("code", [], "from cl_utils import figures, style\n\nfigures.WIDTH, style.COLOUR"),
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the tiny repository; fingerprints look for modules there."""
    monkeypatch.setattr("cl_utils.fingerprint.REPOSITORY", tmp_path)
    for name, source in MODULES.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    write_notebook(tmp_path / "04_training.ipynb", CELLS)
    gallery = ("code", [], "from cl_utils.gallery import Gallery\n\nGallery()")
    write_notebook(tmp_path / "06_figures.ipynb", [*CELLS, gallery])
    return tmp_path


def write_notebook(path: Path, cells: list[tuple[str, list[str], str]]) -> None:
    """Write a notebook of (type, tags, source)."""
    content = [
        {"cell_type": kind, "metadata": {"tags": tags}, "source": source.splitlines(keepends=True)}
        for kind, tags, source in cells
    ]
    path.write_text(json.dumps({"cells": content}))


def fingerprints(repository: Path) -> dict[str, str]:
    """Return both notebooks' fingerprints by "training" and "figures"."""
    return {path.stem[3:]: code_fingerprint(path) for path in repository.glob("0*.ipynb")}


def changed(repository: Path, file: str, old: str, new: str) -> set[str]:
    """Return which notebooks' fingerprints an edit of one file changes."""
    before, path = fingerprints(repository), repository / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    after = fingerprints(repository)
    return {name for name in before if before[name] != after[name]}


def test_a_fingerprint_is_sixteen_digits_and_always_the_same(repository: Path) -> None:
    once, twice = fingerprints(repository), fingerprints(repository)
    assert once == twice
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in once.values())


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("model.py", "  # small", "  # tiny"),
        ("model.py", "return SIZE  # small", "return (SIZE)\n\n"),
        ("model.py", '"""A model."""', '"""A model,\nin two lines."""'),
        ("model.py", '"""Return it."""', '"""Return the model."""'),
        ("model.py", '    """Return it."""\n', ""),
        ("other.py", "UNUSED = 1", "UNUSED = 2"),
    ],
)
def test_what_computes_nothing_changes_nothing(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert not changed(repository, f"{PACKAGE}/{module}", old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Training", "# Learning"),
        ("steps = 60", "steps = 61"),
        ("%matplotlib inline", "%matplotlib widget"),
        ("model = build()", "model = build()  # here"),
    ],
)
def test_prose_parameters_magics_and_comments_of_a_notebook_change_nothing(
    repository: Path, old: str, new: str
) -> None:
    assert not changed(repository, "04_training.ipynb", old, new)


def test_values_that_papermill_injects_change_nothing(repository: Path) -> None:
    before = fingerprints(repository)["training"]
    injected = ("code", ["injected-parameters"], "steps = 700")
    write_notebook(repository / "04_training.ipynb", [*CELLS[:2], injected, *CELLS[2:]])
    assert fingerprints(repository)["training"] == before


def test_a_changed_cell_counts_for_its_notebook_alone(repository: Path) -> None:
    assert changed(repository, "04_training.ipynb", "= build()", "= build() + 1") == {"training"}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("model.py", "return SIZE", "return SIZE + 1"),
        ("deep.py", "SIZE = 3", "SIZE = 4"),
    ],
)
def test_a_changed_module_counts_however_deep_it_lies(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert changed(repository, f"{PACKAGE}/{module}", old, new) == {"training", "figures"}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("style.py", "COLOUR = INK", "COLOUR = INK.upper()"),
        ("palette.py", "black", "blue"),
        ("figures/panels.py", "WIDTH = 7", "WIDTH = 8"),
    ],
)
def test_what_only_shows_results_counts_for_the_figures_alone(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert changed(repository, f"{PACKAGE}/{module}", old, new) == {"figures"}


def test_imports_for_type_checkers_alone_do_not_count(repository: Path) -> None:
    path = repository / PACKAGE / "model.py"
    guarded = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
    path.write_text(f"{guarded}    from cl_utils.other import UNUSED\n\n{path.read_text()}")
    assert not changed(repository, f"{PACKAGE}/other.py", "UNUSED = 1", "UNUSED = 2")


def moved(repository: Path, old: str, new: str) -> None:
    """Move a module, as `package.old` to `package.new`, and rewrite all imports of it."""
    source = repository / PACKAGE / f"{old.replace('.', '/')}.py"
    target = repository / PACKAGE / f"{new.replace('.', '/')}.py"
    target.parent.mkdir(exist_ok=True)
    source.rename(target)
    for path in (*repository.rglob("*.py"), *repository.glob("*.ipynb")):
        text = path.read_text().replace(
            f"from {PACKAGE}.{old} import", f"from {PACKAGE}.{new} import"
        )
        path.write_text(text)


@pytest.mark.parametrize("old", ["deep", "model"])
@pytest.mark.parametrize("new", ["network", "networks.gpt"])
def test_where_a_module_lies_and_what_it_is_called_changes_nothing(
    repository: Path, old: str, new: str
) -> None:
    before = fingerprints(repository)
    moved(repository, old, new)
    assert fingerprints(repository) == before


def test_the_name_of_a_module_that_code_calls_changes_nothing(repository: Path) -> None:
    def replace(changes: dict[str, str]) -> None:
        for path in repository.glob("*.ipynb"):
            text = path.read_text()
            for old, new in changes.items():
                assert old in text
                text = text.replace(old, new)
            path.write_text(text)

    replace(
        {
            "cl_utils.model import build": "cl_utils import model",
            "model = build": "made = model.build",
        }
    )
    before = fingerprints(repository)
    moved(repository, "model", "network")
    replace(
        {"cl_utils import model": "cl_utils import network", "= model.build": "= network.build"}
    )
    assert fingerprints(repository) == before


def test_a_name_from_another_module_changes_the_fingerprint(repository: Path) -> None:
    (repository / PACKAGE / "twin.py").write_text("SIZE = 4\n")
    changes = changed(repository, f"{PACKAGE}/model.py", "cl_utils.deep", "cl_utils.twin")
    assert changes == {"training", "figures"}


def test_every_presenting_module_exists() -> None:
    package = REPOSITORY / PACKAGE
    for name in PRESENTATION:
        assert (package / f"{name}.py").exists() or (package / name / "__init__.py").exists()
