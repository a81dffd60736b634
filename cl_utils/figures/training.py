"""Figures of training: what each arm drew, and how accuracy grew.

In: the history and the learning curves of a study. Out: one Figure each.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.panels import (
    arm_panels,
    canvas,
    label_line_ends,
    note,
    require,
    seeds_text,
    styled,
)

SHARES = [f"share_{bucket}" for bucket in BUCKETS]
CURVE_AXES = {
    "characters": (1e6, "characters seen (millions)"),
    "seconds": (60.0, "wall-clock minutes of training"),
}


@styled
def schedule_composition(history: pd.DataFrame) -> Figure:
    """Return the share of easy, medium and hard drawn over training, one panel an arm."""
    require(history, "history")

    def draw(axes: Axes, arm: str) -> None:
        draw_composition(axes, history[history["arm"] == arm])

    labels = ("share of training (%)", "programs drawn (%)")
    figure = arm_panels(style.in_order(history["arm"]), draw, labels, margin=0.85)
    note(
        figure,
        f"Share of the programs drawn from each bucket, mean over seeds; {seeds_text(history)}. "
        "Buckets are the arm’s own: where their labels are permuted, reversed or another metric’s, "
        "“easy” means no more than that. Hybrid draws the harder half of a bucket once its own "
        "stage is over.",
    )
    return figure


def draw_composition(axes: Axes, history: pd.DataFrame) -> None:
    """Draw stacked areas of the shares of one arm; each row speaks of the steps before it."""
    shares = history.groupby("step")[SHARES].mean() * 100
    progress = 100 * shares.index.to_numpy(dtype=float) / shares.index.max()
    x = np.concatenate([[0.0], progress])
    drawn = shares.to_numpy().T  # (3, rows)
    y = np.concatenate([drawn[:, :1], drawn], axis=1)
    axes.stackplot(
        x,
        y,
        labels=BUCKETS,
        colors=[style.BUCKET_COLOURS[bucket] for bucket in BUCKETS],
        step="pre",
        linewidth=0,
    )
    axes.set(xlim=(0, 100), ylim=(0, 100), xticks=[0, 50, 100], yticks=[0, 50, 100])


@styled
def learning_curves(
    curves: pd.DataFrame, x: Literal["characters", "seconds"] = "characters"
) -> Figure:
    """Return exact accuracy on the validation set over training: macro, and each bucket.

    Lines are means over seeds at each checkpoint, bands reach from the lowest to the highest seed.
    """
    require(curves, "learning curves")
    scale, label = CURVE_AXES[x]
    figure = canvas(4.6)
    panels = figure.subplot_mosaic(
        [["macro", "easy"], ["macro", "medium"], ["macro", "hard"]],
        width_ratios=[1.9, 1],
        sharex=True,
    )
    for bucket, axes in panels.items():
        ends = draw_curves(axes, curves[curves["bucket"] == bucket], x, scale)
        axes.set(ylim=(0, 100), yticks=[0, 25, 50, 75, 100] if bucket == "macro" else [0, 50, 100])
        axes.set_title(
            "All buckets (mean of the three)" if bucket == "macro" else bucket.capitalize()
        )
        axes.grid(axis="y")
        if bucket == "macro":
            label_line_ends(axes, ends)
    panels["macro"].set(xlabel=label, ylabel="exact outputs, greedy (%)")
    panels["hard"].set_xlabel(label)
    panels["macro"].set_xlim(left=0)
    note(
        figure,
        "Fixed validation set. Line: mean over seeds; band: lowest to highest seed; "
        f"{seeds_text(curves)}.",
    )
    return figure


def draw_curves(
    axes: Axes, curves: pd.DataFrame, x: str, scale: float
) -> dict[str, tuple[float, float]]:
    """Draw one bucket's curves and return where each arm's line ends."""
    ends = {}
    for arm in style.in_order(curves["arm"]):
        steps = curves[curves["arm"] == arm].groupby("step")
        place, accuracy = steps[x].mean() / scale, steps["execution_exact"]
        colour = style.arm_colour(arm)
        band = (accuracy.min(), accuracy.max())
        axes.fill_between(place, *band, color=colour, alpha=0.15, linewidth=0)
        line = style.line_style(arm)
        axes.plot(place, accuracy.mean(), color=colour, linewidth=1.3, linestyle=line)
        ends[arm] = (float(place.iloc[-1]), float(accuracy.mean().iloc[-1]))
    return ends
