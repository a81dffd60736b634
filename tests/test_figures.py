"""Every figure on synthetic rows: it builds, is labelled, states n, and saves the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories import (
    SCHEDULES,
    synthetic_agreement,
    synthetic_difficulty,
    synthetic_results,
)
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from cl_utils import figures, stats
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.figures.described import description_of
from cl_utils.figures.metrics import correlation_text
from cl_utils.figures.panels import spread
from cl_utils.labels.names import in_order
from cl_utils.study.results import Results


def difficulty_figure(results: Results) -> Figure:
    """Return accuracy by decile with the correlation that it prints."""
    rng = np.random.default_rng(0)
    rows = stats.metric_validity(results.programs, ["overall_metric"], rng=rng, resamples=20)
    return figures.accuracy_by_difficulty(results.programs, rows)


FIGURES: dict[str, Callable[[Results], Figure]] = {
    "schedule_composition": lambda results: figures.schedule_composition(results.history),
    "difficulty_distribution": lambda _: figures.difficulty_distribution(synthetic_difficulty()),
    "metric_agreement": lambda _: figures.metric_agreement(synthetic_agreement(), 400),
    "accuracy_by_difficulty": difficulty_figure,
    "execution_accuracy": lambda results: figures.execution_accuracy(results.measures),
    "completion_tasks": lambda results: figures.completion_tasks(results.measures),
    "learning_curves": lambda results: figures.learning_curves(results.curves),
    "learning_curves_seconds": lambda results: figures.learning_curves(results.curves, "seconds"),
    "protocol_audit": lambda results: figures.protocol_audit(results.measures),
}
NO_SEEDS = ("difficulty_distribution", "metric_agreement")


@cache
def one_seed() -> Results:
    """Return a study of two arms that ran once."""
    return synthetic_results(["baseline", "hybrid"], [0], programs=60)


@cache
def three_seeds() -> Results:
    """Return a study of six schedules."""
    return synthetic_results(SCHEDULES, [0, 1, 2], programs=60)


STUDIES = {"one seed": one_seed, "three seeds": three_seeds}


def texts(figure: Figure) -> Iterator[str]:
    """Yield every text that is drawn."""
    found: list[Artist] = figure.findobj(Text)
    yield from (text.get_text() for text in found if isinstance(text, Text) and text.get_visible())


@cache
def drawn(name: str, study: str) -> Figure:
    """Return a figure of a study, drawn once; leave it as it is."""
    return FIGURES[name](STUDIES[study]())


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_labelled_states_n_and_fits(name: str, study: str) -> None:
    """Some x axis has a label, n is stated, and no text leaves the canvas."""
    figure = drawn(name, study)
    everywhere: list[Artist] = figure.findobj(Axes)  # the key of colours lies within other axes
    assert any(axes.get_xlabel() for axes in everywhere if isinstance(axes, Axes))
    words = " ".join([*texts(figure), description_of(figure).caption])
    assert "n = " in words
    if study == "one seed" and name not in NO_SEEDS:
        assert "n = 1 seed, so no interval" in words
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01 and box.y0 >= -0.01
    assert box.x1 <= width + 0.01 and box.y1 <= height + 0.01


def test_percent_axes_start_at_zero() -> None:
    """Bars are never cut to look far apart; a figure that begins elsewhere has none and says so."""
    for name in ("execution_accuracy", "protocol_audit"):
        for axes in drawn(name, "three seeds").axes:
            assert axes.get_xlim() == (0, 100)
    figure = drawn("completion_tasks", "three seeds")
    assert not [axes for axes in figure.axes if axes.patches]
    assert "Axes do not start at zero" in description_of(figure).notes
    for name in ("learning_curves", "accuracy_by_difficulty"):
        for axes in drawn(name, "three seeds").axes:
            assert axes.get_ylim() == (0, 100)


def test_paper_numbers_are_marked_as_another_setting() -> None:
    """The two published numbers appear, and whose they are."""
    words = " ".join(texts(drawn("execution_accuracy", "one seed")))
    assert "74.58" in words and "79.23" in words
    assert "Naïr et al. 2024, other setting" in words


def test_every_two_metrics_show_their_agreement_once_and_a_dash_for_none() -> None:
    """One value a pair below the diagonal, each metric named in words, the constant one told."""
    matrix = synthetic_agreement()
    shown = list(texts(figures.metric_agreement(matrix, 1234)))
    below = matrix.to_numpy()[np.tril_indices(len(matrix), -1)]
    printed = [text for text in shown if re.fullmatch(r"−?\d\.\d\d|–", text)]
    wanted = ["–" if np.isnan(rho) else f"{rho:.2f}".replace("-", "−") for rho in below]
    assert sorted(printed) == sorted(wanted)
    assert set(METRICS.values()) <= set(shown)
    notes = description_of(figures.metric_agreement(matrix, 1234)).notes
    assert "n = 1,234 programs" in notes and "–: one of the two" in notes
    assert correlation_text(-0.001) == "0.00"


def test_every_correlation_stands_in_its_cell_and_can_be_read() -> None:
    """The text in the middle of a cell is the value that colours it, in ink or white."""
    figure = figures.metric_agreement(synthetic_agreement(), 400)
    values = synthetic_agreement().to_numpy()
    (mesh,) = figure.axes[0].collections
    cells = mesh.get_array().reshape(values.shape)
    inside = {tuple(np.subtract(text.get_position(), 0.5)): text for text in figure.axes[0].texts}
    for row, column in np.argwhere(np.tril(~np.isnan(values), -1)):
        text = inside[column, row]
        assert cells[row, column] == values[row, column]
        assert text.get_text() == correlation_text(values[row, column])
        cell = style.contrast_with_white(to_hex(mesh.to_rgba(values[row, column])))
        ink = style.contrast_with_white(style.INK) / cell
        assert (cell if text.get_color() == "white" else ink) >= style.LEAST_OF_MARKS


def test_another_metric_that_makes_the_buckets_has_a_panel_of_its_own() -> None:
    """The usual study has two, the definitions of the paper's metric."""
    usual = synthetic_difficulty()
    lengths = usual[usual["metric"] == "overall_metric"].assign(metric="characters", upper=47.0)
    figure = figures.difficulty_distribution(pd.concat([usual, lengths]))
    titles = [axes.get_title(loc="left").partition("\n")[0] for axes in figure.axes]
    assert titles[2] == "characters of the source"
    assert titles[:2] == [
        axes.get_title(loc="left").partition("\n")[0]
        for axes in drawn("difficulty_distribution", "one seed").axes
    ]
    told = description_of(figure)
    assert "characters of the source: easy " in told.result
    assert told.notes.endswith("The study’s buckets are by characters of the source.")
    figure.draw_without_rendering()
    assert figure.get_tightbbox().x1 <= figure.get_size_inches()[0] + 0.01


