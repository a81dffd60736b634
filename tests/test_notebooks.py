"""The notebooks as files: their parameters are the smoke profile, they tell and do not define.

In: notebooks/*.ipynb as stored. Out: a failure that names the notebook and the cell. What they
compute is checked by running them: nbval does, and the last test here shows that it compares.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from cl_utils.code_fingerprint import DISPLAY, showing_notebooks
from cl_utils.paths import HOME_VARIABLE, NOTEBOOKS, PARAMS, REPOSITORY
from cl_utils.study.notebook_names import FINDINGS
from cl_utils.study.params import Params
from cl_utils.workflow.commands import experiment_notebooks
from tools import refresh_notebooks
from tools.refresh_notebooks import main as refresh_main

Cell = dict[str, Any]
NAMES = [
    "00_start_here",
    "01_data_generation",
    "02_metric_analysis",
    "03_bucketing",
    "04_training",
    "05_evaluation",
    "06_figures",
    "07_playground",
    "08_model_difficulty",
    "09_factorial",
    "10_protocol_audit",
    "11_adaptive",
    "12_metrics",
    "13_exams",
    "14_findings",
    "15_recipe_ablation",
    "16_time_to_accuracy",
]
EXPERIMENTS = ["15_recipe_ablation", "16_time_to_accuracy"]
"""They belong to no profile: what they show is committed, and their params are their own."""
COMMITTED = {"00_start_here", *NAMES[9:15], "06_figures"}
"""They show the committed study unless they are told otherwise."""
MOST_BYTES = 8_000_000  # of all notebooks together
DRAWS = re.compile(
    r"gallery\.show\(|\bfigure = |^answers\(|^effects_by_setting\(|^learning_curves\("
    r"|\(answers_of|\(attention_of|ScheduleEditor\(",
    re.M,
)
CHECKED = "nbval-check-output"
LONGEST_CELL = 20  # lines
BOOKS = {
    path.stem: nbformat.read(path, as_version=4).cells for path in sorted(NOTEBOOKS.glob("*.ipynb"))
}
every_notebook = pytest.mark.parametrize("name", BOOKS)
every_notebook_of_a_study = pytest.mark.parametrize(
    "name", [name for name in BOOKS if name not in EXPERIMENTS]
)


def tagged(name: str, tag: str) -> list[Cell]:
    """Return the code cells of a notebook with a tag."""
    return [cell for cell in code(name) if tag in cell["metadata"].get("tags", [])]


def code(name: str) -> list[Cell]:
    """Return the code cells of a notebook."""
    return [cell for cell in BOOKS[name] if cell["cell_type"] == "code"]


def prose_cells(name: str) -> list[str]:
    """Return the texts of a notebook."""
    return [cell["source"] for cell in BOOKS[name] if cell["cell_type"] == "markdown"]


def prose(name: str) -> str:
    """Return all text of a notebook on one line."""
    return " ".join(
        " ".join(cell["source"].split()) for cell in BOOKS[name] if cell["cell_type"] == "markdown"
    )


def tree(cell: Cell) -> ast.Module:
    """Return the syntax tree of a code cell, magics left out."""
    lines = cell["source"].splitlines()
    return ast.parse("\n".join(line for line in lines if not line.startswith("%")))


def declared(name: str) -> dict[str, object]:
    """Return the names and values of a notebook's parameters cell, which holds nothing else."""
    (cell,) = tagged(name, "parameters")
    values = {}
    for statement in tree(cell).body:
        assert isinstance(statement, ast.Assign), f"{name}: derive nothing in the parameters cell"
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        values[target.id] = ast.literal_eval(statement.value)
    return values


