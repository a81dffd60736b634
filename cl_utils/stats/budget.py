"""What an arm gains on the baseline when both train for a share of the steps.

In: the measures of arms, some of which train for a share of the steps. Out: one row per arm and
budget.
"""

from __future__ import annotations

import pandas as pd

from cl_utils.curriculum.arms import arm_named, at_full_budget, with_budget
from cl_utils.stats.contrasts import contrast_table
from cl_utils.stats.rows import PRIMARY, Pair, arms_in, select

FULL_BUDGET = 100


def budget_of(arm: str) -> tuple[str, int]:
    """Return an arm's counterpart at the full budget and its share of the steps in percent."""
    return at_full_budget(arm), round(FULL_BUDGET * arm_named(arm).budget)


def budget_pairs(arms: list[str]) -> list[Pair]:
    """Return each arm that has a smaller budget with the baseline at the same, all budgets."""
    smaller = {base for base, percent in map(budget_of, arms) if percent < FULL_BUDGET}
    return [
        (arm, with_budget("baseline", arm_named(arm).budget))
        for arm in arms
        if budget_of(arm)[0] in smaller - {"baseline"}
    ]


def budget_gains(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `contrast_table` by budget, with "base" and "budget" in front.

    `base` is the arm's name at the full budget, `budget` the share of the steps in percent. The
    smaller budgets are one Holm family; the full one, whose contrasts the study asks elsewhere, is
    another. Empty where no arm has a smaller budget.
    """
    pairs = budget_pairs(arms_in(select(measures, *PRIMARY)))
    families = [
        [pair for pair in pairs if (budget_of(pair[0])[1] == FULL_BUDGET) == full]
        for full in (False, True)
    ]
    tables = [contrast_table(measures, contrasts=family) for family in families]
    table = pd.concat(tables, ignore_index=True)
    names = [budget_of(arm) for arm in table["arm"]]
    table.insert(0, "base", pd.Series([base for base, _ in names], dtype=object))
    table.insert(1, "budget", pd.Series([percent for _, percent in names], dtype=int))
    return table.sort_values(["base", "budget"], ignore_index=True)
