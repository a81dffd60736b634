"""Figures of the metrics: do they order what models find hard, and do their buckets help?

In: the rows of `stats.metric_validity`; the measures of a study. Out: one Figure each.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    canvas,
    draw_interval,
    height_for,
    percent_axis,
    require,
    seed_bars,
    seeds_text,
    styled,
    where_text,
    without_left_line,
)
from cl_utils.figures.words import BASELINE, percent_text
from cl_utils.labels.arm_groups import METRIC_ARM, metric_arms
from cl_utils.labels.names import measure_text, metric_label
from cl_utils.labels.numbers import MISSING, count_text, fixed, points_text, rho_text
from cl_utils.stats import mean_interval, seed_values, select
from cl_utils.stats.rows import PRIMARY
from cl_utils.stats.validity import OVERALL, WITHIN

LANES = {OVERALL: (-0.15, style.INK), WITHIN: (0.15, "white")}
"""Place within a row and face of the marker, by scope."""
COLUMN_OF = {OVERALL: 1.09, WITHIN: 1.19}
"""Right end of the printed column, as a share of the panel's width, by scope."""
TRAIN_METRICS = "train arms with buckets by metrics (notebooks 04 and 05)"


@styled
def metric_validity(validity: pd.DataFrame, stability: pd.DataFrame | None = None) -> Figure:
    """Return Spearman's rho of each metric with the baseline's hardness, overall and within levels.

    With `stability` (`stats.hardness_stability`) a dotted line shows how far two seeds agree.
    """
    require(validity, "metrics")
    overall = validity[validity["scope"] == OVERALL].sort_values("rho", ascending=False)
    metrics = list(overall["metric"])
    figure = canvas(height_for(len(metrics)) + 0.4)
    axes = figure.subplots()
    axes.axvline(0, color=style.FAINT, linewidth=1)
    for _, row in validity.iterrows():
        draw_rho(axes, metrics.index(row["metric"]), row)
    mean = np.nan if stability is None else stability["rho"].mean()
    if not np.isnan(mean):
        axes.axvline(mean, color=style.INK, linestyle=":", linewidth=1.2)
    name_metrics(axes, metrics)
    for scope, head in ((OVERALL, "all"), (WITHIN, "within")):
        print_rho(axes, COLUMN_OF[scope], -1.0, head, weight="bold")
    axes.set_xlim(-1, 1)
    axes.set_xlabel("Spearman’s ρ with −log p of the true output")
    axes.grid(axis="x")
    figure.legend(handles=scope_legend(mean), loc="outside upper left", ncols=3)
    first = validity.iloc[0]
    describe(
        figure,
        validity_result(overall),
        f"Baseline, hardness is the mean over n = {count_text(first['seeds'], 'seed')}; "
        f"{first['programs']:,} programs of the balanced test set. Lines: 95 % bootstrap intervals "
        "over seeds and programs. ",
        "Within levels: mean of the levels’ own ρ, weighted by programs. "
        "Above zero, what the metric calls harder is harder for the model.",
    )
    return figure


def validity_result(overall: pd.DataFrame) -> str:
    """Return which metric orders best and which worst, with rho and interval, over all programs."""
    known = overall.dropna(subset="rho")
    told = [
        f"{metric_label(row['metric'])} {rho_text(row['rho'])} "
        f"({rho_text(row['low'])} to {rho_text(row['high'])})"
        for _, row in known.iloc[[0, -1]].iterrows()
    ]
    return f"Spearman’s ρ with what is hard, all programs: highest {told[0]}, lowest {told[1]}."


def worth_result(worth: pd.DataFrame) -> str:
    """Return the metrics of highest and lowest rho, each with what its buckets gain."""
    told = [
        f"{metric_label(row['metric'])} ({rho_text(row['rho'])}), whose buckets gain "
        f"{points_text(row)} points over random ones"
        for _, row in worth.iloc[[0, -1]].iterrows()
    ]
    return f"Highest ρ: {told[0]}; lowest: {told[1]}."


def draw_rho(axes: Axes, place: int, row: pd.Series) -> None:
    """Draw one metric's rho in one scope, in its lane of the row, and print it."""
    offset, face = LANES[row["scope"]]
    draw_interval(axes, place + offset, row["low"], row["high"])
    axes.plot(row["rho"], place + offset, "o", color=style.INK, markerfacecolor=face, zorder=5)
    text = MISSING if pd.isna(row["rho"]) else rho_text(row["rho"])
    print_rho(axes, COLUMN_OF[row["scope"]], place, text)


def print_rho(axes: Axes, x: float, place: float, text: str, weight: str = "normal") -> None:
    """Print a correlation, or the head of its column, right of the panel; `x` is its right end."""
    seat = axes.get_yaxis_transform()
    axes.text(
        x, place, text, transform=seat, ha="right", va="center", fontsize=8, fontweight=weight
    )


def name_metrics(axes: Axes, metrics: list[str]) -> None:
    """Name the rows of a horizontal panel after metrics, the first on top."""
    axes.set_yticks(range(len(metrics)), [metric_label(metric) for metric in metrics])
    axes.set_ylim(len(metrics) - 0.4, -0.6)
    without_left_line(axes)


