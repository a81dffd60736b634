"""How small an effect n seeds can show, and how many seeds an effect needs.

In: the measures of a study, or the standard deviation of paired differences. Out: points and
numbers of seeds, by statsmodels' power of the paired t test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import scipy  # scipy.stats comes when it is first used, as in intervals

from cl_utils.stats.changes import difference_by_seed
from cl_utils.stats.intervals import CONFIDENCE, SIGNIFICANCE
from cl_utils.stats.paired_tests import least_sign_flip_p
from cl_utils.stats.rows import PRIMARY, Cell, seed_values, select

POWER = 0.8
MOST_SEEDS = 1000
"""Beyond so many seeds an effect counts as out of reach."""


def seed_deviation(
    measures: pd.DataFrame,
    arm: str,
    *,
    reference: str | None = None,
    cell: Cell = PRIMARY,
) -> float:
    """Return the standard deviation (points) of an arm over its seeds; nan below two seeds.

    With a `reference` it is that of the paired differences, which decides what a contrast shows.
    """
    if reference is None:
        values = seed_values(select(measures, *cell), arm)
    else:
        values = difference_by_seed(measures, (arm, reference), cell)
    return float(values.std(ddof=1))


def smallest_effect(deviation: float, n: int) -> float:
    """Return the least true difference (points) that a two-sided paired t test of n seeds finds.

    "Finds" means with probability `POWER`; `deviation` is that of the paired differences. nan
    below two seeds.
    """
    if n < 2 or np.isnan(deviation):
        return np.nan
    size = np.asarray(_paired_t_test().solve_power(nobs=n, alpha=SIGNIFICANCE, power=POWER))
    return deviation * abs(float(size.item()))  # two-sided: the solver may land on the other sign


def least_seeds(deviation: float, effect: float) -> int | None:
    """Return the least number of seeds that finds a true difference of `effect` points.

    None where even `MOST_SEEDS` do not, or where the deviation is zero or unknown.
    """
    if not deviation > 0:
        return None
    size, test = effect / deviation, _paired_t_test()
    for n in range(2, MOST_SEEDS + 1):
        if not test.power(size, n, SIGNIFICANCE) < POWER:  # nan: an effect beyond all tables
            return n
    return None


def least_p(n: int, family: int = 1) -> float:
    """Return the least p that the exact sign-flip test of n seeds gives after Holm."""
    return min(1.0, family * least_sign_flip_p(n)) if n > 1 else np.nan


def seeds_for_a_claim(family: int) -> int:
    """Return the least number of seeds with which the sign-flip test can fall below 0.05."""
    return next(n for n in range(2, MOST_SEEDS) if least_p(n, family) < SIGNIFICANCE)


def unanimous_effect(deviation: float, n: int) -> float:
    """Return the true difference (points) at which n paired differences all have its sign.

    With probability `POWER`, the differences being normal with this standard deviation: what the
    sign-flip test asks for when n is the least that a family allows.
    """
    return deviation * float(scipy.stats.norm.ppf(POWER ** (1 / n)))


def deviation_interval(deviation: float, n: int) -> tuple[float, float]:
    """Return the chi-square interval of a standard deviation that was measured on n values."""
    tail = (1 - CONFIDENCE) / 2
    low, high = (scipy.stats.chi2.ppf(end, n - 1) for end in (1 - tail, tail))
    return deviation * float(np.sqrt((n - 1) / low)), deviation * float(np.sqrt((n - 1) / high))


def power_table(deviation: float, seeds: Iterable[int] = range(3, 17)) -> pd.DataFrame:
    """Return one row a number of seeds: seeds, smallest_effect (points), least_p (sign flips).

    Where least_p is not below `SIGNIFICANCE`, the study's own test cannot show a difference however
    large, whatever the t test could.
    """
    rows = [(n, smallest_effect(deviation, n), least_p(n)) for n in seeds]
    return pd.DataFrame(rows, columns=["seeds", "smallest_effect", "least_p"])


def _paired_t_test() -> Any:
    """Return what knows the power of the paired t test; imported late, as in intervals."""
    from statsmodels.stats.power import TTestPower

    return TTestPower()
