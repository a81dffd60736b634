"""Means of one value a seed: their intervals, what n seeds may be called, and two tests of zero.

In: values, or paired samples, by seed (percent). Out: a mean with its t interval, an exact
sign-flip p, an equivalence p; and the interval of a single share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.stats comes when it is first used: most notebooks and commands never do
from numpy.typing import NDArray

EQUIVALENCE_MARGIN = 1.0
"""Two arms count as equivalent when their difference lies within this many points (TOST)."""
SEEDS_OF_A_CLAIM = 5
SEEDS_OF_A_TREND = 3
SIGNIFICANCE = 0.05
CONFIDENCE = 0.95
"""Of every interval that is shown."""
EXACT_SEEDS = 16
DRAWN_FLIPS = 99_999
"""Up to here all 2^n sign flips are counted; beyond, 99,999 are drawn from a fixed stream."""
SAME_POINTS = 2e-4
"""Means that differ by less are equal: measures are stored to four decimals, and a program more or
less in any test set here moves a mean of differences by ten times as much."""


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

    One value has no interval (nan bounds) and none has no mean. Equal values give an interval of
    width zero.
    """
    sample = np.asarray(list(values), dtype=float)
    if sample.size == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean = float(sample.mean())
    if sample.size == 1:
        return Interval(mean, np.nan, np.nan, 1)
    if np.ptp(sample) == 0:  # where the mean's rounding would give it a width
        return Interval(float(sample[0]), float(sample[0]), float(sample[0]), sample.size)
    error = float(scipy.stats.sem(sample))
    low, high = scipy.stats.t.interval(confidence, sample.size - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high), sample.size)


def share_interval(
    percent: NDArray[np.float64], n: NDArray[np.int64], confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of shares, in percent of n programs each: of the programs drawn, no seeds.

    Wilson's score interval (1927, "Probable inference, the law of succession, and statistical
    inference"), which has a width at 0 and 100 % too.
    """
    z, share = float(scipy.stats.norm.ppf((1 + confidence) / 2)), percent / 100
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return 100 * (centre - half), 100 * (centre + half)


def at_most(n: int) -> str:
    """Return what `n` paired seeds may be called: "claim", "trend" or "single runs"."""
    if n >= SEEDS_OF_A_CLAIM:
        return "claim"
    return "trend" if n >= SEEDS_OF_A_TREND else "single runs"


def least_sign_flip_p(n: int) -> float:
    """Return the least that `sign_flip_p` can give with n pairs: 2 / 2^n where all are counted."""
    if n < 2:
        return np.nan
    return 2.0 ** (1 - n) if n <= EXACT_SEEDS else 1.0 / (DRAWN_FLIPS + 1)


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the two-sided p that the mean of paired `differences` (n,) is zero.

    Under the null the two arms of a pair are exchangeable, so each difference may change its sign:
    exact over all flips up to `EXACT_SEEDS` pairs; nan below two pairs. Means within `SAME_POINTS`
    count as equal, so that a tie does not hang on the last digit of a rounded value, as it would in
    scipy.stats.permutation_test.
    """
    n = differences.size
    if n < 2:
        return np.nan
    at_least = abs(float(differences.mean())) - SAME_POINTS
    if n <= EXACT_SEEDS:
        flips = np.arange(2**n)[:, None] >> np.arange(n) & 1
        return float((np.abs((1 - 2 * flips) @ differences) / n >= at_least).mean())
    flips = np.random.default_rng(0).integers(2, size=(DRAWN_FLIPS, n), dtype=np.int8)
    extreme = int((np.abs((1 - 2 * flips) @ differences) / n >= at_least).sum())
    return (extreme + 1) / (DRAWN_FLIPS + 1)


def equivalence_p(first: np.ndarray, second: np.ndarray) -> float:
    """Return the TOST p that two paired samples (n,) differ by less than the margin.

    Small values speak for equivalence; nan below two pairs.
    """
    if first.size < 2:
        return np.nan
    from statsmodels.stats.weightstats import ttost_paired  # half a second, and used here alone

    with np.errstate(divide="ignore", invalid="ignore"):  # pairs that all differ by the same amount
        p, _, _ = ttost_paired(first, second, -EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN)
    return float(p)
