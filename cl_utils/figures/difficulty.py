"""Figures of the difficulty metric: how it splits the programs, and whether it orders errors.

In: the difficulty of programs; the evaluated programs of a study. Out: one Figure each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.panels import (
    canvas,
    height_for,
    label_line_ends,
    note,
    percent_axis,
    require,
    seeds_text,
    styled,
)
from cl_utils.stats import accuracy_by_decile
from cl_utils.stats.validity import OVERALL

DEFINITIONS = {
    "overall_metric": "Halstead by radon (operators only)",
    "overall_metric_token": "Halstead by token (textbook)",
}
LEAST_PRINTED = 6.0
"""Shares (percent) below this are drawn but not printed: the number would not fit."""


@styled
def difficulty_distribution(counts: pd.DataFrame) -> Figure:
    """Return the share of easy, medium and hard by grammar level, under both definitions.

    `counts` is the table of `buckets.counts_by_level`: metric, lower, upper, level, bucket and
    the number of programs.
    """
    require(counts, "difficulty")
    programs = counts.groupby(["metric", "level"])["programs"].sum()
    levels = [*sorted(counts["level"].unique()), "all"]
    figure = canvas(height_for(len(levels)) + 0.3)
    panels = figure.subplots(1, len(DEFINITIONS), sharey=True)
    for axes, (metric, title) in zip(panels, DEFINITIONS.items(), strict=True):
        rows = counts[counts["metric"] == metric]
        draw_shares(axes, bucket_shares(rows).loc[levels])
        low, high = rows["lower"].iloc[0], rows["upper"].iloc[0]
        axes.set_title(f"{title}\neasy < {low:.3g} ≤ medium < {high:.3g} ≤ hard", pad=16)
    panels[0].set_ylabel("grammar level")
    total = programs.groupby("metric").sum().max()
    note(
        figure,
        f"n = {total:,} programs, at least {programs.min():,} a level. Overall metric = "
        "(cyclomatic complexity + Halstead difficulty) / 2.",
    )
    return figure


def bucket_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Return percent by level and "all" (rows) and bucket (columns); rows sum to 100."""
    table = counts.pivot_table(
        index="level", columns="bucket", values="programs", aggfunc="sum", fill_value=0
    ).reindex(columns=list(BUCKETS), fill_value=0)
    table.loc["all"] = table.sum()
    return 100 * table.div(table.sum(axis=1), axis=0)


def draw_shares(axes: Axes, shares: pd.DataFrame) -> None:
    """Draw one stacked bar a level; the buckets are named once, above the first bar."""
    left = np.zeros(len(shares))
    places = np.arange(len(shares)) + (shares.index == "all") * 0.3  # set apart
    for index, bucket in enumerate(BUCKETS):
        width = shares[bucket].to_numpy()
        axes.barh(places, width, left=left, height=0.74, color=style.BUCKET_COLOURS[bucket])
        colour = "white" if bucket == "hard" else style.INK
        for place, start, share in zip(places, left, width, strict=True):
            if share >= LEAST_PRINTED:
                middle = start + share / 2
                axes.text(middle, place, f"{share:.0f}", ha="center", va="center", color=colour)
        bucket_key(axes, index, bucket)
        left = left + width
    percent_axis(axes, "share of programs (%)")
    axes.grid(visible=False)
    axes.set_yticks(places, list(shares.index))
    axes.set_ylim(places[-1] + 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def bucket_key(axes: Axes, index: int, bucket: str) -> None:
    """Print the name of a bucket beside its colour, above the panel."""
    start = (0, 44, 102)[index]  # points
    options: dict[str, Any] = {
        "xycoords": "axes fraction",
        "va": "bottom",
        "textcoords": "offset points",
    }
    axes.annotate(
        "■", (0, 1), (start, 2), color=style.BUCKET_COLOURS[bucket], fontsize=11, **options
    )
    axes.annotate(bucket, (0, 1), (start + 12, 3), fontsize=8.5, **options)


@styled
def accuracy_by_difficulty(
    programs: pd.DataFrame,
    validity: pd.DataFrame,
    metric: str = "overall_metric",
    test_set: str = "balanced",
) -> Figure:
    """Return exact accuracy by decile of `metric`, one line an arm.

    `validity` holds the rows of `stats.metric_validity`; that of the metric is printed.
    """
    require(programs, "programs")
    table = accuracy_by_decile(programs, metric, test_set=test_set)
    means = table.groupby(["arm", "decile"])["accuracy"].agg(["mean", "min", "max"])
    groups = table.groupby("decile").agg(
        low=("low", "first"), high=("high", "first"), programs=("programs", "max")
    )
    figure = canvas(4.2)
    axes = figure.subplots()
    places = pd.Series(range(len(groups)), index=groups.index)
    ends = {}
    for arm in style.in_order(table["arm"]):
        rows, colour = means.loc[arm], style.arm_colour(arm)
        x = places[rows.index]
        axes.fill_between(x, rows["min"], rows["max"], color=colour, alpha=0.12, linewidth=0)
        line = style.line_style(arm)
        axes.plot(x, rows["mean"], marker="o", linestyle=line, color=colour, markersize=4)
        ends[arm] = (float(x.iloc[-1]), float(rows["mean"].iloc[-1]))
    axes.set_xticks(places, [group_label(*row) for row in groups.itertuples(index=False)])
    axes.set_xlabel(f"{metric.replace('_', ' ')} of the program, by decile (programs in brackets)")
    axes.set_ylabel("exact outputs, greedy (%)")
    axes.set_ylim(0, 100)
    label_line_ends(axes, ends)
    axes.grid(axis="y")
    axes.set_title(correlation_text(validity, metric))
    note(
        figure,
        f"Line: mean over seeds; band: lowest to highest seed; {seeds_text(table)}. "
        f"Test set: {test_set}.",
        "Equal values share one group, so groups differ in size and a decile can be missing. "
        "Interval of ρ: bootstrap over seeds and groups of programs with one skeleton.",
    )
    return figure


def group_label(low: float, high: float, programs: int) -> str:
    """Return the values and the size of one group, in two lines."""
    values = f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}"
    return f"{values}\n({programs:,})"


def correlation_text(validity: pd.DataFrame, metric: str) -> str:
    """Return a metric's rank correlation with what the baseline finds hard, as a sentence."""
    rows = validity[(validity["metric"] == metric) & (validity["scope"] == OVERALL)]
    require(rows, f"rank correlations of {metric}")
    row = rows.iloc[0]
    interval = (
        "no interval" if pd.isna(row["low"]) else f"95 % {row['low']:.2f} to {row['high']:.2f}"
    )
    return (
        f"Baseline, seeds pooled: Spearman ρ of {metric.replace('_', ' ')} with −log p of the true "
        f"output = {row['rho']:.2f} ({interval})"
    )
