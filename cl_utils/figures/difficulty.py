"""The figure of difficulty: how the metric splits the programs of each level.

In: counts of programs by level and bucket. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    canvas,
    height_for,
    percent_axis,
    require,
    styled,
    without_left_line,
)
from cl_utils.files import running
from cl_utils.labels.names import metric_label
from cl_utils.labels.numbers import fixed
from cl_utils.study.notebook_names import METRIC_ANALYSIS

DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "overall_metric": "Halstead by radon (operators only)",
        "overall_metric_token": "Halstead by token (textbook)",
    }
)
"""The two readings of the paper's metric, which every study counts."""
SPREAD_TO, STEP = 8.0, 0.25
"""Where the axis of `metric_spread` ends, and the width of its bars."""
LEAST_PRINTED = 6.0
"""Shares (percent) below this are drawn but not printed: the number would not fit."""


@styled
def difficulty_distribution(counts: pd.DataFrame) -> Figure:
    """Return the share of easy, medium and hard by grammar level, a panel per metric.

    Both definitions of the paper's metric and, where the study's buckets are of another, that.
    `counts` is the table of `buckets.counts_by_level`: metric, lower, upper, level, bucket and
    the number of programs.
    """
    require(counts, "difficulty", f"{running(METRIC_ANALYSIS)} first")
    programs = counts.groupby(["metric", "level"])["programs"].sum()
    levels = [*sorted(counts["level"].unique()), "all"]
    figure = canvas(height_for(len(levels)) + 0.2)
    titles = titles_of(counts)
    panels = figure.subplots(1, len(titles), sharey=True)
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        rows = counts[counts["metric"] == metric]
        draw_shares(axes, bucket_shares(rows).loc[levels])
        low, high = rows["lower"].iloc[0], rows["upper"].iloc[0]
        axes.set_title(f"{title}\neasy < {low:.3g} ≤ medium < {high:.3g} ≤ hard", pad=16)
    panels[0].set_ylabel("grammar level")
    total = programs.groupby("metric").sum().max()
    describe(
        figure,
        distribution_result(counts),
        f"n = {total:,} programs, at least {programs.min():,} per level. Overall metric = "
        "(cyclomatic complexity + Halstead difficulty) / 2.",
        *(
            f"The study’s buckets are by {titles[each]}."
            for each in titles
            if each not in DEFINITIONS
        ),
    )
    return figure


def titles_of(counts: pd.DataFrame) -> dict[str, str]:
    """Return the metrics that were counted with their titles, the two definitions first."""
    others = sorted(set(counts["metric"]) - set(DEFINITIONS))
    return {**DEFINITIONS, **{metric: metric_label(metric) for metric in others}}


def distribution_result(counts: pd.DataFrame) -> str:
    """Return the share of easy and of hard programs by each metric, over all levels."""
    told = []
    for metric, title in titles_of(counts).items():
        shares = bucket_shares(counts[counts["metric"] == metric]).loc["all"]
        parts = ", ".join(f"{bucket} {shares[bucket]:.0f} %" for bucket in BUCKETS)
        told.append(f"{title}: {parts}")
    return f"Programs of all levels. {'; '.join(told)}."


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
        colour = style.INK if bucket == "easy" else "white"
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
    without_left_line(axes)


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
def metric_spread(values: pd.DataFrame) -> Figure:
    """Return how many programs have which value of each metric (columns), a panel per metric."""
    require(values, "difficulty", f"{running(METRIC_ANALYSIS)} first")
    figure = canvas(2.3)
    panels = figure.subplots(1, values.shape[1], sharex=True, sharey=True, squeeze=False)
    bins = np.arange(0, SPREAD_TO + STEP, STEP) - STEP / 2
    for axes, metric in zip(panels.flat, values, strict=True):
        shares = np.full(len(values), 100 / len(values))
        axes.hist(values[metric].clip(upper=SPREAD_TO), bins, weights=shares, color=style.NOTE)
        axes.set_title(metric_label(metric))
        axes.set(xlim=(0, SPREAD_TO), xlabel="overall metric")
        axes.grid(axis="y")
    panels[0, 0].set_ylabel("programs (%)")
    told = [
        f"{metric_label(metric)} takes {values[metric].nunique():,} values, its median is "
        f"{fixed(values[metric].median(), 2)}"
        for metric in values
    ]
    describe(
        figure,
        f"{'; '.join(told)}.",
        f"n = {len(values):,} programs, in steps of {STEP:g}; what is above {SPREAD_TO:g} stands "
        "in the last.",
    )
    return figure
