"""Figures of training: what each arm drew, and how accuracy grew.

In: the history and the learning curves of a study. Out: one Figure each.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.described import Described, describe
from cl_utils.figures.multiples import (
    MOST_LINES,
    arm_panels,
    in_panels,
    reference_line,
)
from cl_utils.figures.panels import canvas, label_line_ends, require, seeds_text, styled
from cl_utils.figures.words import BASELINE, controls_text, percent_text, range_text
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import fixed
from cl_utils.stats.drawn import drawn_shares

SHARES = [f"share_{bucket}" for bucket in BUCKETS]
CURVE_AXES = {
    "characters": (1e6, "characters seen (millions)"),
    "seconds": (60.0, "wall-clock minutes of training"),
}


@styled
def schedule_composition(history: pd.DataFrame) -> Figure:
    """Return the share of easy, medium and hard drawn over training, one panel per arm."""
    require(history, "history")

    def draw(axes: Axes, arm: str) -> None:
        draw_composition(axes, history[history["arm"] == arm])

    labels = ("share of training (%)", "programs drawn (%)")
    figure = arm_panels(in_order(history["arm"]), draw, labels, margin=0.55)
    describe(
        figure,
        composition_result(history),
        f"Share of the programs drawn from each bucket, mean over seeds; {seeds_text(history)}. "
        "Buckets are the arm’s own: where their labels are permuted, reversed or another metric’s, "
        "“easy” means no more than that. Hybrid draws the hardest part of a bucket once its own "
        "stage is over. A step has a fixed number of characters, hence fewer programs where these "
        "are long: arms that read the same programs in another order differ a little in the mean.",
    )
    return figure


def composition_result(history: pd.DataFrame) -> str:
    """Return which share of a step's programs was hard, by arm, and of the baseline's.

    Steps have equal characters, not equal programs, so arms that read the same programs in another
    order differ a little.
    """
    hard = 100 * drawn_shares(history)["hard"]
    return f"Share of hard programs in a step, mean over training: {range_text(hard)}."


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
    """Return exact accuracy on the validation set over training: all arms in one panel, if few.

    Up to `MOST_LINES` arms: all buckets, and beside them each; more arms: all buckets, a panel an
    arm with the baseline in grey. Lines are means over seeds at each checkpoint, bands reach from
    the lowest to the highest seed.
    """
    require(curves, "learning curves")
    macro = curves[curves["bucket"] == "macro"]
    few = curves["arm"].nunique() <= MOST_LINES
    figure = by_bucket(curves, x) if few else by_arm(macro, x)
    last = macro.sort_values("step").groupby(["arm", "seed"])["execution_exact"].last()
    panels = "" if few else "Mean of the three buckets; grey: the baseline. "
    describe(
        figure,
        f"Exact outputs at the end, all buckets: {range_text(last.groupby('arm').mean())}."
        + (f" {minutes_result(macro)}" if x == "seconds" else ""),
        f"{panels}Fixed validation set. Line: mean over seeds; band: lowest to highest seed; "
        f"{seeds_text(curves)}.{controls_text(curves['arm'].unique())}",
    )
    return figure


def minutes_result(macro: pd.DataFrame) -> str:
    """Return how long the trainings took, as the means of the quickest and the slowest arm."""
    minutes = macro.groupby(["arm", "seed"])["seconds"].max().groupby("arm").mean() / 60
    ends = [
        f"{arm_label(each)} {fixed(minutes[each])}" for each in (minutes.idxmin(), minutes.idxmax())
    ]
    return f"Minutes of training: least {ends[0]}, most {ends[1]}."


def by_bucket(curves: pd.DataFrame, x: str) -> Described:
    """Return a large panel of all buckets and small ones of each, all arms in all of them."""
    scale, label = CURVE_AXES[x]
    figure = canvas(4.4)
    panels = figure.subplot_mosaic(
        [["macro", "easy"], ["macro", "medium"], ["macro", "hard"]],
        width_ratios=[1.9, 1],
        sharex=True,
    )
    for bucket, axes in panels.items():
        rows = curves[curves["bucket"] == bucket]
        ends = {
            arm: draw_curve(axes, rows[rows["arm"] == arm], (x, scale), style.line_colour(arm))
            for arm in in_order(rows["arm"])
        }
        axes.set(ylim=(0, 100), yticks=[0, 25, 50, 75, 100] if bucket == "macro" else [0, 50, 100])
        axes.set_title(
            "All buckets (mean of the three)" if bucket == "macro" else bucket.capitalize()
        )
        axes.grid(axis="y")
        if bucket == "macro":
            label_line_ends(axes, ends)
    panels["macro"].set(xlabel=label, ylabel="exact outputs (%)")
    panels["hard"].set_xlabel(label)
    panels["macro"].set_xlim(left=0)
    return figure


def by_arm(macro: pd.DataFrame, x: str) -> Described:
    """Return a small panel per arm, with the baseline in grey."""
    scale, label = CURVE_AXES[x]
    reference = macro[macro["arm"] == BASELINE].groupby("step")

    def draw(axes: Axes, arm: str) -> None:
        if len(reference):
            reference_line(axes, reference[x].mean() / scale, reference["execution_exact"].mean())
        colour = style.line_colour(arm, beside_reference=True)
        end = draw_curve(axes, macro[macro["arm"] == arm], (x, scale), colour)
        seat: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "right",
            "va": "top",
            "fontsize": 8,
        }
        axes.annotate(percent_text(end[1]), end, (0, -9), **seat)
        axes.set(ylim=(0, 100), yticks=[0, 50, 100], xlim=(0, longest * 1.04))
        axes.grid(axis="y")

    longest = macro.groupby(["arm", "step"])[x].mean().max() / scale
    arms = in_panels(in_order(macro["arm"]))
    return arm_panels(arms, draw, (label, "exact outputs (%)"), margin=0.6)


def draw_curve(
    axes: Axes, rows: pd.DataFrame, over: tuple[str, float], colour: str
) -> tuple[float, float]:
    """Draw the curve of one arm in one bucket and return where its line ends.

    `over`: the column of x, and its unit.
    """
    (x, scale), steps = over, rows.groupby("step")
    place, accuracy = steps[x].mean() / scale, steps["execution_exact"]
    line = style.line_style(str(rows["arm"].iloc[0]))
    band = (accuracy.min(), accuracy.max())
    axes.fill_between(place, *band, color=colour, alpha=0.15, linewidth=0)
    axes.plot(place, accuracy.mean(), color=colour, linestyle=line, linewidth=1.3)
    return float(place.iloc[-1]), float(accuracy.mean().iloc[-1])
