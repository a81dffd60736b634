"""One quantity has one interval, wherever it is told: in figures, tables, pages and the README.

In: a study in which every arm has run. Out: a failure that names two places that disagree.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from factories import every_arm

from cl_utils import figures, stats
from cl_utils.figures.described import description_of
from cl_utils.labels.numbers import interval_text, rho_text
from cl_utils.paths import REPOSITORY
from cl_utils.report.main_table import main_table
from cl_utils.report.metric_findings import validity_of
from cl_utils.report.questions import contrasts_with_baseline
from cl_utils.report.sentences import metric_sentence
from cl_utils.stats.validity import OVERALL

PAIR = ("hybrid", "baseline")
METRIC = "overall_metric"
ESTIMATORS = {"quantile", "percentile", "ppf", "bootstrap", "sem", "t_interval", "std"}
"""What intervals are made of."""
SHOWS = ("figures", "report", "experiments", "playground")
QUANTILES_OF_PROGRAMS = {"metric_by_level"}
"""They describe a distribution and are no interval of an estimate."""


def ends(low: float, high: float) -> tuple[float, float]:
    """Return an interval to be compared up to rounding."""
    return pytest.approx(low), pytest.approx(high)


def test_hybrid_against_baseline_is_the_same_wherever_it_is_told() -> None:
    measures = every_arm().measures
    told = stats.contrast_table(measures, contrasts=[PAIR]).iloc[0]
    one = ends(told["low"], told["high"])
    gain = stats.factorial_gain(measures).iloc[0]
    budget = stats.budget_gains(measures).query("base == 'hybrid' and budget == 100").iloc[0]
    forest = contrasts_with_baseline(measures, [PAIR], ["baseline", "hybrid", "mastery"])
    row = main_table(every_arm()).loc["hybrid"]
    assert (gain["low"], gain["high"]) == one
    assert (budget["low"], budget["high"]) == one
    assert tuple(forest.set_index("arm").loc["hybrid", ["low", "high"]]) == one
    assert (row["difference_low"], row["difference_high"]) == one


def test_an_arms_accuracy_has_one_interval() -> None:
    measures = every_arm().measures
    row = main_table(every_arm()).loc["baseline"]
    one = ends(row["macro"] - row["macro_half_width"], row["macro"] + row["macro_half_width"])
    cells = stats.factorial_cells(measures).set_index("arm").loc["baseline"]
    usual = stats.exam_accuracy(measures).iloc[0]
    assert (cells["low"], cells["high"]) == one
    assert (usual["low"], usual["high"]) == one


def test_a_metrics_rho_has_one_interval_alone_and_among_others() -> None:
    """Figure (c) asks for one metric, the pages for all of them."""
    results = every_arm()
    alone = validity_of(results, 30, [METRIC])
    among = validity_of(results, 30)
    (one,) = alone[alone["scope"] == OVERALL].to_dict("records")
    (other,) = among[(among["metric"] == METRIC) & (among["scope"] == OVERALL)].to_dict("records")
    assert ends(one["low"], one["high"]) == (other["low"], other["high"])
    text = f"{rho_text(one['low'])} to {rho_text(one['high'])}"
    shown = figures.accuracy_by_difficulty(results.programs, alone, METRIC)
    assert text in description_of(shown).result
    assert text in metric_sentence(among[among["metric"] == METRIC].iloc[0])


def test_figures_tell_the_intervals_of_the_rows_that_they_draw() -> None:
    measures = every_arm().measures
    rows = stats.contrast_table(measures, contrasts=[PAIR])
    text = interval_text(rows["low"].iloc[0], rows["high"].iloc[0])
    for figure in (
        figures.effects_forest(rows),
        figures.gain_against_budget(stats.budget_gains(measures)),
        figures.factorial_effects(
            stats.factorial_effects(measures),
            stats.factorial_cells(measures),
            stats.factorial_gain(measures),
        ),
    ):
        assert text in description_of(figure).result


def calls(path: Path) -> set[str]:
    """Return the names of functions and methods that a module calls, but for described tables."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in QUANTILES_OF_PROGRAMS
        for inner in ast.walk(node)
    }
    found = [
        each.func for each in ast.walk(tree) if isinstance(each, ast.Call) and each not in skipped
    ]
    return {getattr(each, "attr", getattr(each, "id", "")) for each in found}


def test_only_stats_estimates() -> None:
    """What shows results takes intervals from there, so that none is computed in two ways.

    Nor by hand: 1.96 is the normal distribution's.
    """
    package = REPOSITORY / "cl_utils"
    for folder in SHOWS:
        paths = list((package / folder).rglob("*.py"))
        assert paths, folder
        for path in paths:
            assert not calls(path) & ESTIMATORS, path
            assert "1.96" not in path.read_text(encoding="utf-8"), path
    assert calls(package / "stats" / "intervals.py") & ESTIMATORS
