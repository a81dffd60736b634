"""Whether a difference of two arms is the same in two groups of seeds, such as those of a machine.

In: a value by seed and the group of each seed. Out: the mean of each group, their difference with
Welch's interval and p. The groups hold other seeds, so nothing is paired here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from cl_utils.stats.intervals import CONFIDENCE, SEEDS_OF_A_TREND


@dataclass(frozen=True)
class GroupDifference:
    """The means of two groups of seeds, and the second's minus the first's (points).

    `low`, `high`, `p`: of Welch's t test, which lets the groups' spreads differ; nan where a group
    has fewer than three seeds, or none of both has a spread.
    """

    first: float
    first_n: int
    second: float
    second_n: int
    difference: float
    low: float
    high: float
    p: float


def group_difference(first: pd.Series, second: pd.Series) -> GroupDifference:
    """Return how the values of two groups of seeds differ; each has at least one."""
    difference = float(second.mean() - first.mean())
    low = high = p = np.nan
    spread = np.ptp(first) > 0 or np.ptp(second) > 0
    if min(len(first), len(second)) >= SEEDS_OF_A_TREND and spread:
        test = scipy.stats.ttest_ind(second, first, equal_var=False)
        bounds = test.confidence_interval(CONFIDENCE)
        low, high, p = float(bounds.low), float(bounds.high), float(test.pvalue)
    means = float(first.mean()), float(second.mean())
    return GroupDifference(means[0], len(first), means[1], len(second), difference, low, high, p)
