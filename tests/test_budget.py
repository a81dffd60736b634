"""Gains by budget, and the leaky test set: who is paired with whom."""

from __future__ import annotations

import pandas as pd
import pytest

from cl_utils.stats import budget_gains, budget_of, leak_table


def measures(values: dict[str, list[float]], test_set: str, subset: str) -> pd.DataFrame:
    """Return rows of exact accuracy: the k-th value of an arm belongs to seed k."""
    rows = [(name, seed, value) for name, row in values.items() for seed, value in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "value"])
    fixed = {"test_set": test_set, "subset": subset, "measure": "execution_exact"}
    return frame.assign(recipe="gpt", **fixed)


VALUES = {
    "baseline": [70.0, 72.0],
    "baseline-budget10": [20.0, 22.0],
    "baseline-budget30": [50.0, 52.0],
    "hybrid": [71.0, 74.0],
    "hybrid-budget10": [25.0, 28.0],
    "mastery": [80.0, 80.0],
}


def test_budgets_of_arms() -> None:
    assert budget_of("hybrid-budget10") == ("hybrid", 10)
    assert budget_of("hybrid-norestart-budget30") == ("hybrid-norestart", 30)
    assert budget_of("hybrid-norestart") == ("hybrid-norestart", 100)


def test_gains_are_against_the_baseline_of_the_same_budget() -> None:
    """Arms without a smaller budget are left out, and so is the baseline."""
    table = budget_gains(measures(VALUES, "balanced", "macro"))
    assert list(table["base"]) == ["hybrid", "hybrid"]
    assert list(table["budget"]) == [10, 100]
    assert list(table["difference"]) == [5.5, 1.5]
    assert list(table["reference"]) == ["baseline-budget10", "baseline"]
    assert set(table["family"]) == {1} and set(table["n"]) == {2}


def test_a_budget_without_its_baseline_counts_in_the_family() -> None:
    values = {**VALUES, "hybrid-budget30": [40.0, 41.0]}
    del values["baseline-budget30"]
    table = budget_gains(measures(values, "balanced", "macro"))
    assert list(table["budget"]) == [10, 100] and list(table["family"]) == [2, 1]


def test_a_study_without_budgets_has_no_gains() -> None:
    values = {"baseline": [70.0], "hybrid": [71.0]}
    table = budget_gains(measures(values, "balanced", "macro"))
    assert table.empty and {"base", "budget", "difference"} <= set(table.columns)


def test_the_leak_is_paired_by_run() -> None:
    """Each run against itself; an arm that was not scored on both has no row."""
    leaky = measures({"baseline": [80.0, 84.0], "hybrid": [82.0]}, "leaky", "all")
    honest = measures({"baseline": [70.0, 72.0], "mastery": [60.0]}, "natural", "all")
    table = leak_table(pd.concat([leaky, honest]))
    assert list(table["run_arm"]) == ["baseline"]
    row = table.iloc[0]
    assert (row["reference_mean"], row["arm_mean"], row["n"]) == (71.0, 82.0, 2)
    assert row["difference"] == pytest.approx(11.0)
    assert leak_table(honest).empty
