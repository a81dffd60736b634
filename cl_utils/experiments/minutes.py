"""The figure of time to accuracy: exact outputs over minutes, a panel per plan, a line per seed.

In: learning curves (`curves.load_curves`), and the machine in words. Out: one Figure.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.experiments.tables import interval_mean_text, trainings
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.multiples import finish_grid
from cl_utils.figures.panels import canvas, styled
from cl_utils.labels.numbers import reached_by
from cl_utils.stats.intervals import share_interval

COLOUR: Final = "#0072B2"
SECONDS: Final = 60.0  # of a minute
PLANS_A_ROW: Final = 2


@styled
def accuracy_by_minutes(curves: pd.DataFrame, machine: str) -> Figure:
    """Return accuracy against minutes, a panel per plan, the first plan in grey in all of them."""
    plans = [plan for _, plan in curves.groupby("variant", sort=False)]
    columns = min(PLANS_A_ROW, len(plans))
    rows = -(-len(plans) // columns)
    figure = canvas(2.1 * rows + 0.5)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, plan in zip(grid.flat, plans, strict=False):
        _draw_plan(axes, plan, plans[0])
    finish_grid(grid, len(plans), "minutes of training", "exact outputs (%)")
    grid[0, 0].set_xlim(0, 1.02 * curves["seconds"].max() / SECONDS)
    grid[0, 0].set(ylim=(0, 100), yticks=[0, 50, 100])
    describe(
        figure,
        " ".join(f"{_name(plan).replace(chr(10), ': ')}." for plan in plans),
        f"Dashed: {PAPER_BASELINE} %, what the paper reports for its baseline. Grey: the first "
        "plan. One line per training, n trainings per plan; dot: where one reaches that. Minutes "
        "and percentages above a panel: mean over n with its 95 % t interval (none below n = 3). "
        f"Bands: Wilson's 95 % interval of a share of {int(curves['programs'].min()):,} programs. "
        "Balanced, twin-free, full-length programs; compilation counts as training time, tests on "
        "the way do not.",
        f"Plans of different days: minutes may differ with the machine's speed. {machine}.",
    )
    return figure


def _draw_plan(axes: Axes, plan: pd.DataFrame, first: pd.DataFrame) -> None:
    """Draw the trainings of one plan over those of the first, under its name and result."""
    axes.axhline(PAPER_BASELINE, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
    if plan is not first:
        for _, curve in first.groupby("seed"):
            minutes = curve["seconds"] / SECONDS
            axes.plot(minutes, curve["execution_exact"], color=style.REFERENCE, linewidth=1.1)
    for _, curve in plan.groupby("seed"):
        _draw(axes, curve, style.INK if plan is first else COLOUR)
    axes.set_title(_name(plan), fontsize=8, fontweight="normal")
    axes.grid(axis="y")


def _draw(axes: Axes, curve: pd.DataFrame, colour: str) -> None:
    minutes, exact = curve["seconds"] / SECONDS, curve["execution_exact"]
    low, high = share_interval(exact.to_numpy(dtype=float), curve["programs"].to_numpy())
    axes.fill_between(minutes, low, high, color=colour, alpha=0.2, linewidth=0)
    rows = trainings(curve, PAPER_BASELINE)
    reached = float(rows["seconds"].iloc[0]) / SECONDS
    if isfinite(reached):
        axes.plot([reached], [PAPER_BASELINE], "o", color=colour, markersize=5)
    axes.plot(minutes, exact, color=colour)


def _name(plan: pd.DataFrame) -> str:
    """Return a plan's words, and when it got there, or how far."""
    rows = trainings(plan, PAPER_BASELINE)
    minutes = [float(each) / SECONDS for each in rows["seconds"]]
    count = sum(map(isfinite, minutes))
    if count == len(minutes):
        found = f"{interval_mean_text(minutes, 1)} min to {PAPER_BASELINE} %"
    else:
        found = reached_by(count, len(minutes))
        found += f": {interval_mean_text(rows['final'], 1)} % at the end"
    return f"{rows['words'].iloc[0]}\n{found} (n = {len(minutes)})"
