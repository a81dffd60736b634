"""What n seeds can show, against published tables and hand-worked values."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from cl_utils.evaluation.paper_numbers import PAPER_GAIN
from cl_utils.stats import least_seeds, power_table, seed_deviation, smallest_effect
from cl_utils.stats.power import (
    deviation_interval,
    least_p,
    seeds_for_a_claim,
    unanimous_effect,
)


def measures(values: dict[str, list[float]]) -> pd.DataFrame:
    """Return primary-measure rows: the k-th value of an arm belongs to seed k."""
    rows = [(name, seed, value) for name, row in values.items() for seed, value in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "value"])
    fixed = {"test_set": "balanced", "subset": "macro", "measure": "execution_exact"}
    return frame.assign(recipe="gpt", **fixed)


def test_deviation_by_hand() -> None:
    """1, 2, 3 spread by 1; paired differences 3, 5, 4 by 1, and seed 3 has no partner."""
    rows = measures({"baseline": [1, 2, 3], "hybrid": [4, 7, 7, 99]})
    assert seed_deviation(rows, "baseline") == pytest.approx(1.0)
    assert seed_deviation(rows, "hybrid", reference="baseline") == pytest.approx(1.0)
    assert math.isnan(seed_deviation(rows, "mastery"))


@pytest.mark.parametrize(("effect", "n"), [(0.5, 34), (0.8, 15), (1.0, 10)])
def test_least_seeds_agree_with_published_sizes(effect: float, n: int) -> None:
    """Paired t test, two-sided 5 %, power 80 %: 34, 15, 10 pairs (G*Power 3.1's answers)."""
    assert least_seeds(1.0, effect) == n


def test_smallest_effect_scales_and_inverts() -> None:
    """Points scale with the deviation; n of an effect found by n is n again."""
    assert smallest_effect(3.0, 8) == pytest.approx(3 * smallest_effect(1.0, 8))
    for n in (4, 8, 12):
        assert least_seeds(2.0, smallest_effect(2.0, n) + 1e-6) == n


def test_the_papers_gain() -> None:
    """79.23 - 74.58 points; with a deviation as large, ten seeds."""
    assert PAPER_GAIN == pytest.approx(4.65)
    assert least_seeds(PAPER_GAIN, PAPER_GAIN) == 10


def test_more_seeds_show_less_and_the_sign_flip_test_needs_six() -> None:
    table = power_table(2.0)
    assert list(table["seeds"]) == list(range(3, 17))
    assert table["smallest_effect"].is_monotonic_decreasing
    assert list(table.loc[table["least_p"] < 0.05, "seeds"]) == list(range(6, 17))
    assert (least_p(5), least_p(8, family=6)) == (0.0625, 6 / 128)


def test_a_claim_needs_more_seeds_in_a_larger_family() -> None:
    """2 / 2^n times the family below 0.05."""
    assert [seeds_for_a_claim(family) for family in (1, 3, 6, 16)] == [6, 7, 8, 10]


def test_all_signs_agree_at_the_effect_that_says_so() -> None:
    """Simulated: 80 % of studies of eight seeds."""
    effect = unanimous_effect(2.0, 8)
    draws = np.random.default_rng(0).normal(effect, 2.0, (40_000, 8))
    assert (draws > 0).all(axis=1).mean() == pytest.approx(0.8, abs=0.01)


def test_the_interval_of_a_deviation_is_the_textbooks() -> None:
    """s = 2 from n = 6: chi-square with five degrees of freedom, 0.831 and 12.833."""
    low, high = deviation_interval(2.0, 6)
    assert (low, high) == pytest.approx(
        (2 * (5 / 12.833) ** 0.5, 2 * (5 / 0.8312) ** 0.5), rel=1e-3
    )


def test_nothing_is_known_of_one_seed() -> None:
    assert math.isnan(smallest_effect(1.0, 1)) and math.isnan(least_p(1))
    assert least_seeds(math.nan, 1.0) is None and least_seeds(1000.0, 0.1) is None
