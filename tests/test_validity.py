"""Metrics that order what models find hard, and some that do not, overall and within levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import synthetic_results
from scipy.stats import spearmanr

from cl_utils.errors import StudyError
from cl_utils.stats import hardness_stability, metric_validity
from cl_utils.stats.ranks import RankedMetrics
from cl_utils.stats.validity import varied, weighted


def programs(seeds: int = 2) -> pd.DataFrame:
    """Return programs whose hardness is known: level a is easy, level b hard, -log p = place."""
    place = np.arange(20.0)
    frame = pd.DataFrame({"program_id": place.astype(int), "log_probability": -place})
    frame["level"] = np.where(place < 10, "a", "b")
    frame = frame.assign(recipe="gpt", arm="baseline", test_set="balanced", hardness=place)
    frame["level_only"] = (place >= 10).astype(float)
    frame["reversed"] = np.where(place < 10, -place, 100 - place)
    return pd.concat([frame.assign(seed=seed) for seed in range(seeds)], ignore_index=True)


def validity(metric: str) -> pd.DataFrame:
    """Return the two rows of one metric, by scope."""
    rng = np.random.default_rng(0)
    return metric_validity(programs(), [metric], rng=rng, resamples=30).set_index("scope")


def test_a_perfect_metric_is_perfect_in_both_scopes() -> None:
    assert validity("hardness")[["rho", "low", "high"]].to_numpy() == pytest.approx(1.0)


def test_a_metric_that_knows_only_the_level_says_nothing_within_levels() -> None:
    table = validity("level_only")
    assert table.loc["overall", "rho"] == pytest.approx(0.8668, abs=1e-3)  # 2 x 10 ties
    assert table.loc["within levels", ["rho", "low", "high"]].isna().all()


def test_within_levels_can_point_the_other_way() -> None:
    table = validity("reversed")
    assert table.loc["overall", "rho"] > 0.4
    assert table.loc["within levels", "rho"] == pytest.approx(-1.0)


def test_levels_weigh_by_their_programs() -> None:
    """Rho 1 over 30 programs and -1 over 10: (30 - 10) / 40; a constant level has none."""
    levels = np.repeat(["a", "b", "c"], [30, 10, 50])
    values = np.concatenate([np.arange(30.0), np.arange(10.0), np.ones(50)])[None]
    hard = np.concatenate([np.arange(30.0), -np.arange(10.0), np.arange(50.0)])
    rho, sizes = RankedMetrics(values, levels).rhos(hard, np.arange(90))
    assert weighted(rho, sizes) == pytest.approx([0.5])
    assert varied(values, levels) == [40]


def test_programs_of_one_skeleton_widen_the_interval() -> None:
    """Ten copies of each program say no more than one."""
    table = programs(1).assign(noisy=lambda rows: rows["hardness"] + 6 * (rows["program_id"] % 3))
    copies = pd.concat(
        [table.assign(program_id=table["program_id"] + 100 * copy) for copy in range(10)]
    )

    def width(rows: pd.DataFrame) -> float:
        rng = np.random.default_rng(0)
        row = metric_validity(rows, ["noisy"], rng=rng, resamples=200).iloc[0]
        return float(row["high"] - row["low"])

    together = copies.assign(skeleton=copies["program_id"] % 100)
    assert width(together) > 2 * width(copies)
    assert width(together) == pytest.approx(width(table), rel=0.3)


def test_seeds_that_differ_widen_the_interval() -> None:
    """Drawn anew, they are part of what is not known; single seeds are told apart."""
    table = programs(2)
    other = (table["seed"] == 1) & (table["program_id"] % 2 == 0)
    table.loc[other, "log_probability"] = -3.0
    row = metric_validity(table, ["hardness"], rng=np.random.default_rng(0), resamples=200).iloc[0]
    assert row["low"] < row["seed_low"] < 0.6 and row["seed_high"] == pytest.approx(1.0)
    assert row["high"] == pytest.approx(1.0)


def test_overall_agrees_with_scipy() -> None:
    """A program's hardness is its mean over seeds."""
    study = synthetic_results(["baseline"], [0, 1], programs=80).programs
    rng = np.random.default_rng(0)
    row = metric_validity(study, ["overall_metric"], rng=rng, resamples=20).iloc[0]
    pooled = study.groupby("program_id")[["overall_metric", "log_probability"]].mean()
    expected = spearmanr(pooled["overall_metric"], -pooled["log_probability"]).statistic
    assert row["rho"] == pytest.approx(expected)
    assert (row["programs"], row["seeds"]) == (80, 2)


def test_a_metric_that_is_missing_is_told() -> None:
    with pytest.raises(StudyError, match="no metric 'zlib_ratio'"):
        validity("zlib_ratio")


def test_seeds_that_agree_are_stable() -> None:
    """Three seeds have three pairs; a seed that finds the opposite hard has rho -1."""
    table = programs(3)
    table.loc[table["seed"] == 2, "log_probability"] *= -1
    stability = hardness_stability(table)
    assert list(stability["rho"]) == pytest.approx([1.0, -1.0, -1.0])
    assert set(stability["programs"]) == {20}
    assert hardness_stability(programs(1)).empty
