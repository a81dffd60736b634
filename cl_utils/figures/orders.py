"""Exactly the baseline's programs, read in other orders: does any order beat a random one?

In: rows order, metric, n, difference, low, high, see `report.settings`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures.described import describe
from cl_utils.figures.panels import require, styled
from cl_utils.figures.settings import difference_lines
from cl_utils.figures.words import differences_text


@styled
def effects_by_order(rows: pd.DataFrame) -> Figure:
    """Return each order minus the baseline with its interval, metrics beneath one another."""
    require(rows, "an order of the baseline's programs")
    figure = difference_lines(rows, line="order", lane="metric")
    describe(
        figure,
        orders_result(rows),
        "Differences to the baseline, which reads the same programs, each as often, in random "
        "order: mean over seeds with 95 % t interval, balanced test set, mean of the three "
        "buckets. Folding makes five passes from easy to hard, zigzag turns every other one round, "
        "stair and saw go back around the borders of two and three sections. Declared for the "
        "first metric, but for saw; the rest is exploratory.",
    )
    return figure


def orders_result(rows: pd.DataFrame) -> str:
    """Return every order in points, a clause a metric."""
    clauses = [
        f"by {metric}: {differences_text(part, part['order'])}"
        for metric, part in rows.groupby("metric", sort=False)
    ]
    return f"Points of exact execution against random order, {'; '.join(clauses)}."
