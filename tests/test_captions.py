"""Captions: every figure has one, with the n of the arms that it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import every_arm

from cl_utils import figures
from cl_utils.paths import HOME_VARIABLE, PARAMS
from cl_utils.report.captions import CAPTIONS, captions, folder_markdown
from cl_utils.study.params import Params, read_params


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The committed study's profile, at home in a temporary folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return read_params(PARAMS / "study.yaml")


def test_every_figure_has_a_caption() -> None:
    drawn = set(figures.__all__) | {"learning_curves_seconds"}
    assert set(CAPTIONS) == drawn


def test_captions_count_the_seeds_of_the_arms_that_are_shown(params: Params) -> None:
    texts = captions(every_arm(), params)
    assert set(texts) == set(CAPTIONS)
    assert texts["factorial_effects"].endswith("n = 8 seeds an arm.")
    assert "n = 3 to 8 seeds an arm." in texts["effects_forest"]
    assert "n = " not in texts["difficulty_distribution"]


def test_figures_without_rows_have_none(params: Params) -> None:
    bare = every_arm().of_arms(["baseline"])
    empty = type(bare)(bare.measures, bare.curves.head(0), bare.history, bare.programs)
    texts = captions(empty, params)
    assert "learning_curves" not in texts and "adaptive_trajectories" not in texts
    assert "metric_validity" in texts


def test_the_page_of_figures_shows_those_that_are_drawn(params: Params) -> None:
    params.figures.mkdir(parents=True)
    (params.figures / "leak.png").touch()
    page = folder_markdown(every_arm(), params)
    assert page.count("![") == 1 and "](leak.png)" in page and "`results/study/`" in page