def test_bars_show_the_means() -> None:
    """The bars of the first panel are the means over seeds."""
    rows = three_seeds().measures
    chosen = stats.select(rows, "execution_exact", "balanced", "macro")
    means = chosen.groupby("arm")["value"].mean()
    axes = figures.execution_accuracy(rows).axes[0]
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == pytest.approx([means[name] for name in SCHEDULES])


def test_unequal_numbers_of_seeds_are_named() -> None:
    """A study that is half finished says n by arm."""
    rows = three_seeds().measures
    part = rows[(rows["arm"] == "baseline") | (rows["seed"] == 0)]
    words = description_of(figures.execution_accuracy(part)).notes
    assert "baseline 3, sequential 1" in words and "no interval where n < 3" in words


def test_no_rows_is_told() -> None:
    """An empty table names what is missing."""
    results = one_seed()
    with pytest.raises(StudyError, match="no rows of history"):
        figures.schedule_composition(results.history.head(0))
    with pytest.raises(StudyError, match="contrasts"):
        figures.effects_forest(stats.contrast_table(results.measures, contrasts=[]))


@pytest.mark.parametrize("name", ["learning_curves", "metric_agreement"])
def test_saving_twice_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    """PNG and PDF are byte-stable, also where seaborn draws, and no temporary file stays."""
    for folder in ("first", "second"):
        style.save(FIGURES[name](one_seed()), tmp_path / folder, "curves")
    for name in ("curves.png", "curves.pdf"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == [
        "curves.pdf",
        "curves.png",
    ]


def test_display_order() -> None:
    """The paper's arms first, then the others by group and as the file has them, each once."""
    names = ["yoked-mastery", "hybrid", "easy-only", "baseline", "anti-hybrid", "hybrid", "mastery"]
    order = ["baseline", "hybrid", "mastery", "anti-hybrid", "yoked-mastery", "easy-only"]
    assert in_order(names) == order


def test_labels_are_spread_within_bounds() -> None:
    """Crowded labels keep their order and a gap; free ones stay where they are."""
    assert spread([10, 50], 5, 0, 100) == pytest.approx([10, 50])
    placed = spread([97.0, 97.5, 98.0], 5, 2, 98)
    assert np.diff(placed) == pytest.approx([5, 5]) and placed[-1] == pytest.approx(98)


def test_without_a_ceiling_the_audit_says_that_it_was_not_measured() -> None:
    measures = three_seeds().measures
    without = measures[measures["measure"] != "execution_paper_ceiling"]
    words = description_of(figures.protocol_audit(without)).result
    assert "its ceiling: not measured." in words and "nan" not in words
