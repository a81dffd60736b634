"""Spearman's rho by counting codes against scipy's by sorting, in samples and in resamples."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as draw
from scipy.stats import spearmanr

from cl_utils.stats.programs import spearman
from cl_utils.stats.ranks import RankedMetrics


@pytest.mark.parametrize("seed", range(3))
def test_rho_is_scipys_with_ties_and_without(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for first in (rng.random(50), rng.integers(0, 4, 50).astype(float)):
        second = first + rng.normal(0, 1, 50).round(seed)
        assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(spearman(np.ones(5), np.arange(5.0)))
    unknown = np.array([1.0, np.nan, 2.0])
    assert np.isnan([spearman(unknown, np.arange(3.0)), spearman(np.arange(3.0), unknown)]).all()


def test_equal_infinities_share_a_rank_in_whatever_order_they_come() -> None:
    first = np.array([np.inf, 1.0, np.inf, 2.0, -np.inf, np.inf, -np.inf])
    second = np.array([3.0, 1.0, 7.0, 2.0, 5.0, 4.0, 6.0])
    expected = spearmanr(np.clip(first, -9, 9), second).statistic
    for order in (np.arange(7), np.arange(7)[::-1], np.array([2, 0, 5, 1, 3, 6, 4])):
        assert spearman(first[order], second[order]) == pytest.approx(expected)


@given(draw.integers(0, 2**32), draw.integers(1, 4), draw.integers(1, 40))
def test_rho_of_a_resample_is_that_of_the_programs_it_holds(
    seed: int, groups: int, programs: int
) -> None:
    """By groups of any size, with ties, programs drawn twice or never, and an unknown value."""
    rng = np.random.default_rng(seed)
    values = np.stack([rng.random(programs), rng.integers(0, 3, programs).astype(float)])
    values[0, rng.integers(programs)] = np.nan
    hard, names = rng.random(programs).round(1), rng.integers(groups, size=programs)
    own = rng.integers(programs, size=programs)
    rho, sizes = RankedMetrics(values, names).rhos(hard, own)
    held = np.unique(names[own])
    assert rho.shape == (len(held), 2) and sizes.sum() == programs
    for name, found, size in zip(held, rho, sizes, strict=True):
        places = own[names[own] == name]
        with warnings.catch_warnings(action="ignore"):  # scipy warns where there is no rho
            expected = [spearmanr(row, hard[places]).statistic for row in values[:, places]]
        assert found == pytest.approx(expected, nan_ok=True) and size == len(places)
