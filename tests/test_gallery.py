"""Galleries: figures are saved and listed, and what cannot be drawn is reported, not hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from factories import synthetic_results
from studies import tiny_params

from cl_utils import figures
from cl_utils.errors import UnwritableError
from cl_utils.figures.gallery import Gallery
from cl_utils.paths import HOME_VARIABLE


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    """An empty gallery in an empty home."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return Gallery(tiny_params(), "06_figures")


def test_a_figure_is_saved_and_listed_with_its_fingerprints(
    gallery: Gallery, tmp_path: Path
) -> None:
    def sealed() -> dict[str, dict[str, str]]:
        assert gallery.seal() == []
        path = tmp_path / "runs/smoke/figures/06_figures-fast.json"
        return dict(json.loads(path.read_text()))

    curves = synthetic_results(programs=20).curves
    with gallery.figure("curves"):
        gallery.show(figures.learning_curves(curves))
    assert (tmp_path / "figures/smoke/curves.png").exists()
    before = sealed()["figures"]
    assert sorted(before) == ["curves.pdf", "curves.png"]
    with gallery.figure("curves"):
        gallery.show(figures.learning_curves(curves, x="seconds"))
    assert sealed()["figures"] != before


def test_a_figure_without_rows_is_missing_by_name_and_reason(
    gallery: Gallery, capsys: pytest.CaptureFixture[str]
) -> None:
    with gallery.figure("curves"):
        gallery.show(figures.learning_curves(pd.DataFrame()))
    told = capsys.readouterr().out.strip()
    assert "run notebooks/05_evaluation.ipynb" in told
    assert gallery.seal() == ["curves"] and gallery.missing == {"curves": told}


def test_an_older_figure_goes_when_its_rows_are_gone(gallery: Gallery, tmp_path: Path) -> None:
    curves = synthetic_results(programs=20).curves
    for rows in (curves, curves[:0]):
        with gallery.figure("curves"):
            gallery.show(figures.learning_curves(rows))
    assert gallery.missing and not list((tmp_path / "figures/smoke").iterdir())


def test_a_figure_that_cannot_be_saved_is_no_missing_row(gallery: Gallery, tmp_path: Path) -> None:
    (tmp_path / "figures").touch()  # where the folder of figures should be
    curves = synthetic_results(programs=20).curves
    with pytest.raises(UnwritableError, match="could not be written"):
        with gallery.figure("curves"):
            gallery.show(figures.learning_curves(curves))
    assert not gallery.missing
