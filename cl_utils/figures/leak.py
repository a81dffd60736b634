"""The leak: what a split by text alone would have said of the same models.

In: the rows of `stats.leak_table`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.budget import pairs_text
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    VALUE_COLUMN,
    arm_axis,
    canvas,
    height_for,
    percent_axis,
    require,
    styled,
    value_text,
)
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import points_text


@styled
def leak(table: pd.DataFrame) -> Figure:
    """Return, by arm, exact accuracy on the natural and on the leaky test set, paired by run."""
    require(table, "runs scored on the leaky test set")
    rows = table.set_index("run_arm").loc[in_order(table["run_arm"])]
    figure = canvas(height_for(len(rows)) + 0.3)
    axes = figure.subplots()
    arm_axis(axes, [str(arm) for arm in rows.index])
    axes.set_ylim(len(rows) - 0.4, -1.2)
    percent_axis(axes, "exact outputs, greedy (%)")
    for place, (arm, row) in enumerate(rows.iterrows()):
        colour = style.line_colour(str(arm))
        means = [row["reference_mean"], row["arm_mean"]]
        axes.plot(means, [place, place], color=colour, linewidth=1.6, alpha=0.6)
        for mean, face in zip(means, (colour, "white"), strict=True):
            axes.plot(mean, place, "o", color=colour, mfc=face, markersize=6.5, clip_on=False)
        value_text(axes, place, f"{points_text(row)}, n = {row['n']}")
    axes.text(
        VALUE_COLUMN, -0.85, "leak in points (95 %)", va="center", fontsize=8, fontweight="bold"
    )
    figure.legend(handles=leak_legend(), loc="outside upper left", ncols=2)
    ranked = rows.sort_values("difference", kind="stable")
    least, most = (
        f"{arm_label(str(ranked.index[end]))} {points_text(ranked.iloc[end])}" for end in (0, -1)
    )
    describe(
        figure,
        f"Leaky minus natural test set, in points: most {most}, least {least}.",
        f"Means over seeds; the leak is paired by run: {pairs_text(rows)}, 95 % t interval. "
        "Both test sets have the grammar’s natural mix; from the leaky one no program was taken "
        "out that has a renamed twin in training.",
    )
    return figure


def leak_legend() -> list[Line2D]:
    """Return the key of the markers, in grey because colour means the arm."""
    words = {style.FAINT: "natural test set, no twins", "white": "leaky test set, split by text"}
    return [
        Line2D(
            [], [], marker="o", color=style.FAINT, markerfacecolor=face, linestyle="", label=text
        )
        for face, text in words.items()
    ]
