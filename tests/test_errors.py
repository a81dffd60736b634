"""What a notebook shows of a StudyError: its sentence alone, and the traceback when asked."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

RAISES = "from cl_utils.errors import StudyError\nraise StudyError('steps=0: give more')"


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """Return what each cell of a notebook leaves: a refusal, its traceback, another error."""
    sources = [RAISES, "%tb Verbose", "1 / 0"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in sources])
    NotebookClient(book, allow_errors=True).execute()
    return ["\n".join(output["traceback"]) for cell in book.cells for output in cell.outputs]


def test_a_refusal_is_its_sentence_alone(outputs: list[str]) -> None:
    assert outputs[0] == "StudyError: steps=0: give more"


def test_the_traceback_is_shown_when_asked_for(outputs: list[str]) -> None:
    assert "Traceback" in outputs[1] and "raise" in outputs[1]


def test_other_errors_are_shown_as_ever(outputs: list[str]) -> None:
    assert "Traceback" in outputs[2] and "ZeroDivisionError" in outputs[2]
