"""Is a metric of difficulty any good? Its rank correlation with what the baseline finds hard.

In: the programs of a study with a column per metric. Out: one row per metric and scope, over all
programs and within grammar levels; how far the models' own hardness agrees between seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cl_utils.stats.clusters import cluster_draws, clusters_of
from cl_utils.stats.programs import (
    BALANCED,
    arm_programs,
    check_metric,
    facts_of,
    hardness_table,
    mean_of,
    percentiles,
    spearman,
)
from cl_utils.stats.ranks import RankedMetrics

OVERALL, WITHIN = "overall", "within levels"
VALIDITY_COLUMNS = [
    *("metric", "scope", "rho", "low", "high"),
    *("seed_low", "seed_high", "programs", "seeds"),
]


def metric_validity(
    programs: pd.DataFrame,
    metrics: Sequence[str],
    *,
    rng: np.random.Generator,
    arm: str = "baseline",
    test_set: str = "balanced",
    resamples: int = 1000,
) -> pd.DataFrame:
    """Return Spearman's rho of each metric with hardness, pooled over seeds, in both scopes.

    Columns: metric, scope, rho, low, high, seed_low, seed_high (least and largest rho of a single
    seed), programs, seeds. Within levels, rho is the mean of the levels' own, weighted by programs:
    what the metric knows beyond the level's name; levels in which it is constant have no rho and
    count for nothing, nor among the programs. Intervals are percentile bootstraps over seeds and
    clusters of programs (`clusters.cluster_draws`).
    """
    rows = arm_programs(programs, arm, test_set)
    for metric in metrics:
        check_metric(rows, metric)
    hardness = hardness_table(rows)
    facts = facts_of(rows, hardness.index)
    values = facts[list(metrics)].to_numpy(dtype=float).T  # (metrics, programs)
    hard, levels = hardness.to_numpy(), facts["level"].to_numpy()
    scopes = RankedMetrics(values, np.zeros(len(levels))), RankedMetrics(values, levels)
    draws = cluster_draws(clusters_of(facts), hard.shape[1], rng, resamples)
    found = [both_scopes(scopes, mean_of(hard, seeds), own) for own, seeds in draws]
    low, high = percentiles(np.array(found))  # (2, metrics) each
    every = np.arange(len(levels))
    single = np.array([both_scopes(scopes, one, every) for one in hard.T])
    pooled = both_scopes(scopes, hard.mean(axis=1), every)
    sizes = np.array([[values.shape[1]] * len(metrics), varied(values, levels)])
    table = []
    for scope, name in enumerate((OVERALL, WITHIN)):
        for place, metric in enumerate(metrics):
            cell = scope, place
            ends = single[:, scope, place]
            numbers = (pooled[cell], low[cell], high[cell], ends.min(), ends.max(), sizes[cell])
            table.append((metric, name, *numbers, hard.shape[1]))
    return pd.DataFrame(table, columns=VALIDITY_COLUMNS).sort_values(
        "metric", key=lambda names: names.map(list(metrics).index), kind="stable", ignore_index=True
    )


def both_scopes(
    scopes: tuple[RankedMetrics, RankedMetrics], hard: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return rho (2, metrics) with `hard` of the programs `own`: overall, within levels.

    scopes: the metrics of all programs in one group, and in groups by level.
    """
    whole, by_level = scopes
    return np.stack([whole.rhos(hard, own)[0][0], weighted(*by_level.rhos(hard, own))])


def weighted(each: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the mean (metrics,) of rho (levels, metrics) by programs; nan where no level has one.

    sizes: (levels,), the programs of each.
    """
    known = ~np.isnan(each)
    weights = known * sizes[:, None]
    total = weights.sum(axis=0)
    summed = (weights * np.where(known, each, 0)).sum(axis=0)
    return np.where(total > 0, summed / np.maximum(total, 1), np.nan)


def varied(values: np.ndarray, levels: np.ndarray) -> list[int]:
    """Return, by metric, how many programs belong to levels in which it is not constant."""
    counts = np.zeros(len(values), dtype=int)
    for name in np.unique(levels):
        own = values[:, levels == name]
        counts += (own.max(axis=1) > own.min(axis=1)) * own.shape[1]
    return counts.tolist()


def hardness_stability(programs: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's rho of the baseline's own hardness between every two seeds.

    On the balanced test set. Columns: first, second (seeds), rho, programs. Where two seeds do not
    agree on what is hard, no metric can agree with both.
    """
    hardness = hardness_table(arm_programs(programs, "baseline", BALANCED))
    seeds = list(hardness.columns)
    table = [
        (first, second, spearman(hardness[first].to_numpy(), hardness[second].to_numpy()))
        for place, first in enumerate(seeds)
        for second in seeds[place + 1 :]
    ]
    frame = pd.DataFrame(table, columns=["first", "second", "rho"])
    return frame.assign(programs=len(hardness))
