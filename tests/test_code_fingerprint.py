"""Fingerprints of code: what a notebook computes changes them, how it reads or looks does not.

In: a tiny repository in a temporary folder: two notebooks and a package whose modules import one
another. Out: a failure when an edit counts that should not, or the other way round.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from cl_utils.code_fingerprint import (
    DISPLAY,
    PACKAGE,
    PLUMBING,
    PRESENTATION,
    code_fingerprint,
    module_digests,
    showing_notebooks,
)
from cl_utils.paths import NOTEBOOKS, REPOSITORY
from cl_utils.study.notebook_names import EVALUATION, FINDINGS, TRAINING

SYNTAX = """
import a.b as c
from d import e
async def f(x, /, y: int = 1, *args, z=None, **more) -> "str":
    async with g as h: await i
    async for j in k: yield j
@decorated
class L(M, metaclass=N):
    p: int
    q = r = lambda s, *, t: s if t else -s ** 2
try:
    del u[1:2, ::3], v.w
except* (X, Y) as z: raise A from None
finally: assert b, "c"
for _ in range(3): continue
else: pass
while not (d and e or f): break
global g
match h:
    case {"i": 1, **j} | [k, *_] | L(m, n=None) if o: p += 1.5
q = f"{r!r:>{s}}{t}" + b"u".decode() + rf"\\{v}"
w = [x async for x in y if z], {1, 2}, {**a, 3: ...}, (b := 4j), *c
d @= e[f] <= g < h is not i in j, True, None
with (k as l, m): nonlocal_ = yield_
"""
MODULES = {
    "__init__.py": '"""The package."""\n',
    "errors.py": '"""What goes wrong."""\n\nMESSAGE = "no"\n',
    "seeds.py": '"""Where numbers come from."""\n\nFIRST = 0\n',
    "data/deep.py": '"""Far below."""\n\nSIZE = 3\n',
    "model/gpt.py": (
        '"""A model."""\n\nfrom cl_utils.data.deep import SIZE\n'
        "from cl_utils.errors import MESSAGE\nfrom cl_utils.seeds import FIRST\n\n\n"
        'def build() -> int:\n    """Return it."""\n    return SIZE  # small\n'
    ),
    "model/other.py": '"""Nobody imports this."""\n\nUNUSED = 1\n',
    "study/params.py": '"""Values."""\n\nSTEPS = 1\n',
    "figures/style.py": '"""Colours."""\n\nfrom cl_utils.stats.palette import INK\n\nRED = INK\n',
    "figures/gallery.py": '"""Keeps figures."""\n\nGallery = list\n',
    "figures/__init__.py": '"""Pictures."""\n\nfrom cl_utils.figures.panels import WIDTH\n',
    "figures/panels.py": '"""Parts of pictures."""\n\nWIDTH = 7\n',
    "stats/palette.py": '"""Behind the colours."""\n\nINK = "black"\n',
}
CELLS = [
    ("markdown", [], "# Training"),
    ("code", ["parameters"], "steps = 60"),
    ("code", [], "from cl_utils.study.params import STEPS"),
    ("code", [], "%matplotlib inline\nfrom cl_utils.model.gpt import build\n\nmodel = build()"),
    ("code", [], "from cl_utils import figures\nfrom cl_utils.figures import style\n\nstyle.RED"),
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the tiny repository; fingerprints look for modules there."""
    monkeypatch.setattr("cl_utils.code_fingerprint.REPOSITORY", tmp_path)
    for name, source in MODULES.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    write_notebook(tmp_path / "04_training.ipynb", CELLS)
    gallery = ("code", [], "from cl_utils.figures.gallery import Gallery\n\nGallery()")
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