def scope_legend(agreement: float) -> list[Line2D]:
    """Return the key of the markers and, where it is drawn, of the line."""
    words = {OVERALL: "all programs", WITHIN: "within grammar levels"}
    key = [
        Line2D([], [], marker="o", color=style.INK, markerfacecolor=face, linestyle="", label=text)
        for (_, face), text in zip(LANES.values(), words.values(), strict=True)
    ]
    if not np.isnan(agreement):
        label = f"agreement of two seeds ({fixed(agreement, 2)})"
        key.append(Line2D([], [], color=style.INK, linestyle=":", linewidth=1.2, label=label))
    return key


@styled
def metric_worth(worth: pd.DataFrame) -> Figure:
    """Return two panels, a row per metric: its rho with what is hard, and what its buckets gain.

    `worth`: the rows of `metric_findings.metric_worth`.
    """
    require(worth, "metrics that made buckets, random ones among them", TRAIN_METRICS)
    metrics = list(worth["metric"])
    figure = canvas(height_for(len(metrics)) + 0.2)
    order, gain = figure.subplots(1, 2, sharey=True)
    for axes, columns, text in (
        (order, ("rho", "rho_low", "rho_high"), rho_text),
        (gain, ("difference", "low", "high"), partial(fixed, sign="+")),
    ):
        axes.axvline(0, color=style.FAINT, linewidth=1)
        axes.grid(axis="x")
        for place, row in enumerate(worth[list(columns)].itertuples(index=False)):
            value, low, high = row
            draw_interval(axes, place, low, high)
            axes.plot(value, place, "o", color=style.INK, zorder=5)
            print_rho(axes, 1.12, place, text(value))
        name_metrics(axes, metrics)
    gain.tick_params(labelleft=False)
    order.set_title("Does it order what is hard?")
    order.set_xlabel("Spearman’s ρ with −log p of the true output")
    order.set_xlim(-1, 1)
    order.set_xticks([-1, -0.5, 0, 0.5, 1])
    gain.set_title("Do its buckets help?")
    gain.set_xlabel("points above buckets drawn at random")
    first, n = worth.iloc[0], worth["n"]
    fewer = "" if n.nunique() == 1 else f"{n.min()} to "
    describe(
        figure,
        worth_result(worth),
        f"Left: baseline, {count_text(first['seeds'], 'seed')}, {first['programs']:,} programs of "
        "the balanced test set; 95 % bootstrap intervals over seeds and programs. Right: exact "
        "execution, the incremental schedule with one cycle; "
        f"n = {fewer}{count_text(n.max(), 'seed')}, paired; 95 % t intervals. "
        f"{where_text('balanced', 'macro')}.",
    )
    return figure


@styled
def metric_ablation(measures: pd.DataFrame, metric: str) -> Figure:
    """Return accuracy when the incremental schedule has buckets of each metric, by metric.

    The best stands on top; the dashed line is the baseline's mean. `metric`: what makes the study's
    own buckets.
    """
    measure, test_set, subset = PRIMARY
    rows = select(measures, measure, test_set, subset)
    metric_of = {arm: name for name, arm in metric_arms(metric).items()}
    bars = rows[rows["arm"].isin(metric_of)]
    several = bars["arm"].nunique() > 1  # one bar compares nothing
    require(bars if several else bars.head(0), "arms with buckets by two metrics", TRAIN_METRICS)
    means = bars.groupby("arm")["value"].mean().sort_values(ascending=False, kind="stable")
    arms = [str(arm) for arm in means.index]
    figure = canvas(height_for(len(arms)))
    axes = figure.subplots()
    colours = dict.fromkeys(arms, style.arm_colour(METRIC_ARM))
    colours |= {arm: style.FAINT for arm in arms if metric_of[arm] == "random"}
    seed_bars(axes, bars, arms, colours)
    name_metrics(axes, [metric_of[arm] for arm in arms])
    percent_axis(axes, f"{measure_text(measure)} (%)")
    baseline = mean_interval(seed_values(rows, "baseline"))
    if baseline.n:
        mark_baseline(axes, baseline.mean)
    called = {arm: metric_label(name) for arm, name in metric_of.items()}
    counted = seeds_text(rows[rows["arm"].isin([*arms, BASELINE])], called)
    names = [f"{metric_label(metric_of[arm])} {percent_text(means[arm])}" for arm in arms]
    describe(
        figure,
        f"{measure_text(measure)} with buckets by each metric: highest {names[0]}, lowest "
        f"{names[-1]}" + (f"; baseline {percent_text(baseline.mean)}." if baseline.n else "."),
        "The incremental schedule with one learning-rate cycle; buckets of the same sizes that "
        "differ only in the metric. Bar: mean over seeds; line: 95 % t interval; "
        f"{counted}. {where_text(test_set, subset)}. Grey: buckets drawn at random. Dashed: the "
        "baseline over all its seeds; differences paired by seed are in the figure metric_worth.",
    )
    return figure


def mark_baseline(axes: Axes, mean: float) -> None:
    """Draw the baseline's mean as a dashed line over the rows, named above them."""
    colour = style.line_colour("baseline")
    axes.axvline(mean, color=colour, linestyle=(0, (4, 2)), linewidth=1.3, zorder=6)
    axes.annotate(
        f"baseline {fixed(mean)}",
        (mean, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=colour,
    )
