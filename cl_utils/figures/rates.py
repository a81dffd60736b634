"""What a curriculum does where the learning rate does not fall to zero.

In: rows recipe, rate, effect, n, difference, low, high, see `report.rates`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures.described import describe
from cl_utils.figures.lanes import difference_lines, lanes_result
from cl_utils.figures.panels import require, styled
from cl_utils.labels.names import sentence_case
from cl_utils.training.recipes import recipe_named

AVERAGED = recipe_named("fast-constant").averaged_share


@styled
def effects_by_rate(rows: pd.DataFrame) -> Figure:
    """Return a panel per recipe: each effect with its interval, rates beneath one another."""
    require(rows, "recipes whose learning rate stays above zero", "run the profile study-rates")
    named = rows.assign(panel="recipe " + rows["recipe"])
    figure = difference_lines(named, line="effect", lane="rate", panel="panel")
    groups = [sentence_case(each) for each in rows["group"].unique() if each]
    called = f"{groups[0]}. " if groups else ""
    describe(
        figure,
        lanes_result(named, by=["panel", "rate"], names="effect"),
        f"{called}Mean over seeds with 95 % t interval, balanced test set, mean of the three "
        "buckets. Order: hybrid's order against a random one, in one learning-rate cycle. "
        "Composition: hybrid's programs against the baseline's, shuffled. At the constant rate the "
        f"weights of the last {100 * AVERAGED:.0f} % of the steps are averaged.",
    )
    return figure
