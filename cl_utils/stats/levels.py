"""The factorial on each level of the grammar: which skill an order keeps from being learnt.

In: the evaluated programs of a study. Out: for each level what the baseline gets right, and what
order, restarts and composition do. Everything here is exploratory: the declared measure is the mean
of the three buckets.
"""

from __future__ import annotations

import pandas as pd

from cl_utils.stats.exams import cell_accuracy, cell_effects
from cl_utils.stats.rows import PRIMARY, Cell


def by_level(programs: pd.DataFrame) -> pd.DataFrame:
    """Return measures (percent of programs right) whose subset is a level of the grammar.

    `programs` has recipe, arm, seed, test_set, level and exact; those of the balanced test count.
    """
    measure, test_set, _ = PRIMARY
    balanced = programs[programs["test_set"] == test_set]
    right = balanced.groupby(["recipe", "arm", "seed", "level"], observed=True)["exact"].mean()
    rows = (100 * right).rename("value").reset_index().rename(columns={"level": "subset"})
    return rows.assign(measure=measure, test_set=test_set)


def level_cells(measures: pd.DataFrame) -> list[Cell]:
    """Return measure, test set and subset of every level in the rows of `by_level`."""
    measure, test_set, _ = PRIMARY
    return [(measure, test_set, str(level)) for level in sorted(measures["subset"].unique())]


def level_effects(programs: pd.DataFrame) -> pd.DataFrame:
    """Return the gain of hybrid and the three main effects on each level, its name in "subset".

    Columns: effect and those of `contrast_table`; empty until all eight arms have a common seed.
    """
    measures = by_level(programs)
    return cell_effects(measures, level_cells(measures))


def level_accuracy(programs: pd.DataFrame) -> pd.DataFrame:
    """Return what the baseline gets right on each level: subset, mean, low, high, n."""
    measures = by_level(programs)
    return cell_accuracy(measures, level_cells(measures))
