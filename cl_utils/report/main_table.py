"""The study's main table: one row per arm, from the rows of its runs.

In: `Results`. Out: means with their intervals over seeds, and the differences to the baseline.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from cl_utils.stats import (
    Cell,
    Interval,
    arms_in,
    mean_interval,
    seed_values,
    select,
)
from cl_utils.stats.rows import PRIMARY, paired
from cl_utils.study.results import Results

BASELINE: Final = "baseline"
MAIN_CELLS: Final[dict[str, Cell]] = {
    "easy": ("execution_exact", "balanced", "easy"),
    "medium": ("execution_exact", "balanced", "medium"),
    "hard": ("execution_exact", "balanced", "hard"),
    "macro": PRIMARY,
    "execution_paper": ("execution_paper", "natural", "all"),
    "ceiling": ("execution_paper_ceiling", "natural", "all"),
    "token_accuracy": ("token_accuracy", "balanced", "macro"),
    "line_exact": ("line_exact", "balanced", "macro"),
}
"""Columns of the main table: the paper's protocol on the grammar's natural mix, as its test set."""


def main_table(results: Results) -> pd.DataFrame:
    """Return one row per arm, indexed by its name; percent, or points for differences.

    Columns: n (seeds with the primary measure), and for every name in `MAIN_CELLS` its mean and
    `<name>_half_width` (95 % t interval over seeds) and `<name>_n`; `difference`, `difference_low`,
    `difference_high` and `pairs` of the primary measure against the baseline. What is not
    finished is nan.
    """
    selected = {name: select(results.measures, *cell) for name, cell in MAIN_CELLS.items()}
    arms = arms_in(results.measures)
    return pd.DataFrame(
        [table_row(selected, arm) for arm in arms],
        index=pd.Index(arms, name="arm"),
    )


def table_row(selected: dict[str, pd.DataFrame], arm: str) -> dict[str, float]:
    """Return the cells of `main_table` for one arm."""
    intervals = {name: mean_interval(seed_values(rows, arm)) for name, rows in selected.items()}
    row: dict[str, float] = {"n": intervals["macro"].n}
    for name, interval in intervals.items():
        row |= {name: interval.mean, f"{name}_half_width": interval.half_width}
        row[f"{name}_n"] = interval.n
    difference = difference_to_baseline(selected["macro"], arm)
    return row | {
        "difference": difference.mean,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "pairs": difference.n,
    }


def difference_to_baseline(rows: pd.DataFrame, arm: str) -> Interval:
    """Return the paired difference of the primary measure's rows; n = 0 without a common seed."""
    if arm == BASELINE:
        return mean_interval([])
    ours, theirs = paired(seed_values(rows, arm), seed_values(rows, BASELINE))
    return mean_interval(ours - theirs)
