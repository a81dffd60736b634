"""The factorial on each level of the grammar: which skill an order keeps from being learnt.

In: the evaluated programs of a study. Out: for each level what the baseline gets right, and what
order, restarts and composition do. All of it is exploratory, since the declared measure is the mean
of the three buckets, but for an effect that a profile declares for seeds that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from cl_utils.stats.contrasts import family_table, paired_contrast
from cl_utils.stats.exams import cell_accuracy, cell_effects
from cl_utils.stats.factorial import EFFECTS, cell_values, sides, simple_effects
from cl_utils.stats.rows import PRIMARY, Cell, check_programs_once, stacked


def by_level(programs: pd.DataFrame) -> pd.DataFrame:
    """Return measures (percent of n programs right) whose subset is a level of the grammar.

    `programs` has recipe, arm, seed, test_set, program_id, level and exact; those of the balanced
    test count. Raises StudyError for an answer that is there twice.
    """
    measure, test_set, _ = PRIMARY
    balanced = programs[programs["test_set"] == test_set]
    check_programs_once(balanced)
    groups = balanced.groupby(["recipe", "arm", "seed", "level"], observed=True)["exact"]
    rows = groups.agg(value="mean", n="size").reset_index().rename(columns={"level": "subset"})
    return rows.assign(value=100 * rows["value"], measure=measure, test_set=test_set)


def level_cells(measures: pd.DataFrame) -> list[Cell]:
    """Return measure, test set and subset of every level in the rows of `by_level`."""
    measure, test_set, _ = PRIMARY
    return [(measure, test_set, str(level)) for level in sorted(measures["subset"].unique())]


def costliest_levels(effects: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return, for each value of the column `by`, the level on which order costs most.

    `effects`: rows effect, level, difference. Nothing where order costs nothing on any level.
    """
    order = effects[(effects["effect"] == "order") & (effects["difference"] < 0)]
    lowest = order.groupby(by, sort=False)["difference"].idxmin()
    return order.loc[lowest]


def level_effects(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the gain of hybrid and the three main effects on each level, its name in "subset".

    `measures`: what `by_level` returns, here and below. Columns: effect and those of
    `contrast_table`; empty until all eight arms have a common seed.
    """
    return cell_effects(measures, level_cells(measures))


def level_order_effects(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what order does on each level, on the baseline's programs and on hybrid's apart.

    Rows of `simple_effects`, the level in "subset"; empty like `level_effects`. The main effect is
    the mean of the two, which may be far from both.
    """
    cells = level_cells(measures) or [PRIMARY]
    tables = [simple_effects(measures, "order", "composition", cell) for cell in cells]
    return stacked(tables, tables[0].columns)


def level_accuracy(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what the baseline gets right on each level: subset, mean, low, high, n, programs."""
    return cell_accuracy(measures, level_cells(measures))


def declared_level_effects(
    measures: pd.DataFrame, effect: str, levels: Collection[str], first_seed: int
) -> pd.DataFrame:
    """Return a main effect on each of `levels`, a row of `contrast_table` each: one Holm family.

    Seeds before `first_seed`, which gave rise to the question, do not count; empty until all eight
    arms have a later one in common.
    """
    measures = measures[measures["seed"] >= first_seed]
    contrasts = []
    for cell in level_cells(measures):
        values = cell_values(measures, cell)
        if cell[2] in levels and not values.empty:
            contrasts.append(paired_contrast(sides(values, (effect,)), EFFECTS[(effect,)], cell))
    return family_table(contrasts, len(levels)).assign(exploratory=False)
