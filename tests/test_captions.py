"""Captions: every figure has one; its result and notes are those that were drawn with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from factories import every_arm
from matplotlib.figure import Figure

from cl_utils import figures, stats
from cl_utils.figures import style
from cl_utils.labels.numbers import points_text
from cl_utils.paths import HOME_VARIABLE, PARAMS
from cl_utils.report.captions import CAPTIONS, captions, figures_markdown, folder_markdown
from cl_utils.study.params import Params, read_params


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the figure of that name, drawn once."""
    folder = tmp_path_factory.mktemp("leak")
    style.save(figures.leak(stats.leak_table(every_arm().measures)), folder, "leak")
    return folder


@pytest.fixture
def params(leak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The committed study's profile, at home in a temporary folder with one figure."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    params = read_params(PARAMS / "study.yaml")
    shutil.copytree(leak, params.figures)
    return params


def test_every_figure_has_a_caption() -> None:
    drawn = set(figures.__all__) | {"learning_curves_seconds"}
    assert set(CAPTIONS) == drawn


def test_a_caption_has_the_notes_and_the_alternative_text_the_result(params: Params) -> None:
    """Both come from the rows that were drawn, not from what is on the page."""
    said = captions(params.figures)
    assert set(said) == {"leak"}
    rows = stats.leak_table(every_arm().measures).sort_values("difference")
    assert points_text(rows.iloc[-1]) in said["leak"].alt
    assert said["leak"].caption.startswith(CAPTIONS["leak"]) and "n = " in said["leak"].caption


def test_a_picture_without_words_is_named_by_what_it_shows(params: Params) -> None:
    style.write(Figure(), params.figures / "forgetting.png")
    said = captions(params.figures)["forgetting"]
    assert said.alt == said.caption == f"{CAPTIONS['forgetting']}."


def test_the_page_of_figures_shows_those_that_are_drawn(params: Params) -> None:
    page = folder_markdown(params)
    assert page.count("![") == 1 and "](leak.png)" in page and "the rows in results/" in page
    assert figures_markdown(["forgetting"], captions(params.figures), "") == ""
