"""Statistics whose rows are programs: does a metric order what a trained model finds hard?

In: the programs of a study (columns arm, seed, test_set, program_id, level, exact,
log_probability, and a column a metric). Out: rank correlations with bootstrap intervals, accuracy
by decile of a metric, and an interval that counts both seeds and programs.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from cl_utils.errors import StudyError
from cl_utils.stats.intervals import Interval
from cl_utils.stats.rows import check_one_recipe

DECILES = 10


def arm_programs(programs: pd.DataFrame, arm: str, test_set: str) -> pd.DataFrame:
    """Return the rows of one arm on one test set; StudyError when there is none."""
    wanted = (programs["arm"] == arm) & (programs["test_set"] == test_set)
    rows = programs[wanted]
    if rows.empty:
        raise StudyError(
            f"no programs of {arm} on the {test_set} test set: "
            "run notebooks/05_evaluation.ipynb for it"
        )
    check_one_recipe(rows)
    return rows


def check_metric(programs: pd.DataFrame, metric: str) -> None:
    """Raise StudyError when `programs` have no column `metric`."""
    if metric not in programs:
        raise StudyError(
            f"the programs have no metric {metric!r}: merge it by program_id from "
            "difficulty.parquet, written by notebooks/02_metric_analysis.ipynb"
        )


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rho of two samples (n,); nan when one of them is constant.

    Pearson's correlation of mid-ranks, as scipy's spearmanr has it, without the test that makes
    that too slow for thousands of resamples.
    """
    ranks = scipy_stats.rankdata(np.stack([first, second]), axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    scale = np.sqrt((ranks**2).sum(axis=1).prod())
    return float(ranks[0] @ ranks[1] / scale) if scale > 0 else np.nan


def rank_correlation(
    programs: pd.DataFrame,
    metric: str = "overall_metric",
    *,
    rng: np.random.Generator,
    arm: str = "baseline",
    test_set: str = "balanced",
    level: str | None = None,
    confidence: float = 0.95,
    resamples: int = 1000,
    each_seed: bool = True,
) -> pd.DataFrame:
    """Return Spearman's rho of `metric` with hardness = -log p of the true output.

    One row a seed (not if `each_seed` is False), and one with seed "pooled": there a program's
    hardness is its mean over seeds.
    Columns: metric, level, seed (text), rho, low, high, programs, seeds. The interval is a
    percentile bootstrap over programs, so it speaks of these trained models, not of new seeds.
    """
    check_metric(programs, metric)
    rows = arm_programs(programs, arm, test_set)
    rows = rows if level is None else rows[rows["level"] == level]
    groups = {str(seed): group for seed, group in rows.groupby("seed")} if each_seed else {}
    table = []
    for name, group in [*groups.items(), ("pooled", rows)]:
        pooled = pooled_hardness(group, metric)
        values = pooled[metric].to_numpy(dtype=float), pooled["hardness"].to_numpy(dtype=float)
        low, high = bootstrap_rho(*values, rng, confidence, resamples)
        seeds = group["seed"].nunique()
        row = (metric, level or "all", name, spearman(*values), low, high, len(pooled), seeds)
        table.append(row)
    columns = ["metric", "level", "seed", "rho", "low", "high", "programs", "seeds"]
    return pd.DataFrame(table, columns=columns)


def pooled_hardness(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one row a program: level, metric, and hardness, its mean -log p over the runs."""
    check_metric(rows, metric)
    hard = rows.assign(hardness=-rows["log_probability"])
    return hard.groupby("program_id").agg({"level": "first", metric: "first", "hardness": "mean"})


def bootstrap_rho(
    first: np.ndarray,
    second: np.ndarray,
    rng: np.random.Generator,
    confidence: float,
    resamples: int,
) -> tuple[float, float]:
    """Return the percentile interval of Spearman's rho over pairs; nan where rho itself is."""
    if first.size < 2 or np.isnan(spearman(first, second)):
        return np.nan, np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy_stats.DegenerateDataWarning)
        interval = scipy_stats.bootstrap(
            (first, second),
            spearman,
            paired=True,
            vectorized=False,
            n_resamples=resamples,
            confidence_level=confidence,
            method="percentile",
            rng=rng,
        ).confidence_interval
    return float(interval.low), float(interval.high)


def decile_of(values: pd.Series, groups: int = DECILES) -> pd.Series:
    """Return the group 1..`groups` of each value by its mid-rank; equal values share one group.

    A value held by more than a tenth of the programs fills several tenths alone; it gets the one
    its middle falls in and the others stay empty. No tie is split, so file order cannot matter.
    """
    middle = (values.rank(method="average") - 0.5) / len(values)  # in (0, 1)
    return (np.floor(middle * groups).astype(int) + 1).clip(1, groups)


def accuracy_by_decile(
    programs: pd.DataFrame,
    metric: str = "overall_metric",
    *,
    test_set: str = "balanced",
    groups: int = DECILES,
) -> pd.DataFrame:
    """Return exact accuracy (percent) by decile of `metric`, one row an arm, seed and decile.

    Columns: arm, seed, decile, low and high (least and largest value of the metric in the
    group), accuracy, programs. Ties stay whole (see `decile_of`), so groups differ in size.
    """
    check_metric(programs, metric)
    rows = programs[programs["test_set"] == test_set]
    check_one_recipe(rows)
    distinct = rows.drop_duplicates("program_id").set_index("program_id")[metric]
    decile = decile_of(distinct, groups)
    edges = distinct.groupby(decile).agg(low="min", high="max")
    table = (
        rows.assign(decile=rows["program_id"].map(decile))
        .groupby(["arm", "seed", "decile"])["exact"]
        .agg(accuracy="mean", programs="size")
        .reset_index()
    )
    table["accuracy"] *= 100
    order = ["arm", "seed", "decile", "low", "high", "accuracy", "programs"]
    return table.merge(edges, left_on="decile", right_index=True)[order].sort_values(
        order[:3], ignore_index=True
    )


def hierarchical_bootstrap(
    programs: pd.DataFrame,
    *,
    rng: np.random.Generator,
    arm: str = "baseline",
    test_set: str = "balanced",
    confidence: float = 0.95,
    resamples: int = 1000,
) -> Interval:
    """Return one arm's exact accuracy (percent) with an interval over seeds and programs.

    Each resample draws seeds, then clusters of programs with the same canonical `skeleton` (single
    programs where that column is missing). All seeds answer the same programs, so one draw of
    clusters serves all drawn seeds. n is the number of seeds; a single seed is never varied.
    """
    rows = arm_programs(programs, arm, test_set)
    cluster = "skeleton" if "skeleton" in rows else "program_id"
    table = rows.pivot_table(
        index="seed", columns=cluster, values="exact", aggfunc=["sum", "count"], fill_value=0
    )
    right, count = table["sum"].to_numpy(float), table["count"].to_numpy(float)  # (seeds, clusters)
    seeds, clusters = np.arange(right.shape[0]), np.arange(right.shape[1])

    def accuracy(drawn_seeds: np.ndarray, drawn_clusters: np.ndarray) -> float:
        cells = np.ix_(drawn_seeds.astype(int), drawn_clusters.astype(int))
        return float(100 * right[cells].sum() / count[cells].sum())

    draws = [
        accuracy(rng.choice(seeds, seeds.size), rng.choice(clusters, clusters.size))
        for _ in range(resamples)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Interval(accuracy(seeds, clusters), float(low), float(high), seeds.size)