def test_a_notebook_that_is_not_there_is_not_refreshed(capsys: pytest.CaptureFixture[str]) -> None:
    assert refresh_main(["06_figure"]) == 2
    assert "notebook='06_figure' does not exist (did you mean '06_figures'?)" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("named", "run", "stored"),
    [
        (["02_metric_analysis"], NAMES[1:3], ["02_metric_analysis"]),
        (["04_training", "06_figures"], [*NAMES[1:5], "06_figures"], ["04_training", "06_figures"]),
        (["13_exams"], ["13_exams"], ["13_exams"]),
        (["07_playground"], [*NAMES[1:6], "07_playground"], ["07_playground"]),
        ([FINDINGS], [*showing_notebooks()], [FINDINGS]),
    ],
)
def test_a_named_notebook_is_refreshed_after_those_that_make_its_files(
    named: list[str], run: list[str], stored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its home is empty; only what was named is stored."""
    done: dict[str, list[str]] = {"executed": [], "store": []}
    monkeypatch.setenv(HOME_VARIABLE, "")  # put back what `main` changes
    for name in done:
        tell = partial(lambda kept, *given: kept.append(str(given)), done[name])
        monkeypatch.setattr(refresh_notebooks, name, tell)
    assert refresh_main(named) == 0
    for kept, wanted in ((done["executed"], run), (done["store"], stored)):
        assert len(kept) == len(wanted)
        assert all(name in text for name, text in zip(wanted, kept, strict=True))


def test_a_notebook_is_stored_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "01_data_generation.ipynb"
    shutil.copy(NOTEBOOKS / path.name, path)
    before, book = path.read_bytes(), nbformat.read(path, as_version=4)

    def killed(_: object, where: Path) -> None:
        Path(where).write_text("{")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(nbformat, "write", killed)
        refresh_notebooks.store(book, path, tmp_path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    refresh_notebooks.store(book, path, tmp_path)
    assert nbformat.read(path, as_version=4).metadata[refresh_notebooks.STORED_BY]


def test_the_notebooks_stand_in_order() -> None:
    assert list(BOOKS) == NAMES, (
        "a notebook was added, renamed or removed: enter it in NAMES of this file, in "
        "docs/contents.yaml and in the README's table; one of an experiment in EXPERIMENTS, too"
    )


@pytest.mark.parametrize(("name", "following"), list(pairwise(NAMES)))
def test_a_notebook_names_the_next_one(name: str, following: str) -> None:
    opening = " ".join(BOOKS[name][0]["source"].split())
    assert (
        opening.startswith(f"# {int(name[:2])}. ")
        and f"Next: [`{following}`]({following}.ipynb)" in opening
    )


@every_notebook
def test_a_notebook_opens_with_a_question_and_closes_with_what_to_look_for(name: str) -> None:
    """The first one ends with where to go next."""
    opening, closing = BOOKS[name][0], BOOKS[name][-2 if name == NAMES[0] else -1]
    assert opening["cell_type"] == closing["cell_type"] == "markdown"
    assert "**" in opening["source"] and closing["source"].startswith("## What to look for\n")


@every_notebook
def test_other_notebooks_are_named_as_they_are(name: str) -> None:
    text = prose(name)
    assert set(re.findall(r"`(\d\d_\w+)`", text)) <= set(NAMES)
    assert all(0 <= int(number) < len(NAMES) for number in re.findall(r"notebook (\d+)", text))


@every_notebook
def test_there_is_one_parameters_cell_before_all_other_code(name: str) -> None:
    cells = tagged(name, "parameters")
    assert len(cells) == 1 and cells[0] is code(name)[0]
    assert not tagged(name, "injected-parameters")


@every_notebook_of_a_study
def test_parameters_are_the_smoke_profile_or_the_committed_study(name: str) -> None:
    profile = "study" if name in COMMITTED else "smoke"
    written = yaml.safe_load((PARAMS / f"{profile}.yaml").read_text(encoding="utf-8"))
    values = declared(name)
    assert set(values) <= set(Params.model_fields)
    assert values.pop("recipe", None) is None  # the profile's own, whichever profile is named
    assert {key: (type(value), value) for key, value in values.items()} == {
        key: (type(written[key]), written[key]) for key in values
    }
    assert values["profile"] == profile


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_notebook_of_an_experiment_trains_only_when_told_and_uses_its_params(name: str) -> None:
    assert declared(name) == {"train": False, "device": "cpu"}
    assert f'asked = notebook_experiment(globals(), "{name[3:]}")' in code(name)[1]["source"]
    assert (PARAMS / "experiments" / f"{name[3:]}.yaml").exists()


def test_figures_of_experiments_are_found_by_what_their_notebooks_import() -> None:
    """`make figures` redraws them by that rule, and the workflow of a study leaves them alone."""
    assert experiment_notebooks() == EXPERIMENTS
    assert not set(EXPERIMENTS) & set(showing_notebooks())


@every_notebook_of_a_study
def test_the_first_cell_after_the_parameters_checks_them(name: str) -> None:
    assert "params = notebook_params(globals())" in code(name)[1]["source"]


@every_notebook
def test_a_notebook_defines_nothing(name: str) -> None:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for cell in code(name):
        found = [node.name for node in ast.walk(tree(cell)) if isinstance(node, definitions)]
        assert not found, f"{cell['id']}: {found} belong into the package"


@every_notebook
def test_cells_are_short(name: str) -> None:
    for cell in code(name):
        lines = len(cell["source"].splitlines())
        assert lines <= LONGEST_CELL, f"{cell['id']} has {lines} lines"


@every_notebook
def test_code_is_led_by_prose(name: str) -> None:
    """A second cell may follow under the same words (what is shown, then saved), not a third."""
    kinds = [cell["cell_type"] for cell in BOOKS[name]]
    for place, cell in enumerate(BOOKS[name]):
        assert kinds[place - 2 : place + 1] != ["code"] * 3, f"{cell['id']} is led by no prose"


@every_notebook
def test_checked_cells_store_the_text_that_nbval_compares(name: str) -> None:
    """Without a count and an output a cell passes whatever it prints: `make notebooks`."""
    cells = tagged(name, CHECKED)
    assert cells, f"{name} has no cell tagged {CHECKED}: nothing of it is compared"
    for cell in cells:
        assert isinstance(cell["execution_count"], int), f"{cell['id']} stores no count"
        assert cell["outputs"], f"{cell['id']} stores no output"
        for output in cell["outputs"]:
            assert (output["output_type"], output.get("name")) == ("stream", "stdout")


@every_notebook
def test_a_cell_that_draws_stores_its_picture(name: str) -> None:
    """A reader on a code host sees the evidence without running anything: `make notebooks`."""
    for cell in code(name):
        if DRAWS.search(cell["source"]):
            shown = [set(output.get("data", {})) for output in cell["outputs"]]
            assert any("image/png" in kinds for kinds in shown), f"{cell['id']} shows no picture"


@every_notebook
def test_a_notebook_is_stored_as_it_ran(name: str) -> None:
    counts = [cell["execution_count"] for cell in code(name)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"
    for cell in code(name):
        for output in cell["outputs"]:
            assert output["output_type"] != "error", f"{cell['id']} stores an error"
            assert output.get("name") != "stderr", f"{cell['id']} stores what a library says"


@every_notebook
def test_what_a_display_binds_is_used_by_no_other_cell(name: str) -> None:
    """The fingerprint of a notebook's code leaves such cells out, so they may compute nothing."""
    shown = tagged(name, DISPLAY)
    others = "\n".join(cell["source"] for cell in code(name) if cell not in shown)
    used = set(re.findall(r"\w+", others))
    for cell in shown:
        nodes = list(ast.walk(ast.parse(cell["source"])))
        stored = {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        imported = {
            alias.asname or alias.name
            for node in nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not (stored | imported) & used, f"{cell['id']} leaves something to other cells"


def test_all_notebooks_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in NOTEBOOKS.glob("*.ipynb")) < MOST_BYTES


def test_cells_have_names_of_their_own() -> None:
    names = [cell["id"] for cells in BOOKS.values() for cell in cells]
    assert len(set(names)) == len(names)


def printing_cell(count: int, stored: str, metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a cell that prints 2, whatever output it stores."""
    cell = nbformat.v4.new_code_cell("print(1 + 1)", execution_count=count)
    cell.metadata = copy.deepcopy(metadata)
    cell.outputs = [nbformat.v4.new_output("stream", text=stored)]
    return cell


def test_a_false_stored_output_fails_and_a_true_one_passes(tmp_path: Path) -> None:
    """With the options of pyproject.toml and the tag of notebook 01's checked cell.

    A cell without that tag may store what it does not print.
    """
    tag = tagged("01_data_generation", CHECKED)[0]["metadata"]
    stored = [("another\n", {}), ("2\n", tag), ("3\n", tag)]
    cells = [printing_cell(n, *each) for n, each in enumerate(stored, start=1)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "book.ipynb")
    options = ["-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(tmp_path), "-rfp"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "book.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    verdicts = re.findall(r"^(PASSED|FAILED) book.ipynb::Cell (\d)", done.stdout, re.MULTILINE)
    assert sorted(verdicts) == [("FAILED", "2"), ("PASSED", "0"), ("PASSED", "1")]
