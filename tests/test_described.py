"""A figure that says what it shows: its result has its numbers, and goes where the figure goes."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from matplotlib.figure import Figure
from refusals import refusal
from test_style import FIGURES, drawn

from cl_utils.figures import style
from cl_utils.figures.described import (
    LONGEST_RESULT,
    Described,
    Description,
    describe,
    description_of,
    plain,
    stored_description,
)
from cl_utils.figures.panels import canvas, one_output
from cl_utils.paths import REPOSITORY

MOST_READ_OUT = 700  # characters: twelve differences with their intervals


@pytest.mark.parametrize("name", FIGURES)
def test_every_result_is_a_sentence_with_a_number(name: str) -> None:
    said = description_of(drawn(name))
    assert re.search(r"\d", said.result) and said.result.endswith("."), said.result
    assert not re.search(r"\bnan\b|figure of|\s{2}", said.caption), said.caption


def test_a_result_of_the_study_is_short_enough_to_be_read_out() -> None:
    for path in sorted((REPOSITORY / "figures").rglob("*.png")):
        assert len(stored_description(path).result) <= MOST_READ_OUT, path.name


def small() -> Described:
    """Return a figure with words."""
    figure = canvas(1.0)
    figure.subplots()
    describe(figure, "Up by 1.5 points.", "n = 3;", "ρ − [a]")
    return figure


def test_saved_words_are_read_again_and_cost_no_byte_of_stability(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        style.save(small(), tmp_path / folder, "small")
    assert stored_description(tmp_path / "one/small.png") == Description(
        "Up by 1.5 points.", "n = 3; ρ − [a]"
    )
    for name in ("small.png", "small.pdf"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_file_without_words_says_nothing(tmp_path: Path) -> None:
    style.write(Figure(), tmp_path / "bare.png")
    for name in ("bare.png", "gone.png"):
        assert stored_description(tmp_path / name) == Description()


def test_what_is_no_whole_picture_is_refused(tmp_path: Path) -> None:
    style.write(small(), tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    for name, damage in (("empty", b""), ("cut", content[:-200]), ("text", b"no picture")):
        path = tmp_path / f"{name}.png"
        path.write_bytes(damage)
        assert f"{path} is damaged" in refusal(lambda path=path: stored_description(path))
    (tmp_path / "folder.png").mkdir()
    assert "is damaged" in refusal(lambda: stored_description(tmp_path / "folder.png"))


def shown(content: Any) -> list[RichOutput]:
    """Return what a notebook would show."""
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            content._ipython_display_()
        return list(captured.outputs)
    finally:
        InteractiveShell.clear_instance()


def test_a_notebook_shows_the_picture_with_its_result_and_the_caption_below() -> None:
    picture, caption = shown(small())
    assert base64.b64decode(picture.data["image/png"]).startswith(b"\x89PNG")
    assert picture.metadata == {"image/png": {"alt": "Up by 1.5 points."}}
    assert caption.data["text/markdown"] == "*Up by 1.5 points. n = 3; ρ − \\[a\\]*"


def test_a_caption_does_not_list_again_what_the_figure_prints() -> None:
    figure = small()
    describe(figure, "Up by 1.5 points, " + 40 * "and by 1.5 points, ", "n = 3.")
    picture, caption = shown(figure)
    assert len(picture.metadata["image/png"]["alt"]) > LONGEST_RESULT
    assert caption.data["text/markdown"] == "*n = 3.*"


def test_a_picture_that_is_renewed_is_one_output_with_its_notes_in_it() -> None:
    figure = small()
    height = figure.get_figheight()
    data, metadata = one_output(figure)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert metadata == {"image/png": {"alt": "Up by 1.5 points."}}
    printed = figure.get_supxlabel()
    assert printed == "n = 3; ρ − [a]" and figure.get_figheight() > height


def test_signs_of_markdown_stay_what_they_are() -> None:
    assert plain("a_b * [c]") == "a\\_b \\* \\[c\\]"
