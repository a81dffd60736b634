"""What statistics must not make a number of: infinite values, doubled rows, odd seeds, typos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from factories import synthetic_results
from refusals import refusal

from cl_utils.stats import accuracy_by_decile, contrast_table, hierarchical_bootstrap
from cl_utils.stats.contrasts import paired_difference
from cl_utils.stats.levels import by_level
from cl_utils.stats.paired_tests import equivalence_p, sign_flip_p
from cl_utils.stats.rows import COLUMNS

RESULTS = synthetic_results(["baseline", "hybrid"], [0, 1, 2], programs=20)
PAIR = [("hybrid", "baseline")]
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_difference_that_is_no_number_has_no_p(odd: float) -> None:
    """It compared as smaller than every other, which made p zero and a claim."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(sign_flip_p(np.array([1.0, odd, -2.0, 3.0, 0.5])))
        assert np.isnan(equivalence_p(np.array([1.0, odd, 0.1]), np.zeros(3)))


def value(odd: object, column: str = "value") -> Change:
    """Return what puts something into the first exact measure of every arm."""

    def change(measures: pd.DataFrame) -> pd.DataFrame:
        first = (measures["seed"] == 0) & (measures["measure"] == "execution_exact")
        return measures.assign(**{column: measures[column].astype(object).mask(first, odd)})

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (value(-np.inf), ["is -inf for", "seed 0"]),
        (value(np.inf), ["is inf for"]),
        (value("0", "seed"), ["has the seed '0'", "whole number"]),
        (value(0.5, "seed"), ["has the seed 0.5"]),
        (lambda each: each.drop(columns="recipe"), ["lack the columns recipe"]),
        (lambda each: pd.DataFrame(), [f"lack the columns {', '.join(COLUMNS)}"]),
    ],
)
def test_measures_that_are_none_are_refused_with_the_run(change: Change, words: list[str]) -> None:
    measures = change(RESULTS.measures)
    for ask in (
        lambda: contrast_table(measures, contrasts=PAIR),
        lambda: paired_difference(measures, *PAIR[0]),
    ):
        sentence = refusal(ask)
        assert all(word in sentence for word in words), sentence


def test_true_and_false_are_no_seeds() -> None:
    rows = RESULTS.measures.assign(seed=RESULTS.measures["seed"] > 0)
    assert "has the seed" in refusal(lambda: contrast_table(rows, contrasts=PAIR))


def test_a_measure_that_nothing_has_is_no_empty_table() -> None:
    said = refusal(
        lambda: contrast_table(
            RESULTS.measures, contrasts=PAIR, cell=("execution_exat", "balanced", "macro")
        )
    )
    assert "execution_exact" in said
    absent = [("incremental", "baseline")]  # not run yet: no row, and no error
    assert contrast_table(RESULTS.measures, contrasts=absent).empty


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([*PAIR, ("hybird", "baseline")], "'hybird' does not exist (did you mean 'hybrid'?)"),
        ([("hybrid", "basline")], "did you mean 'baseline'?"),
        (("hybrid", "baseline"), "which is no pair of two arms"),
        ([("hybrid", "baseline", "mastery")], "which is no pair of two arms"),
        ([("hybrid", "hybrid")], "which is no pair of two arms"),
        ([*PAIR, *PAIR], "stands there twice"),
        ([("hybrid", "baseline"), ("baseline", "hybrid")], "stands there twice"),
    ],
    ids=str,
)
def test_what_is_no_contrast_is_refused_as_it_would_count_in_the_family(
    pairs: list[tuple[str, str]], words: str
) -> None:
    assert words in refusal(lambda: contrast_table(RESULTS.measures, contrasts=pairs))


def test_a_misspelt_arm_is_no_arm_without_seeds() -> None:
    said = refusal(lambda: paired_difference(RESULTS.measures, "hybird", "baseline"))
    assert "did you mean 'hybrid'?" in said


def test_an_answer_that_is_there_twice_is_refused_by_all_that_count_programs() -> None:
    twice = pd.concat([RESULTS.programs, RESULTS.programs])
    for ask in (
        lambda: by_level(twice),
        lambda: accuracy_by_decile(twice),
        lambda: hierarchical_bootstrap(twice, rng=np.random.default_rng(0)),
    ):
        assert "appears twice for baseline, seed 0" in refusal(ask)


def test_a_program_without_the_metric_is_refused() -> None:
    programs = RESULTS.programs
    hole = programs["program_id"] == programs["program_id"].iloc[3]
    lacking = programs.assign(overall_metric=programs["overall_metric"].mask(hole))
    assert "has no value of the metric" in refusal(lambda: accuracy_by_decile(lacking))
