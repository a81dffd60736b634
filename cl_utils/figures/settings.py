"""The factorial's effects in every setting: is the answer the same elsewhere?

In: rows setting, effect, n, difference, low, high, see `report.side_by_side`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures.described import describe
from cl_utils.figures.lanes import difference_lines, lanes_result
from cl_utils.figures.panels import TRAIN_EIGHT, require, styled

LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "order": "order, main effect:\ncurriculum's − random",
        "restarts": "restarts, main effect:\nthree cycles − one",
        "composition": "composition, main effect:\nhybrid's programs − baseline's",
    }
)
"""What a main effect compares, as its line is called."""


@styled
def effects_by_setting(rows: pd.DataFrame) -> Figure:
    """Return each effect with its interval, settings beneath one another."""
    require(rows, "a factorial with all eight arms", TRAIN_EIGHT)
    named = rows.assign(effect=rows["effect"].replace(dict(LINES)))
    figure = difference_lines(named, line="effect", lane="setting")
    describe(
        figure,
        lanes_result(rows, by=["setting"], names="effect"),
        "Mean over n seeds with 95 % t interval; balanced test set, mean of the three buckets. "
        "Order, restarts and composition are main effects of the factorial, over the seeds that "
        "all its eight arms have, each averaged over both values of the other two: where order "
        "costs more on the baseline's programs than on hybrid's, a part of that counts as "
        "composition.",
    )
    return figure
