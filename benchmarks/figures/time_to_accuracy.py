"""The figure of time to accuracy: exact execution over minutes, a colour a plan, a line a seed.

In: learning curves (written by `python -m benchmarks time-to-accuracy`). Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.figures.levers import crossing
from cl_utils.evaluation.paper_numbers import PAPER_OUTPUT_ACCURACY
from cl_utils.figures import style
from cl_utils.figures.panels import canvas, note, styled

WANTED_ACCURACY: Final = PAPER_OUTPUT_ACCURACY["baseline"]
"""Percent: what the paper reports of its baseline."""
COLOURS: Final = (style.arm_colour("baseline"), "#009E73", style.FAINT, "#CC79A7", "#A6761D")
SECONDS: Final = 60.0  # of a minute


@styled
def time_to_accuracy(curves: pd.DataFrame, machine: str) -> Figure:
    """Return accuracy against minutes, with the minute at which each plan is good enough."""
    figure = canvas(4.8)
    axes = figure.subplots()
    axes.axhline(WANTED_ACCURACY, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
    for colour, (_, plan) in zip(COLOURS, curves.groupby("place"), strict=False):
        seeds = [curve for _, curve in plan.groupby("seed")]
        for curve in seeds:
            _draw(axes, curve, colour)
        axes.lines[-1].set_label(_name(seeds))
    axes.legend(loc="lower right", labelcolor="linecolor", reverse=True, fontsize=7.5)
    axes.set(
        title=f"Exact execution (%): {WANTED_ACCURACY} is what the paper reports of its baseline",
        xlabel="minutes of training",
    )
    axes.set_xlim(0, 1.02 * curves["seconds"].max() / SECONDS)
    axes.set_ylim(0, 100)
    axes.grid(axis="y")
    note(
        figure,
        "A training a line, n of them a plan; bands: 95 % of what a test set of "
        f"{int(curves['programs'].min()):,} programs allows. Balanced, twin-free, full-length "
        "programs; the time of the tests on the way is not counted, compilation is.",
        f"Plans of different days: minutes may differ with the machine's pace. {machine}.",
    )
    return figure


def _draw(axes: Axes, curve: pd.DataFrame, colour: str) -> None:
    minutes, exact = curve["seconds"] / SECONDS, curve["execution_exact"]
    half = 1.96 * np.sqrt(exact * (100 - exact) / curve["programs"])
    axes.fill_between(minutes, exact - half, exact + half, color=colour, alpha=0.2, linewidth=0)
    reached = crossing(curve, "seconds", WANTED_ACCURACY) / SECONDS
    if isfinite(reached):
        axes.plot([reached], [WANTED_ACCURACY], "o", color=colour, markersize=5)
    axes.plot(minutes, exact, color=colour)


def _name(seeds: Sequence[pd.DataFrame]) -> str:
    """Return a plan's words, and when it got there, or how far."""
    minutes = [crossing(curve, "seconds", WANTED_ACCURACY) / SECONDS for curve in seeds]
    reached = [each for each in minutes if isfinite(each)]
    if len(reached) == len(seeds):
        found = f"{_span(reached, 0)} min to {WANTED_ACCURACY} %"
    else:
        best = _span([curve["execution_exact"].max() for curve in seeds], 1)
        found = f"reached by {len(reached)} of {len(seeds)}" if reached else "not reached"
        found += f": {best} %"
    return f"{seeds[0]['words'].iloc[0]}\n{found} (n = {len(seeds)})"


def _span(values: Sequence[float], digits: int) -> str:
    """Return "lowest to highest", or the one number that both are."""
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
