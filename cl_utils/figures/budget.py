"""Gain against budget: what an arm is worth when training is short.

In: the rows of `stats.budget_gains`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.panels import canvas, label_line_ends, note, require, styled, where_text
from cl_utils.stats.intervals import EQUIVALENCE_MARGIN

APART = 0.03
"""How far (as a share of a budget) arms stand apart at one budget, so that no interval hides."""


@styled
def gain_against_budget(gains: pd.DataFrame) -> Figure:
    """Return points above the baseline of the same budget against the share of the steps."""
    require(gains, "arms with a smaller budget")
    figure = canvas(4.0)
    axes = figure.subplots()
    axes.axhspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axhline(0, color=style.FAINT, linewidth=1)
    arms, ends = style.in_order(gains["base"]), {}
    for place, arm in enumerate(arms):
        rows, colour = gains[gains["base"] == arm].sort_values("budget"), style.arm_colour(arm)
        x = rows["budget"] * (1 + APART * (place - (len(arms) - 1) / 2))
        axes.vlines(x, rows["low"], rows["high"], color=colour, linewidth=1.4)
        line = style.line_style(arm)
        axes.plot(x, rows["difference"], marker="o", linestyle=line, color=colour, markersize=5)
        ends[arm] = (float(x.iloc[-1]), float(rows["difference"].iloc[-1]))
    budgets = sorted(gains["budget"].unique())
    axes.set_xscale("log")
    axes.set_xticks(budgets, [f"{budget} %" for budget in budgets])
    axes.minorticks_off()
    axes.set_xlabel("share of the full number of steps")
    axes.set_ylabel("points above baseline at the same budget")
    axes.grid(axis="y")
    bounds = gains[["difference", "low", "high"]]
    low, high = min(bounds.min().min(), -1.5), max(bounds.max().max(), 1.5)
    axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    label_line_ends(axes, ends)
    first = gains.iloc[0]
    note(
        figure,
        f"Dot: mean difference over seeds, paired; line: 95 % t interval; {pairs_text(gains)}. "
        f"Grey band: ±{EQUIVALENCE_MARGIN:g} point. "
        f"{where_text(first['test_set'], first['subset'])}. "
        "Every budget has learning-rate cycles of its own length.",
    )
    return figure


def pairs_text(contrasts: pd.DataFrame) -> str:
    """Return how many paired seeds stand behind rows of contrasts."""
    low, high = contrasts["n"].min(), contrasts["n"].max()
    return f"n = {low} paired seeds" if low == high else f"n = {low} to {high} paired seeds"
