"""Two tests of paired values: that their mean difference is zero, and that it is not.

In: one difference, or one value of either arm, a seed (percent). Out: an exact sign-flip p, the
least that it can be, an equivalence p.
"""

from __future__ import annotations

import numpy as np

EQUIVALENCE_MARGIN = 1.0
"""Two arms count as equivalent when their difference lies within this many points (TOST)."""
EXACT_SEEDS = 16
DRAWN_FLIPS = 99_999
"""Up to here all 2^n sign flips are counted; beyond, 99,999 are drawn from a fixed stream."""
SAME_POINTS = 2e-4
"""Means that differ by less are equal: measures are stored to four decimals, and a program more or
less in a test set of up to 1,000 a bucket moves a mean over up to 16 seeds by more than twice as
much, also that of a main effect, in which each arm counts a quarter."""


def least_sign_flip_p(n: int) -> float:
    """Return the least that `sign_flip_p` can give with n pairs: 2 / 2^n where all are counted."""
    if n < 2:
        return np.nan
    return 2.0 ** (1 - n) if n <= EXACT_SEEDS else 1.0 / (DRAWN_FLIPS + 1)


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the two-sided p that the mean of paired `differences` (n,) is zero.

    Under the null the two arms of a pair are exchangeable, so each difference may change its sign:
    exact over all flips up to `EXACT_SEEDS` pairs; nan below two pairs, or where a difference is
    not finite. Means within `SAME_POINTS` count as equal, so that a tie does not hang on the last
    digit of a rounded value, as it would in scipy.stats.permutation_test.
    """
    n = differences.size
    if n < 2 or not np.isfinite(differences).all():
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

    Small values speak for equivalence; nan below two pairs, where one is not finite, and where no
    value exceeds the margin: arms that get nothing right, and shares where percent are meant, lie
    within it whatever they do.
    """
    if first.size < 2 or not np.isfinite(first - second).all():
        return np.nan
    if max(np.abs(first).max(), np.abs(second).max()) <= EQUIVALENCE_MARGIN:
        return np.nan
    from statsmodels.stats.weightstats import ttost_paired  # half a second, and used here alone

    with np.errstate(divide="ignore", invalid="ignore"):  # pairs that all differ by the same amount
        p, _, _ = ttost_paired(first, second, -EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN)
    return float(p)
