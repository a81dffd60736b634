"""What a curriculum does where the learning rate does not fall to zero.

In: rows recipe, rate, effect, n, difference, low, high, see `report.rates`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures.described import describe
from cl_utils.figures.panels import require, styled
from cl_utils.figures.settings import difference_lines
from cl_utils.figures.words import differences_text


@styled
def effects_by_rate(rows: pd.DataFrame) -> Figure:
    """Return a panel a recipe: each effect with its interval, rates beneath one another."""
    require(rows, "a recipe whose learning rate does not fall to zero")
    named = rows.assign(panel="recipe " + rows["recipe"])
    figure = difference_lines(named, line="effect", lane="rate", panel="panel")
    describe(
        figure,
        rates_result(rows),
        "Mean over seeds with 95 % t interval, balanced test set, mean of the three buckets. "
        "Order: hybrid's order against a random one, in one learning-rate cycle. Composition: "
        "hybrid's programs against the baseline's, shuffled. At the constant rate the weights of "
        "the last tenth of the steps are averaged.",
    )
    return figure


def rates_result(rows: pd.DataFrame) -> str:
    """Return every effect in points, a clause a recipe and rate."""
    clauses = [
        f"recipe {recipe}, {rate}: {differences_text(part, part['effect'])}"
        for (recipe, rate), part in rows.groupby(["recipe", "rate"], sort=False)
    ]
    return f"Points of exact execution. {'; '.join(clauses)}."
