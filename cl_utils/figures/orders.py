"""Exactly the baseline's programs, read in other orders: does any order beat a random one?

In: rows order, metric, n, difference, low, high, see `report.settings`. Out: one Figure.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.curriculum.orders import LAYERS, SAW, STAIR
from cl_utils.figures.described import describe
from cl_utils.figures.lanes import difference_lines, lanes_result
from cl_utils.figures.panels import require, styled
from cl_utils.labels.names import sentence_case

ORDERS_TEXT: Final = (
    f"Folding: {LAYERS} passes from easy to hard, each over every {LAYERS}th program. Zigzag: the "
    "same, every second pass from hard to easy. Stair: from easy to hard, but in "
    f"{STAIR['layers']} such passes over the middle {200 * STAIR['radius']:.0f} % of the programs. "
    f"Saw: from easy to hard, but in {SAW['layers']} passes, one to and one fro, over the "
    f"{200 * SAW['radius']:.0f} % around each border between thirds."
)


@styled
def effects_by_order(rows: pd.DataFrame) -> Figure:
    """Return each order minus the baseline with its interval, metrics beneath one another."""
    require(rows, "an order of the baseline's programs", "train such an arm (notebooks 04 and 05)")
    figure = difference_lines(rows, line="order", lane="metric")
    where = sentence_case(" and ".join(rows["setting"].unique()))
    describe(
        figure,
        lanes_result(rows, by=["metric"], names="order", against="random order"),
        f"{where}: differences to the baseline, which reads the same programs, each as often, in "
        "random order. Mean over seeds with 95 % t interval, balanced test set, mean of the three "
        f"buckets. {ORDERS_TEXT} "
        f"{declared_text(rows)}",
    )
    return figure


def declared_text(rows: pd.DataFrame) -> str:
    """Return which orders, by which metric, were declared before their runs."""
    declared = rows[~rows["exploratory"].astype(bool)]
    named = [
        f"{', '.join(own['order'])} by {metric}"
        for metric, own in declared.groupby("metric", sort=False)
    ]
    if not named:
        return "None of it was declared: all is exploratory."
    return f"Declared: {'; '.join(named)}. The rest is exploratory."
