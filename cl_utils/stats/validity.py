"""Is a metric of difficulty any good? Its rank correlation with what the baseline finds hard.

In: the programs of a study with a column a metric. Out: one row a metric and scope, over all
programs and within grammar levels; how far the models' own hardness agrees between seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cl_utils.stats.programs import (
    arm_programs,
    pooled_hardness,
    rank_correlation,
    spearman,
)

OVERALL, WITHIN = "overall", "within levels"


def metric_validity(
    programs: pd.DataFrame,
    metrics: Sequence[str],
    *,
    rng: np.random.Generator,
    arm: str = "baseline",
    test_set: str = "balanced",
    confidence: float = 0.95,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Return Spearman's rho of each metric with hardness, pooled over seeds, in both scopes.

    Columns: metric, scope, rho, low, high, programs, seeds. Within levels, rho is the mean of the
    levels' own, weighted by programs: what the metric knows beyond the level's name. Intervals are
    percentile bootstraps over programs, drawn within each level in the second scope.
    """
    rows = []
    for metric in metrics:
        overall = rank_correlation(
            programs,
            metric,
            rng=rng,
            arm=arm,
            test_set=test_set,
            confidence=confidence,
            resamples=resamples,
            each_seed=False,
        ).iloc[0]
        pooled = pooled_hardness(arm_programs(programs, arm, test_set), metric)
        within = within_levels(pooled, metric, rng, confidence, resamples)
        size = int(overall["programs"]), int(overall["seeds"])
        rows.append((metric, OVERALL, *overall[["rho", "low", "high"]], *size))
        rows.append((metric, WITHIN, *within, *size))
    columns = ["metric", "scope", "rho", "low", "high", "programs", "seeds"]
    return pd.DataFrame(rows, columns=columns)


def within_levels(
    pooled: pd.DataFrame,
    metric: str,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[float, float, float]:
    """Return the mean rho within a level, weighted by programs, and its bootstrap interval.

    Levels in which the metric is constant have no rho and no weight; nan where that is all.
    """
    levels = [
        group[[metric, "hardness"]].to_numpy(dtype=float)  # (programs, 2)
        for _, group in pooled.groupby("level")
        if group[metric].nunique() > 1
    ]
    if not levels:
        return np.nan, np.nan, np.nan
    draws = [
        weighted_rho([rng.choice(level, len(level)) for level in levels]) for _ in range(resamples)
    ]
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return weighted_rho(levels), float(low), float(high)


def weighted_rho(levels: Sequence[np.ndarray]) -> float:
    """Return the mean of Spearman's rho over samples (programs, 2), weighted by their sizes."""
    each = np.array([spearman(*level.T) for level in levels])
    weights = np.array([len(level) for level in levels])
    known = ~np.isnan(each)
    return float(np.average(each[known], weights=weights[known])) if known.any() else np.nan


def hardness_stability(
    programs: pd.DataFrame, arm: str = "baseline", test_set: str = "balanced"
) -> pd.DataFrame:
    """Return Spearman's rho of the models' own hardness between every two seeds.

    Columns: first, second (seeds), rho, programs. Where two seeds do not agree on what is hard, no
    metric can agree with both.
    """
    rows = arm_programs(programs, arm, test_set)
    hardness = -rows.pivot(index="program_id", columns="seed", values="log_probability").dropna()
    seeds = list(hardness.columns)
    table = [
        (first, second, spearman(hardness[first].to_numpy(), hardness[second].to_numpy()))
        for place, first in enumerate(seeds)
        for second in seeds[place + 1 :]
    ]
    frame = pd.DataFrame(table, columns=["first", "second", "rho"])
    return frame.assign(programs=len(hardness))
