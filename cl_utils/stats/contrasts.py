"""Intervals over seeds, and paired differences between an arm and its reference.

In: values of one measure by seed (percent). Out: means with t intervals; for two arms the mean
difference over common seeds with its interval, an exact sign-flip p, an equivalence p and n; for a
study one row an arm with p adjusted after Holm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from cl_utils.errors import StudyError
from cl_utils.stats.rows import arms_in, seed_values, select

EQUIVALENCE_MARGIN = 1.0
"""Two arms count as equivalent when their difference lies within this many points (TOST)."""
SEEDS_OF_A_CLAIM = 5
SEEDS_OF_A_TREND = 3
SIGNIFICANCE = 0.05
EXACT_SEEDS = 16
"""Up to here all 2^n sign flips are counted; beyond, 99,999 are drawn from a fixed stream."""


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


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One arm against its reference, paired by seed; values in percentage points.

    `p` is two-sided; `p_smallest` = 2 / 2^n is the least that n pairs can give (0.0625 for five).
    """

    arm: str
    reference: str
    measure: str
    test_set: str
    subset: str
    n: int
    reference_mean: float
    arm_mean: float
    difference: float
    low: float
    high: float
    p: float
    p_smallest: float
    p_equivalence: float
    strength: str


def mean_interval(values: Iterable[float], confidence: float = 0.95) -> Interval:
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
    error = float(scipy_stats.sem(sample))
    if error == 0:
        return Interval(mean, mean, mean, sample.size)
    low, high = scipy_stats.t.interval(confidence, sample.size - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high), sample.size)


def strength(n: int) -> str:
    """Return what `n` paired seeds may be called: "claim", "trend" or "single runs"."""
    if n >= SEEDS_OF_A_CLAIM:
        return "claim"
    return "trend" if n >= SEEDS_OF_A_TREND else "single runs"


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the two-sided p that the mean of paired `differences` (n,) is zero.

    Under the null the two arms of a pair are exchangeable, so each difference may change its sign:
    exact over all flips up to `EXACT_SEEDS` pairs; nan below two pairs.
    """
    if differences.size < 2:
        return np.nan
    test = scipy_stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=np.inf if differences.size <= EXACT_SEEDS else 99_999,
        batch=10_000,
        rng=np.random.default_rng(0),
    )
    return float(test.pvalue)


def equivalence_p(first: np.ndarray, second: np.ndarray) -> float:
    """Return the TOST p that two paired samples (n,) differ by less than the margin.

    Small values speak for equivalence; nan below two pairs.
    """
    if first.size < 2:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # pairs that all differ by the same amount
        p, _, _ = ttost_paired(first, second, -EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN)
    return float(p)


def paired_difference(
    measures: pd.DataFrame,
    arm: str,
    reference: str = "baseline",
    *,
    measure: str = "execution_exact",
    test_set: str = "balanced",
    subset: str = "macro",
    confidence: float = 0.95,
) -> Contrast:
    """Return `arm` minus `reference` over the seeds that both have finished.

    Raises StudyError when they have no seed in common.
    """
    rows = select(measures, measure, test_set, subset)
    pairs = pd.concat([seed_values(rows, arm), seed_values(rows, reference)], axis=1).dropna()
    if pairs.empty:
        raise StudyError(
            f"{arm} and {reference} have no seed in common for {measure} on "
            f"{test_set}/{subset}: run notebooks/05_evaluation.ipynb for both with one seed"
        )
    ours, theirs = pairs.to_numpy(dtype=float).T  # (n,) each
    interval = mean_interval(ours - theirs, confidence)
    return Contrast(
        arm=arm,
        reference=reference,
        measure=measure,
        test_set=test_set,
        subset=subset,
        n=interval.n,
        reference_mean=float(theirs.mean()),
        arm_mean=float(ours.mean()),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p=sign_flip_p(ours - theirs),
        p_smallest=2.0 ** (1 - interval.n) if interval.n > 1 else np.nan,
        p_equivalence=equivalence_p(ours, theirs),
        strength=strength(interval.n),
    )


def contrast_table(
    measures: pd.DataFrame,
    reference: str = "baseline",
    *,
    arms: Sequence[str] | None = None,
    measure: str = "execution_exact",
    test_set: str = "balanced",
    subset: str = "macro",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return one row an arm: the fields of `Contrast`, both p after Holm, the family's size.

    Added columns: p_holm, p_equivalence_holm, family. `arms` are the contrasts declared
    before the run (all but the reference if not given). Declared ones without a pair yet get no
    row, but count in the family: an unfinished study must not look more certain than a whole one.
    """
    rows = select(measures, measure, test_set, subset)
    declared = [name for name in arms or arms_in(rows) if name != reference]
    paired = set(seed_values(rows, reference).index)
    ready = [name for name in declared if paired & set(seed_values(rows, name).index)]
    contrasts = [
        paired_difference(
            rows,
            name,
            reference,
            measure=measure,
            test_set=test_set,
            subset=subset,
            confidence=confidence,
        )
        for name in ready
    ]
    columns = [field.name for field in fields(Contrast)]
    table = pd.DataFrame([asdict(contrast) for contrast in contrasts], columns=columns)
    table["p_holm"] = holm(table["p"], len(declared))
    table["p_equivalence_holm"] = holm(table["p_equivalence"], len(declared))
    table["family"] = len(declared)
    return table


def holm(p_values: pd.Series, family: int) -> np.ndarray:
    """Return p adjusted after Holm within a family of `family` contrasts; nan stays nan.

    A contrast without p, with a row or without, counts in the family as p = 1.
    """
    given: np.ndarray = p_values.to_numpy(dtype=float)
    if given.size == 0:
        return given
    padded = np.concatenate([np.nan_to_num(given, nan=1.0), np.ones(family - given.size)])
    adjusted = np.asarray(multipletests(padded, method="holm")[1])[: given.size]
    adjusted[np.isnan(given)] = np.nan
    return adjusted
