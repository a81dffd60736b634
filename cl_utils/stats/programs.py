"""Statistics whose rows are programs: does a metric order what a trained model finds hard?

In: the programs of a study (columns arm, seed, test_set, program_id, level, exact,
log_probability, and a column per metric). Out: what the models find hard, a rank correlation,
accuracy by decile of a metric, and an interval that counts both seeds and programs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cl_utils.errors import StudyError
from cl_utils.stats.clusters import cluster_draws, clusters_of
from cl_utils.stats.intervals import CONFIDENCE, Interval
from cl_utils.stats.ranks import RankedMetrics
from cl_utils.stats.rows import PRIMARY, check_one_recipe, check_programs_once

DECILES = 10
BALANCED = PRIMARY[1]
"""The test set that these statistics are of, unless another is named."""


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
    check_programs_once(rows)
    return rows


def check_metric(programs: pd.DataFrame, metric: str) -> None:
    """Raise StudyError when `programs` have no column `metric`, or some have none of its values."""
    if metric not in programs:
        raise StudyError(
            f"the programs have no metric {metric!r}: merge it by program_id from "
            "difficulty.parquet, written by notebooks/02_metric_analysis.ipynb"
        )
    if (lacking := programs[metric].isna()).any():
        number = programs.loc[lacking, "program_id"].iloc[0]
        raise StudyError(
            f"program {number} has no value of the metric {metric!r}: merge it by program_id from "
            "difficulty.parquet, for every program"
        )


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rho of two samples (n,); nan when one of them is constant or has a nan.

    Pearson's correlation of mid-ranks, as scipy's spearmanr has it, without its test.
    """
    whole = RankedMetrics(first[None], np.zeros(len(first)))
    return float(whole.rhos(second, np.arange(len(first)))[0].item())


def hardness_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return -log p of the true output: a row per program, a column a seed.

    `rows`: of one arm and test set. Raises StudyError where a seed lacks programs.
    """
    table = rows.pivot(index="program_id", columns="seed", values="log_probability")
    _check_whole(table, rows["arm"].iloc[0], rows["test_set"].iloc[0])
    return -table


def mean_of(hardness: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the mean (programs,) of some columns of `hardness` (programs, seeds)."""
    mean: np.ndarray = np.take(hardness, seeds, axis=1).mean(axis=1)
    return mean


def facts_of(rows: pd.DataFrame, programs: pd.Index) -> pd.DataFrame:
    """Return what does not depend on the seed (level, skeleton, metrics) of `programs`, in order.

    program_id stays a column.
    """
    known = rows.drop_duplicates("program_id").set_index("program_id", drop=False)
    return known.loc[programs]


def percentiles(draws: np.ndarray) -> np.ndarray:
    """Return (2, ...), the percentile interval over the first axis; nan where most draws are."""
    tail = (1 - CONFIDENCE) / 2
    known = ~np.isnan(draws)
    ends = np.nanquantile(np.where(known.any(axis=0), draws, 0.0), [tail, 1 - tail], axis=0)
    return np.where(known.mean(axis=0) > 0.5, ends, np.nan)


def decile_of(values: pd.Series) -> pd.Series:
    """Return the group 1..`DECILES` of each value by its mid-rank; equal values share one group.

    A value held by more than a tenth of the programs fills several tenths alone; it gets the one
    its middle falls in and the others stay empty. No tie is split, so file order cannot matter.
    """
    middle = (values.rank(method="average") - 0.5) / len(values)  # in (0, 1)
    return (np.floor(middle * DECILES).astype(int) + 1).clip(1, DECILES)


def accuracy_by_decile(programs: pd.DataFrame, metric: str = "overall_metric") -> pd.DataFrame:
    """Return exact accuracy (percent) by decile of `metric`, one row per arm, seed and decile.

    On the balanced test set.
    Columns: arm, seed, decile, low and high (least and largest value of the metric in the
    group), accuracy, programs. Ties stay whole (see `decile_of`), so groups differ in size.
    """
    check_metric(programs, metric)
    rows = programs[programs["test_set"] == BALANCED]
    check_one_recipe(rows)
    check_programs_once(rows)
    distinct = rows.drop_duplicates("program_id").set_index("program_id")[metric]
    decile = decile_of(distinct)
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


def answers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return whether one arm was right, as 1.0 or 0.0: a row per program, a column per seed."""
    return rows.pivot(index="program_id", columns="seed", values="exact").astype(float)


def hierarchical_bootstrap(
    programs: pd.DataFrame,
    *,
    rng: np.random.Generator,
    arm: str = "baseline",
    reference: str | None = None,
    test_set: str = BALANCED,
    resamples: int = 1000,
) -> Interval:
    """Return one arm's exact accuracy (percent) with an interval over seeds and programs.

    With a `reference`, points above it, over the seeds and programs that both have. The mean of the
    buckets' means, as everywhere on the balanced test set, also where a resample draws more of one.

    Each resample draws seeds, then clusters of programs with the same canonical `skeleton` (single
    programs where that column is missing). All seeds answer the same programs, so one draw of
    clusters serves all drawn seeds. n is the number of seeds; a single seed is never varied. Raises
    StudyError where a seed has not answered every program: what is left would be no test set.
    """
    if resamples < 1:
        raise StudyError(f"resamples={resamples}: give at least 1")
    rows = arm_programs(programs, arm, test_set)
    right = answers(rows)
    _check_whole(right, arm, test_set)
    if reference is not None:
        other = answers(arm_programs(programs, reference, test_set))
        _check_whole(other, reference, test_set)
        right = (right - other).dropna(axis="columns", how="all").dropna()
    if right.empty:
        raise StudyError(
            f"{arm} and {reference} have no seed and program in common on {test_set}: run "
            "notebooks/05_evaluation.ipynb for both with one seed"
        )
    table, facts = right.to_numpy(dtype=float), facts_of(rows, right.index)  # (programs, seeds)
    bucket = facts["bucket"].astype("category").cat.codes.to_numpy(dtype=np.int64)
    draws = cluster_draws(clusters_of(facts), table.shape[1], rng, resamples)
    found = np.array(
        [mean_of_buckets(mean_of(table[own], seeds), bucket[own]) for own, seeds in draws]
    )
    low, high = percentiles(100 * found)
    mean = mean_of_buckets(table.mean(axis=1), bucket)
    return Interval(100 * mean, float(low), float(high), table.shape[1])


def _check_whole(right: pd.DataFrame, arm: str, test_set: str) -> None:
    """Raise StudyError where a seed (column) lacks programs (rows) that another one answered."""
    lacking = right.isna().sum()
    if (lacking > 0).any():
        seed = lacking.idxmax()
        raise StudyError(
            f"{arm}, seed {seed}, lacks {lacking[seed]} of {len(right)} programs on {test_set}: "
            "run notebooks/05_evaluation.ipynb for it again"
        )


def mean_of_buckets(values: np.ndarray, bucket: np.ndarray) -> float:
    """Return the mean of the buckets' means; `values`, `bucket` (its number): (programs,)."""
    sizes = np.bincount(bucket)
    return float((np.bincount(bucket, weights=values)[sizes > 0] / sizes[sizes > 0]).mean())
