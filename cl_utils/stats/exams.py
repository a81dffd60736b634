"""The factorial's effects on every exam off the training distribution, beside the balanced test.

In: the measures of a study. Out: for each test set what the baseline gets right, and what order,
restarts and composition do. All of it is exploratory: the declared measure is the balanced test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.stats.factorial import FACTORS, factorial_cells, factorial_effects, factorial_gain
from cl_utils.stats.rows import PRIMARY, Cell, select

EXAM: Final = "exam "  # what the names of their test sets begin with
GAIN: Final = "hybrid − baseline"
SHOWN: Final = (GAIN, *FACTORS)


def exam_cells(measures: pd.DataFrame) -> list[Cell]:
    """Return the balanced test and every exam that was taken: measure, test set, subset."""
    taken = [name for name in measures["test_set"].unique() if str(name).startswith(EXAM)]
    return [PRIMARY, *((PRIMARY[0], name, "all") for name in taken)]


def exam_effects(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the gain of hybrid and the three main effects on each test set.

    Columns: test_set, effect, and those of `contrast_table`; empty until all eight arms have a
    seed in common.
    """
    return cell_effects(measures, exam_cells(measures))


def exam_accuracy(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what the baseline gets right on each test set, with the columns of `cell_accuracy`."""
    return cell_accuracy(measures, exam_cells(measures))


def cell_effects(measures: pd.DataFrame, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the gain of hybrid and the three main effects in each cell, all exploratory."""
    if not cells:
        return factorial_effects(measures.head(0))
    tables = []
    for cell in cells:
        effects = factorial_effects(measures, cell)
        gain = factorial_gain(measures, cell).assign(effect=GAIN)
        tables.append(pd.concat([gain, effects[effects["effect"].isin(FACTORS)]]))
    return pd.concat(tables, ignore_index=True).assign(exploratory=True)


def cell_accuracy(measures: pd.DataFrame, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return what the baseline gets right in each cell: its three names, mean, low, high, n.

    `programs`: how many the cell holds; nan where the measures do not say.
    """
    columns = ["measure", "test_set", "subset", "mean", "low", "high", "n", "programs"]
    rows = [pd.DataFrame(columns=columns)] * (not cells)
    for cell in cells:
        means = factorial_cells(measures, cell)
        own = means[means["arm"] == "baseline"]
        named = dict(zip(("measure", "test_set", "subset"), cell, strict=True))
        rows.append(own.assign(**named, programs=programs_in(measures, cell)))
    return pd.concat(rows, ignore_index=True)[columns]


def programs_in(measures: pd.DataFrame, cell: Cell) -> float:
    """Return how many programs a cell holds; nan where the measures do not say."""
    rows = select(measures, *cell)
    return float(rows["n"].max()) if "n" in rows and len(rows) else np.nan
