"""What adaptive arms drew, seed by seed, and what was forgotten at the stages of the others.

In: the history and the learning curves of a study. Out: one Figure each.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.multiples import arm_panels
from cl_utils.figures.panels import canvas, require, seeds_text, styled
from cl_utils.figures.words import range_text
from cl_utils.labels.arm_groups import adaptive_arms
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import fixed
from cl_utils.stats.drawn import drawn_shares

SHADE = "#F1F1F1"


@styled
def adaptive_trajectories(history: pd.DataFrame) -> Figure:
    """Return the shares of each bucket over training: a thin line per seed, a thick one their mean.

    Columns are the adaptive arms that there are, each beside the one yoked to it.
    """
    adaptive = [each for arm, controls in adaptive_arms().items() for each in (arm, *controls)]
    rows = history[history["arm"].isin(adaptive)]
    require(rows, "history of adaptive arms", "train one (notebooks 04 and 05)")
    arms = [arm for arm in adaptive if arm in set(rows["arm"])]
    figure = canvas(4.3)
    grid = figure.subplots(len(BUCKETS), len(arms), sharex=True, sharey=True, squeeze=False)
    for line, bucket in zip(grid, BUCKETS, strict=True):
        line[0].set_ylabel(f"{bucket} (%)")
        for axes, arm in zip(line, arms, strict=True):
            draw_shares(axes, rows[rows["arm"] == arm], f"share_{bucket}", style.line_colour(arm))
    for axes, arm in zip(grid[0], arms, strict=True):
        axes.set_title(arm_label(arm), color=style.INK)
    for axes in grid[-1]:
        axes.set_xlabel("share of training (%)")
    hard = 100 * drawn_shares(rows)["hard"]
    describe(
        figure,
        f"Share of hard programs over the whole training: {range_text(hard)}.",
        "Programs drawn from each bucket. Thin: single seeds; thick: their mean; "
        f"{seeds_text(rows)}.",
        "A yoked arm draws by the mixes that its adaptive arm chose with another seed, so it "
        "cannot react to its own model.",
    )
    return figure


def draw_shares(axes: Axes, history: pd.DataFrame, column: str, colour: str) -> None:
    """Draw one bucket's share in one arm."""
    shares = 100 * history.pivot(index="step", columns="seed", values=column)
    progress = 100 * shares.index.to_numpy(dtype=float) / shares.index.max()
    if shares.shape[1] > 1:
        axes.plot(progress, shares, color=colour, linewidth=0.7, alpha=0.55)
    axes.plot(progress, shares.mean(axis=1), color=colour, linewidth=2.2)
    axes.set(xlim=(0, 100), ylim=(0, 100), xticks=[0, 50, 100], yticks=[0, 50, 100])
    axes.grid(axis="y")


@styled
def forgetting(curves: pd.DataFrame, history: pd.DataFrame) -> Figure:
    """Return exact accuracy by bucket over training, one panel per arm, its stages shaded in turn.

    A bucket that falls while another is learnt is forgotten.
    """
    require(curves, "learning curves")

    def draw(axes: Axes, arm: str) -> None:
        shade_stages(axes, history[history["arm"] == arm])
        draw_buckets(axes, curves[curves["arm"] == arm])

    labels = ("share of training (%)", "exact outputs (%)")
    figure = arm_panels(in_order(curves["arm"]), draw, labels, margin=0.65)
    describe(
        figure,
        forgetting_result(curves),
        "Fixed validation set. Line: mean over seeds; band: lowest to highest seed; "
        f"{seeds_text(curves)}. Shaded: every other stage; its ends are means over seeds.",
    )
    return figure


def forgetting_result(curves: pd.DataFrame) -> str:
    """Return which arm forgot most of which bucket, the mean of its seeds, and how many lost any.

    Lost is how far a bucket ends below its best.
    """
    buckets = curves[curves["bucket"].isin(BUCKETS)]
    means = buckets.groupby(["arm", "bucket", "step"])["execution_exact"].mean()
    each = means.groupby(["arm", "bucket"])
    lost = (each.max() - each.last()).sort_values(ascending=False, kind="stable")
    arm, bucket = lost.index[0]
    pairs = f"{len(lost)} pairs of an arm and a bucket"
    below = (lost > 0).sum()
    if lost.iloc[0] == 0:
        return f"Nothing is forgotten: all {pairs} end at their best."
    return (
        f"Most is forgotten by {arm_label(arm)}: {bucket} programs end {fixed(lost.iloc[0])} "
        f"points below their best; of the {pairs}, {below} {'ends' if below == 1 else 'end'} below "
        "their best at all."
    )


def draw_buckets(axes: Axes, curves: pd.DataFrame) -> None:
    """Draw the three buckets' curves of one arm over the share of its training."""
    for bucket in BUCKETS:
        steps = curves[curves["bucket"] == bucket].groupby("step")["execution_exact"]
        progress = 100 * steps.mean().index.to_numpy(dtype=float) / curves["step"].max()
        colour = style.BUCKET_COLOURS[bucket]
        axes.fill_between(progress, steps.min(), steps.max(), color=colour, alpha=0.2, linewidth=0)
        axes.plot(progress, steps.mean(), color=colour, linewidth=1.8, label=bucket)
    axes.set(xlim=(0, 100), ylim=(0, 100), xticks=[0, 50, 100], yticks=[0, 50, 100])


def shade_stages(axes: Axes, history: pd.DataFrame) -> None:
    """Shade every other stage of one arm, behind its curves."""
    edges = [0.0, *stage_ends(history)]
    for start, end in list(zip(edges[:-1], edges[1:], strict=True))[1::2]:
        axes.axvspan(start, end, color=SHADE, zorder=0, linewidth=0)


def stage_ends(history: pd.DataFrame) -> list[float]:
    """Return the share of training (percent) at which each stage ends, the mean over seeds."""
    last = history.groupby(["seed", "stage"])["step"].max().groupby("stage").mean()
    return list(100 * np.sort(last.to_numpy()) / history["step"].max()) if len(last) else []