def test_a_fingerprint_does_not_depend_on_the_python_that_takes_it(repository: Path) -> None:
    # What Python 3.11 finds; later ones have other trees (type parameters, empty fields left out).
    write_notebook(repository / "04_training.ipynb", [("code", [], SYNTAX)])
    assert code_fingerprint(repository / "04_training.ipynb") == "fd849fbd2d737e21"


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="later Pythons write trees in other ways"
)
@pytest.mark.parametrize("notebook", [TRAINING, EVALUATION])
def test_a_fingerprint_is_that_of_the_trees_as_python_itself_writes_them(
    notebook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed runs have fingerprints of what 3.11 writes."""
    ours = code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")
    monkeypatch.setattr("cl_utils.code_fingerprint._text", ast.dump)
    assert code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb") == ours


def test_of_the_modules_that_an_edit_changes_the_edited_one_comes_first(repository: Path) -> None:
    """Those that import it change with it; plumbing and pictures are left out."""
    notebook, package = repository / "04_training.ipynb", repository / PACKAGE
    before = module_digests(notebook)
    deep, importing = package / "data/deep.py", package / "model/gpt.py"
    assert set(before) == {deep, importing, package / "seeds.py"}
    deep.write_text(deep.read_text().replace("3", "4"))
    after = module_digests(notebook)
    assert [path for path in after if after[path] != before[path]] == [deep, importing]
    importing.write_text("def build(:")
    with pytest.raises(SyntaxError) as refused:
        module_digests(notebook)
    assert refused.value.filename == str(importing)


def test_a_cell_that_only_shows_something_does_not_count(repository: Path) -> None:
    before = fingerprints(repository)
    shown = ("code", [DISPLAY], "from cl_utils.model.other import UNUSED\n\nprint(UNUSED)")
    write_notebook(repository / "04_training.ipynb", [*CELLS, shown])
    assert fingerprints(repository) == before


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("model/gpt.py", "  # small", "  # tiny"),
        ("model/gpt.py", "return SIZE  # small", "return (SIZE)\n\n"),
        ("model/gpt.py", '"""A model."""', '"""A model,\nin two lines."""'),
        ("model/gpt.py", '"""Return it."""', '"""Return the model."""'),
        ("model/gpt.py", '    """Return it."""\n', ""),
        ("model/other.py", "UNUSED = 1", "UNUSED = 2"),
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
        ("model/gpt.py", "return SIZE", "return SIZE + 1"),
        ("data/deep.py", "SIZE = 3", "SIZE = 4"),
        ("seeds.py", "FIRST = 0", "FIRST = 1"),
    ],
)
def test_a_changed_module_counts_however_deep_it_lies(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert changed(repository, f"{PACKAGE}/{module}", old, new) == {"training", "figures"}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("figures/style.py", "RED = INK", "RED = INK.upper()"),
        ("stats/palette.py", "black", "blue"),
        ("figures/panels.py", "WIDTH = 7", "WIDTH = 8"),
    ],
)
def test_what_only_shows_results_counts_for_the_figures_alone(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert changed(repository, f"{PACKAGE}/{module}", old, new) == {"figures"}


def test_imports_for_type_checkers_alone_do_not_count(repository: Path) -> None:
    path = repository / PACKAGE / "model/gpt.py"
    guarded = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
    path.write_text(f"{guarded}    from cl_utils.model.other import UNUSED\n\n{path.read_text()}")
    assert not changed(repository, f"{PACKAGE}/model/other.py", "UNUSED = 1", "UNUSED = 2")


@pytest.mark.parametrize(
    ("module", "old", "new"), [("errors.py", '"no"', '"not so"'), ("study/params.py", "= 1", "= 2")]
)
def test_what_only_keeps_files_and_parameters_changes_nothing(
    repository: Path, module: str, old: str, new: str
) -> None:
    assert not changed(repository, f"{PACKAGE}/{module}", old, new)


def replace(repository: Path, old: str, new: str) -> None:
    """Write `new` for `old` in every module and notebook."""
    for path in (*repository.rglob("*.py"), *repository.glob("*.ipynb")):
        path.write_text(path.read_text().replace(old, new))


def move(repository: Path, old: str, new: str) -> None:
    """Move a module, both places dotted, and rewrite the imports of its names."""
    target = repository / PACKAGE / f"{new.replace('.', '/')}.py"
    target.parent.mkdir(exist_ok=True)
    (repository / PACKAGE / f"{old.replace('.', '/')}.py").rename(target)
    replace(repository, f"from {PACKAGE}.{old} import", f"from {PACKAGE}.{new} import")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("data.deep", "data.shallow"),
        ("data.deep", "model.deep"),
        ("model.gpt", "networks.transformer"),
        ("stats.palette", "report.inks"),
        ("seeds", "data.seeds"),
        ("errors", "study.errors"),
    ],
)
def test_where_a_module_lies_and_what_it_is_called_changes_nothing(
    repository: Path, old: str, new: str
) -> None:
    before = fingerprints(repository)
    move(repository, old, new)
    assert fingerprints(repository) == before


def test_the_name_of_a_module_that_code_calls_changes_nothing(repository: Path) -> None:
    before = fingerprints(repository)
    move(repository, "figures.style", "figures.look")
    replace(repository, "from cl_utils.figures import style", "from cl_utils.figures import look")
    replace(repository, "style.RED", "look.RED")
    assert fingerprints(repository) == before


def test_the_order_of_imports_changes_nothing(repository: Path) -> None:
    lines = ["from cl_utils.data.deep import SIZE", "from cl_utils.errors import MESSAGE"]
    old, new = "\n".join(lines), "\n".join(reversed(lines))
    assert not changed(repository, f"{PACKAGE}/model/gpt.py", old, new)


def test_a_name_from_another_module_counts(repository: Path) -> None:
    (repository / PACKAGE / "data/twin.py").write_text("SIZE = 4\n")
    changes = changed(repository, f"{PACKAGE}/model/gpt.py", "data.deep", "data.twin")
    assert changes == {"training", "figures"}


def test_every_folder_that_is_named_exists() -> None:
    for folder in (*PRESENTATION, *PLUMBING):
        assert (REPOSITORY / PACKAGE / folder / "__init__.py").exists()


def test_the_notebooks_of_figures_are_those_with_a_gallery() -> None:
    for name in ("06_figures", FINDINGS):
        assert name in showing_notebooks(), (
            f"{name} saves its figures with no Gallery: let it, or, if the findings have another "
            "name now, change FINDINGS in cl_utils/study/notebook_names.py"
        )
