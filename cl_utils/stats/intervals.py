"""Means of one value a seed with their intervals, and what n seeds may be called.

In: values by seed (percent). Out: a mean with its t interval; the interval of a single share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.stats comes when it is first used: most notebooks and commands never do
from numpy.typing import NDArray

SEEDS_OF_A_CLAIM = 5
SEEDS_OF_A_TREND = 3
SIGNIFICANCE = 0.05
CONFIDENCE = 0.95
"""Of every interval that is shown."""


@dataclass(frozen=True)
class Interval:
    """A mean over `n` values and the bounds of its interval; nan bounds mean "no interval"."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Half the interval's width, for "mean ± half width" of a symmetric interval."""
        return (self.high - self.low) / 2


def mean_interval(values: Iterable[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of one value a seed and its Student t interval.

    Fewer than three values have no interval (nan bounds) and none has no mean: the spread of two is
    mostly chance, so their interval may be the narrowest of all. Equal values give an interval of
    width zero.
    """
    sample = np.asarray(list(values), dtype=float)
    if sample.size == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean = float(sample.mean())
    if sample.size < SEEDS_OF_A_TREND:
        return Interval(mean, np.nan, np.nan, sample.size)
    if np.ptp(sample) == 0:  # where the mean's rounding would give it a width
        return Interval(float(sample[0]), float(sample[0]), float(sample[0]), sample.size)
    error = float(scipy.stats.sem(sample))
    low, high = scipy.stats.t.interval(confidence, sample.size - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high), sample.size)


def share_interval(
    percent: NDArray[np.float64], n: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of shares, in percent of n programs each: of the programs drawn, no seeds.

    Wilson's score interval (1927, "Probable inference, the law of succession, and statistical
    inference"), which has a width at 0 and 100 % too.
    """
    z, share = float(scipy.stats.norm.ppf((1 + CONFIDENCE) / 2)), percent / 100
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return 100 * (centre - half), 100 * (centre + half)


def at_most(n: int) -> str:
    """Return what `n` paired seeds may be called: "claim", "trend" or "single runs"."""
    if n >= SEEDS_OF_A_CLAIM:
        return "claim"
    return "trend" if n >= SEEDS_OF_A_TREND else "single runs"


def digits_of_p(p: float) -> int:
    """Return with how many digits a p value is printed: three, or as many as show its side.

    0.0498 would be "0.050", which is not below `SIGNIFICANCE` as it is.
    """
    exact = float(p)
    sides = (n for n in range(3, 9) if (round(exact, n) < SIGNIFICANCE) == (p < SIGNIFICANCE))
    return next(sides, 3)
