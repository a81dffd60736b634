"""The factorial's effects in every setting: is the answer the same elsewhere?

In: rows setting, effect, n, difference, low, high, see `report.settings`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures.described import describe
from cl_utils.figures.lanes import difference_lines, lanes_result
from cl_utils.figures.panels import require, styled


@styled
def effects_by_setting(rows: pd.DataFrame) -> Figure:
    """Return each effect with its interval, settings beneath one another."""
    require(rows, "a factorial with all eight arms")
    figure = difference_lines(rows, line="effect", lane="setting")
    describe(
        figure,
        lanes_result(rows, by=["setting"], names="effect"),
        "Mean over the seeds that all eight arms have, with 95 % t interval; balanced test set, "
        "mean of the three buckets. Main effects of the factorial, each averaged over the levels "
        "of the other two, so that composition counts what order costs on one choice of programs: "
        "the curriculum's order against a random one, three learning-rate cycles against one, "
        "hybrid's programs against the baseline's.",
    )
    return figure
