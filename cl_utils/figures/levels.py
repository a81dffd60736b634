"""The factorial's effects on each level of the grammar, in every setting: which skill order costs.

In: rows setting, level, effect, n, difference, low, high (`report.side_by_side`). Out: a Figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.contrasts import limit_differences
from cl_utils.figures.described import describe
from cl_utils.figures.lanes import STEP, draw_difference, lanes_key
from cl_utils.figures.panels import TRAIN_EIGHT, canvas, require, styled, without_left_line
from cl_utils.labels.names import level_label
from cl_utils.labels.numbers import points_text
from cl_utils.stats.levels import costliest_levels


@styled
def effects_by_level(rows: pd.DataFrame) -> Figure:
    """Return a panel an effect: its size on each level, settings beneath one another."""
    require(rows, "a factorial with all eight arms", TRAIN_EIGHT)
    settings, levels = list(rows["setting"].unique()), sorted(rows["level"].unique())
    effects = list(rows["effect"].unique())
    figure = canvas(0.5 * len(levels) * (0.6 + 0.2 * len(settings)) + 1.1)
    panels = figure.subplots(1, len(effects), sharey=True, squeeze=False)[0]
    for axes, effect in zip(panels, effects, strict=True):
        _draw(axes, rows[rows["effect"] == effect], settings, levels)
        limit_differences(axes, rows)
        axes.set_title(effect)
        axes.set_xlabel("points")
    panels[0].set_yticks(range(len(levels)), [level_label(level) for level in levels])
    panels[0].set_ylim(len(levels) - 0.4, -0.6)
    seeds = rows.groupby("setting")["n"].max()
    lanes_key(figure, [f"{setting}, n = {seeds[setting]}" for setting in settings])
    describe(
        figure,
        levels_result(rows),
        "Mean over seeds with 95 % t interval; balanced test set, the programs of each level. Main "
        "effects of the factorial, over its eight arms; where order costs more on the baseline's "
        "programs than on hybrid's, as on loops at the paper's size, they average unlike effects. "
        "Exploratory: found by looking, and not corrected for the number of levels; what was "
        "declared of levels for later seeds is in docs/settings.md.",
    )
    return figure


def levels_result(rows: pd.DataFrame) -> str:
    """Return, for each setting, the level on which order costs most, with its number."""
    clauses = [
        f"{row['setting']} (n = {row['n']}): {points_text(row)} on level "
        f"{level_label(row['level'])}"
        for _, row in costliest_levels(rows, "setting").iterrows()
    ]
    return f"Where the curriculum's order costs most, in points. {'; '.join(clauses)}."


def _draw(axes: Axes, rows: pd.DataFrame, settings: Sequence[str], levels: Sequence[str]) -> None:
    axes.axvline(0, color=style.FAINT, linewidth=1)
    for _, row in rows.iterrows():
        lane = settings.index(row["setting"])
        place = levels.index(row["level"]) + STEP * (lane - (len(settings) - 1) / 2)
        draw_difference(axes, row, place, lane, size=6)
    without_left_line(axes)
    axes.grid(axis="x")
