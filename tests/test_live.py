"""Training while somebody watches: one line in a notebook, plain lines elsewhere, a live curve."""

from __future__ import annotations

import nbformat
import pytest
from kernels import Kernel

from cl_utils.report.live import LiveReport, live_curve
from cl_utils.training.progress import Progress, time_text

PROGRESS = """\
from cl_utils.report.live import LiveReport
from cl_utils.training.progress import Progress

report = LiveReport(curve={curve})
report("continues after step 1 of 30")
for step in (10, 20, 30):
    report(
        Progress(
            name="baseline, seed 0", step=step, steps=30, stage="all", loss=1.0,
            losses=dict(easy=1.0, medium=2.0, hard=3.0),
            accuracy=dict(easy=step, medium=1.0, hard=0.0) if step > 10 else {{}},
            characters_per_second=1e4, seconds_left=100.0,
        )
    )
"""


def outputs(kernel: Kernel, curve: bool) -> list[nbformat.NotebookNode]:
    """Return what a notebook shows of three reports."""
    cell = nbformat.v4.new_code_cell(PROGRESS.format(curve=curve))
    book = nbformat.v4.new_notebook(cells=[cell])
    kernel.execute(book)
    return list(book.cells[0].outputs)


def test_a_notebook_keeps_one_line(kernel: Kernel) -> None:
    (line,) = outputs(kernel, curve=False)
    text = line.data["text/plain"]
    assert text.startswith("step 30/30") and "right 30 1 0 %" in text and "100 s left" not in text
    assert "2 min left" in text


def test_on_request_it_draws_the_accuracy_as_it_is_measured(kernel: Kernel) -> None:
    line, figure = outputs(kernel, curve=True)
    assert line.data["text/plain"].startswith("step 30/30") and "image/png" in figure.data


def test_elsewhere_lines_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    report = LiveReport(curve=True)
    report("stopped")
    assert capsys.readouterr().out == "stopped\n"


def test_the_curve_has_a_line_a_bucket() -> None:
    points = [(step, {"easy": step, "medium": 2.0, "hard": 1.0}) for step in (5, 9)]
    (axes,) = live_curve(points, 10).axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[5, 9], [2, 2], [1, 1]]
    assert [text.get_text() for text in axes.texts] == ["easy", "medium", "hard"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.4, "4 s"), (89, "89 s"), (100, "2 min"), (9000, "2.5 h")]
)
def test_times_are_for_readers(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_before_anything_was_measured_no_accuracy_is_told() -> None:
    told = Progress(
        name="x",
        step=1,
        steps=2,
        stage="all",
        loss=1.0,
        losses={"easy": 1.0, "medium": 1.0, "hard": 1.0},
        characters_per_second=10.0,
        seconds_left=1.0,
    )
    assert "right" not in str(told)
