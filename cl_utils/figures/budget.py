"""Gain against budget: what an arm is worth when training is short.

In: the rows of `stats.budget_gains`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.described import Described, describe
from cl_utils.figures.multiples import MOST_LINES, arm_panels
from cl_utils.figures.panels import canvas, label_line_ends, require, styled, where_text
from cl_utils.figures.words import MOST_TOLD, controls_text, differences_text, extremes_text
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import counts_text, fixed
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN

X_LABEL = "share of the full number of steps"
APART = 0.03
"""How far (as a share of a budget) arms stand apart at one budget, so that no interval hides."""


@styled
def gain_against_budget(gains: pd.DataFrame) -> Figure:
    """Return points above the baseline of the same budget against the share of the steps.

    Up to `MOST_LINES` arms share a panel; more have a panel each. The baseline is the zero line.
    """
    require(gains, "arms with a smaller budget", "train one (notebooks 04 and 05)")
    arms = in_order(gains["base"])
    figure = (one_panel if len(arms) <= MOST_LINES else panel_an_arm)(gains, arms)
    first = gains.iloc[0]
    describe(
        figure,
        budget_result(gains),
        "Dot: mean difference over seeds, paired; line: 95 % t interval; "
        f"{pairs_by_budget(gains)}. "
        f"Grey line: the baseline with the same budget; grey band: ±{EQUIVALENCE_MARGIN:g} point. "
        f"{where_text(first['test_set'], first['subset'])}. "
        "Every budget has learning-rate cycles of its own length."
        f"{controls_text(arms)}",
    )
    return figure


def one_panel(gains: pd.DataFrame, arms: Sequence[str]) -> Described:
    """Return all arms in one panel, a little apart at each budget."""
    figure = canvas(3.6)
    axes = figure.subplots()
    ends = {}
    for place, arm in enumerate(arms):
        apart = 1 + APART * (place - (len(arms) - 1) / 2)
        ends[arm] = draw_gain(axes, gains[gains["base"] == arm], apart)
    finish_axes(axes, gains)
    axes.set(xlabel=X_LABEL, ylabel="points above baseline at the same budget")
    label_line_ends(axes, ends)
    return figure


def panel_an_arm(gains: pd.DataFrame, arms: Sequence[str]) -> Described:
    """Return a panel per arm, all with the same axes."""

    def draw(axes: Axes, arm: str) -> None:
        rows = gains[gains["base"] == arm]
        draw_gain(axes, rows, 1.0)
        finish_axes(axes, gains)
        for _, row in rows.iterrows():
            end = row["high"] if pd.notna(row["high"]) else row["difference"]
            seat: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8}
            axes.annotate(fixed(row["difference"], sign="+"), (row["budget"], end), (0, 3), **seat)

    return arm_panels(arms, draw, (X_LABEL, "points above baseline"), margin=0.5)


def draw_gain(axes: Axes, rows: pd.DataFrame, apart: float) -> tuple[float, float]:
    """Draw what one arm gains at each budget, with its intervals; return where the line ends."""
    rows = rows.sort_values("budget")
    arm, x = str(rows["base"].iloc[0]), rows["budget"] * apart
    colour = style.line_colour(arm, beside_reference=True)
    axes.vlines(x, rows["low"], rows["high"], color=colour, linewidth=1.4)
    line = style.line_style(arm)
    axes.plot(x, rows["difference"], marker="o", linestyle=line, color=colour, markersize=5)
    return float(x.iloc[-1]), float(rows["difference"].iloc[-1])


def finish_axes(axes: Axes, gains: pd.DataFrame) -> None:
    """Draw the baseline and the band of equality, and limit the axes to all intervals."""
    axes.axhspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axhline(0, color=style.REFERENCE, linewidth=1.1, zorder=1)
    budgets = sorted(gains["budget"].unique())
    axes.set_xscale("log")
    axes.set_xticks(budgets, [f"{budget} %" for budget in budgets])
    axes.minorticks_off()
    axes.set_xlim(budgets[0] / 1.4, budgets[-1] * 1.4)
    axes.grid(axis="y")
    bounds = gains[["difference", "low", "high"]]
    low, high = min(bounds.min().min(), -1.5), max(bounds.max().max(), 1.5)
    axes.set_ylim(low - 0.06 * (high - low), high + 0.16 * (high - low))


def budget_result(gains: pd.DataFrame) -> str:
    """Return what each arm gains at each budget, in points; of many only the ends."""
    if len(gains) > MOST_TOLD:
        budgets = gains["budget"].map("{} % of the steps".format)
        called = gains["base"].map(arm_label) + " with " + budgets
        return f"Points above the baseline. {extremes_text(gains, called)}."
    told = []
    for percent in sorted(gains["budget"].unique()):
        rows = gains[gains["budget"] == percent]
        names = [arm_label(base) for base in rows["base"]]
        told.append(f"With {percent} % of the steps: {differences_text(rows, names)}.")
    return f"Points above the baseline. {' '.join(told)}"


def pairs_by_budget(gains: pd.DataFrame) -> str:
    """Return how many paired seeds stand behind the points of each budget."""
    each = [f"{counts_text(rows['n'])} at {budget} %" for budget, rows in gains.groupby("budget")]
    alike = gains["n"].nunique() == 1
    return pairs_text(gains) if alike else f"n = {', '.join(each)}, paired seeds"


def pairs_text(contrasts: pd.DataFrame) -> str:
    """Return how many paired seeds stand behind rows of contrasts."""
    return f"n = {counts_text(contrasts['n'])} paired seeds"
