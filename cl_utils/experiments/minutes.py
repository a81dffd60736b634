"""The figure of time to accuracy: exact execution over minutes, a colour a plan, a line a seed.

In: learning curves (`curves.load_curves`), and the machine in words. Out: one Figure.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.errors import StudyError
from cl_utils.experiments.tables import PAPERS_ACCURACY, mean_text, trainings
from cl_utils.figures import style
from cl_utils.figures.panels import canvas, note, styled

COLOURS: Final = (style.arm_colour("baseline"), "#009E73", style.FAINT, "#CC79A7", "#A6761D")
SECONDS: Final = 60.0  # of a minute


@styled
def accuracy_by_minutes(curves: pd.DataFrame, machine: str) -> Figure:
    """Return accuracy against minutes, with the minute at which each plan is good enough."""
    plans = list(curves.groupby("variant", sort=False))
    if len(plans) > len(COLOURS):
        raise StudyError(f"{len(plans)} plans and {len(COLOURS)} colours: add some to COLOURS")
    figure = canvas(5.2)
    axes = figure.subplots()
    axes.axhline(PAPERS_ACCURACY, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
    for colour, (_, plan) in zip(COLOURS, plans, strict=False):
        for _, curve in plan.groupby("seed"):
            _draw(axes, curve, colour)
        axes.lines[-1].set_label(_name(plan))
    key = axes.legend(loc="lower right", labelcolor="linecolor", reverse=True, fontsize=7.5)
    key.get_frame().set(visible=True, facecolor="white", edgecolor="none", alpha=1.0)
    axes.set(
        title=f"Exact execution (%): {PAPERS_ACCURACY} is what the paper reports of its baseline",
        xlabel="minutes of training",
    )
    axes.set_xlim(0, 1.02 * curves["seconds"].max() / SECONDS)
    axes.set_ylim(0, 100)
    axes.grid(axis="y")
    note(
        figure,
        "A training a line, n of them a plan; minutes and percentages in the key: mean over n with "
        "its 95 % t interval (none below n = 3). Bands: 95 % of what a test set of "
        f"{int(curves['programs'].min()):,} programs allows. Balanced, twin-free, full-length "
        "programs; the time of the tests on the way is not counted, compilation is.",
        f"Plans of different days: minutes may differ with the machine's pace. {machine}.",
    )
    return figure


def _draw(axes: Axes, curve: pd.DataFrame, colour: str) -> None:
    minutes, exact = curve["seconds"] / SECONDS, curve["execution_exact"]
    half = 1.96 * np.sqrt(exact * (100 - exact) / curve["programs"])
    axes.fill_between(minutes, exact - half, exact + half, color=colour, alpha=0.2, linewidth=0)
    rows = trainings(curve, PAPERS_ACCURACY)
    reached = float(rows["seconds"].iloc[0]) / SECONDS
    if isfinite(reached):
        axes.plot([reached], [PAPERS_ACCURACY], "o", color=colour, markersize=5)
    axes.plot(minutes, exact, color=colour)


def _name(plan: pd.DataFrame) -> str:
    """Return a plan's words, and when it got there, or how far."""
    rows = trainings(plan, PAPERS_ACCURACY)
    minutes = [float(each) / SECONDS for each in rows["seconds"]]
    count = sum(map(isfinite, minutes))
    if count == len(minutes):
        found = f"{mean_text(minutes, 1)} min to {PAPERS_ACCURACY} %"
    else:
        found = f"reached by {count} of {len(minutes)}" if count else "not reached"
        found += f": {mean_text(rows['final'], 1)} % at the end"
    return f"{rows['words'].iloc[0]}\n{found} (n = {len(minutes)})"
