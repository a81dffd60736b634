"""One notebook executed: what it is given, and in which sentence it fails."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.exceptions import PapermillExecutionError

from cl_utils.paths import NOTEBOOKS
from cl_utils.workflow.notebook import LONGEST, failure, main, reason


def written(path: Path, *sources: str) -> Path:
    """Write a notebook of these cells, the first of them its parameters."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in sources])
    book.cells[0].metadata["tags"] = ["parameters"]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(book, path)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose name holds what papermill would fill with parameters."""
    folder = tmp_path / "my {seed} clöne"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_names_stay_texts_and_a_seed_is_a_number_whatever_they_look_like(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It refuses with what it was given: the sentence is all that is shown of it."""
    book = written(
        folder / "04_training.ipynb",
        "recipe = arm = ''\nseed = 0",
        "from cl_utils.errors import StudyError\n"
        "raise StudyError(f'it was given {recipe!r}, {arm!r}, {seed!r}, {steps!r}')",
    )
    params = folder / "smoke.yaml"
    params.write_text("arm: baseline\nsteps: 5\n", encoding="utf-8")
    given = [str(book), "executed.ipynb", "--params", "smoke.yaml"]
    assert main([*given, "--recipe", "1e3", "--arm", "2024", "--seed", "007"]) == 1
    told = [line for line in capfd.readouterr().err.splitlines() if "failed" in line]
    assert told == [
        "04_training, recipe 1e3, arm 2024, seed 7 failed: it was given '1e3', '2024', 7, 5 "
        "(open executed.ipynb)"
    ]
    assert (folder / "executed.ipynb").exists()


@pytest.mark.parametrize("place", ["mine.yaml", str(NOTEBOOKS / "04_training.ipynb")])
def test_nothing_else_is_overwritten_by_an_executed_notebook(
    folder: Path, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """As a params file whose --params was forgotten would be."""
    book = written(folder / "04_training.ipynb", "recipe = ''")
    path = folder / place  # an absolute one stays what it is
    if not path.exists():
        path.write_text("steps: 5\n", encoding="utf-8")
    before = path.read_bytes()
    assert main([str(book), str(path)]) == 1
    said = capfd.readouterr().err
    assert f"failed: {path} is no place for an executed notebook" in said and "--params" in said
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nosuch.ipynb", None, "nosuch.ipynb is not there: name one of "),
        ("README.md", "# Read me", "README.md is no notebook: name one of "),
        ("empty.ipynb", "{}", "empty.ipynb is no notebook"),
    ],
)
def test_what_is_no_notebook_is_told_in_a_sentence_and_no_older_file_is_named(
    name: str, text: str | None, words: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "old.ipynb").write_text("{}", encoding="utf-8")
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    assert main([name, "old.ipynb"]) == 1
    said = capfd.readouterr().err
    assert words in said and "open" not in said and len(said.splitlines()) == 1


def test_a_file_that_holds_no_parameters_is_not_put_into_a_notebook(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its names would be code there: `hybrid-norestart = ...`."""
    book = written(folder / "04_training.ipynb", "seed = 0")
    (folder / "arms.yaml").write_text("hybrid-norestart: {schedule: hybrid}\n", encoding="utf-8")
    assert main([str(book), "executed.ipynb", "--params", "arms.yaml"]) == 1
    said = capfd.readouterr().err
    assert "arms.yaml: 'hybrid-norestart' is no name of a parameter" in said
    assert not (folder / "executed.ipynb").exists()


def test_a_kernel_is_killed_after_the_last_cell_and_asked_to_end_when_it_is_left_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked, it saves a training that has not ended; after the last cell there is none."""
    end = "import atexit, pathlib\natexit.register(lambda: pathlib.Path('ended').touch())"
    book = written(folder / "04_training.ipynb", "seed = 0", end, "leave = 'here'")
    assert main([str(book), "whole.ipynb", "--seed", "1"]) == 0
    assert not (folder / "ended").exists()

    execute_cell = PapermillNotebookClient.execute_cell

    def left(client: PapermillNotebookClient, cell: nbformat.NotebookNode, index: int) -> object:
        if "leave" in cell.source:
            raise KeyboardInterrupt
        return execute_cell(client, cell, index)

    monkeypatch.setattr(PapermillNotebookClient, "execute_cell", left)
    with pytest.raises(KeyboardInterrupt):
        main([str(book), "left.ipynb", "--seed", "1"])
    assert (folder / "ended").exists()


def test_another_error_is_named_with_its_type_and_cut() -> None:
    def error(name: str, value: str) -> PapermillExecutionError:
        return PapermillExecutionError(0, 1, "x", name, value, [])

    assert reason(error("StudyError", "a is b:\n fix it")) == "a is b: fix it"
    assert reason(error("MissingError", "a is missing: make it")) == "a is missing: make it"
    assert reason(error("KeyError", "'a'")) == "KeyError: 'a'"
    assert len(reason(error("ValueError", "long " * 1000))) == LONGEST
    assert reason(OSError(28, "No space left on device")).startswith("OSError: ")


def test_a_killed_kernel_is_told_as_that() -> None:
    said = failure(Path("notebooks/06_figures.ipynb"), Path("none"), {}, DeadKernelError("died"))
    assert said.startswith("06_figures failed: its kernel was killed") and "open" not in said
