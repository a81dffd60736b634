"""What a notebook shows of a StudyError: its sentence alone, and the traceback when asked."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

RAISES = "from cl_utils.errors import StudyError\nraise StudyError('steps=0: give more')"

NAMES = [f"parameter_{number}=1.5" for number in range(30)]
LONG = f"raise StudyError({' '.join(NAMES)!r})"


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """Return what each cell of a notebook leaves: a refusal, its traceback, another error."""
    sources = [RAISES, "%tb Verbose", "1 / 0", LONG]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in sources])
    NotebookClient(book, allow_errors=True).execute()
    return ["\n".join(output["traceback"]) for cell in book.cells for output in cell.outputs]


def test_a_refusal_is_its_sentence_alone(outputs: list[str]) -> None:
    assert outputs[0] == "StudyError: steps=0: give more"


def test_the_traceback_is_shown_when_asked_for(outputs: list[str]) -> None:
    assert "Traceback" in outputs[1] and "raise" in outputs[1]


def test_other_errors_are_shown_as_ever(outputs: list[str]) -> None:
    assert "Traceback" in outputs[2] and "ZeroDivisionError" in outputs[2]


def test_a_long_sentence_is_broken_between_words(outputs: list[str]) -> None:
    lines = outputs[3].splitlines()
    assert len(lines) > 3 and max(map(len, lines)) <= 100
    assert " ".join(lines).split() == ["StudyError:", *NAMES]
