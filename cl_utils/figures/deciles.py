"""The figure of the metric's deciles: does it order what models get wrong?

In: the evaluated programs of a study, and the metric's rank correlations. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.described import Described, describe
from cl_utils.figures.multiples import MOST_LINES, arm_panels, in_panels, reference_line
from cl_utils.figures.panels import canvas, label_line_ends, require, seeds_text, styled
from cl_utils.figures.words import BASELINE, controls_text, percent_text
from cl_utils.labels.names import arm_label, in_order, metric_label
from cl_utils.labels.numbers import counts_text, rho_text
from cl_utils.stats import accuracy_by_decile
from cl_utils.stats.programs import BALANCED
from cl_utils.stats.validity import OVERALL


@styled
def accuracy_by_difficulty(
    programs: pd.DataFrame, validity: pd.DataFrame, metric: str = "overall_metric"
) -> Figure:
    """Return exact accuracy by decile of `metric`, one line per arm; many arms get panels.

    `validity` holds the rows of `stats.metric_validity`; that of the metric is told.
    """
    require(programs, "programs")
    table = accuracy_by_decile(programs, metric)
    groups = table.groupby("decile").agg(
        low=("low", "first"), high=("high", "first"), programs=("programs", "max")
    )
    means = table.groupby(["arm", "decile"])["accuracy"].agg(["mean", "min", "max"])
    means["place"] = groups.index.get_indexer(means.index.get_level_values("decile"))
    few = table["arm"].nunique() <= MOST_LINES
    figure = (deciles_together if few else deciles_by_arm)(means, groups, metric_label(metric))
    panels = "" if few else "Grey: the baseline. "
    describe(
        figure,
        decile_result(means, groups, metric_label(metric)) + correlation_text(validity, metric),
        f"{panels}Line: mean over seeds; band: lowest to highest seed; {seeds_text(table)}. "
        f"Test set: {BALANCED}, {counts_text(groups['programs'])} programs per group."
        f"{controls_text(table['arm'].unique())}",
        "Equal values share one group, so groups differ in size and a decile can be missing. "
        "Interval of ρ: bootstrap over seeds and groups of programs with one skeleton.",
    )
    return figure


def deciles_together(means: pd.DataFrame, groups: pd.DataFrame, label: str) -> Described:
    """Return one panel with all arms."""
    figure = canvas(3.9)
    axes = figure.subplots()
    arms = in_order(means.index.get_level_values("arm"))
    ends = {arm: draw_deciles(axes, means.loc[arm], arm, style.line_colour(arm)) for arm in arms}
    axes.set_xticks(
        range(len(groups)), [group_label(*row) for row in groups.itertuples(index=False)]
    )
    axes.set(xlabel=f"{label}, by decile (programs in brackets)", ylabel="exact outputs (%)")
    axes.set_ylim(0, 100)
    label_line_ends(axes, ends)
    axes.grid(axis="y")
    return figure


def deciles_by_arm(means: pd.DataFrame, groups: pd.DataFrame, label: str) -> Described:
    """Return a small panel per arm, with the baseline in grey."""
    arms = in_order(means.index.get_level_values("arm"))

    def draw(axes: Axes, arm: str) -> None:
        if BASELINE in arms:
            line = means.loc[BASELINE]
            reference_line(axes, line["place"], line["mean"])
        draw_deciles(axes, means.loc[arm], arm, style.line_colour(arm, beside_reference=True))
        ticks = [values_text(row["low"], row["high"]) for _, row in groups.iterrows()]
        axes.set_xticks(range(len(groups)), ticks, rotation=45, ha="right", fontsize=7.5)
        axes.set(ylim=(0, 100), yticks=[0, 50, 100])
        axes.grid(axis="y")

    labels = (label, "exact outputs (%)")
    return arm_panels(in_panels(arms), draw, labels, margin=0.9)


def draw_deciles(axes: Axes, rows: pd.DataFrame, arm: str, colour: str) -> tuple[float, float]:
    """Draw one arm's accuracy by group with its band; return where the line ends."""
    x = rows["place"]
    axes.fill_between(x, rows["min"], rows["max"], color=colour, alpha=0.12, linewidth=0)
    line = style.line_style(arm)
    axes.plot(x, rows["mean"], marker="o", linestyle=line, color=colour, markersize=4)
    return float(x.iloc[-1]), float(rows["mean"].iloc[-1])


def decile_result(means: pd.DataFrame, groups: pd.DataFrame, label: str) -> str:
    """Return what the baseline gets right where the metric is least and where it is most."""
    arms = in_order(means.index.get_level_values("arm"))
    line = means.loc[arms[0]].sort_values("place")["mean"]
    ends = [values_text(row["low"], row["high"]) for _, row in groups.iloc[[0, -1]].iterrows()]
    return (
        f"Exact outputs of {arm_label(arms[0])}: {percent_text(line.iloc[0])} at {label} {ends[0]} "
        f"and {percent_text(line.iloc[-1])} at {ends[-1]}. "
    )


def values_text(low: float, high: float) -> str:
    """Return the values of one group: "0.5", or "0.5–1.5"."""
    return f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}"


def group_label(low: float, high: float, programs: int) -> str:
    """Return the values and the size of one group, in two lines."""
    return f"{values_text(low, high)}\n({programs:,})"


def correlation_text(validity: pd.DataFrame, metric: str) -> str:
    """Return a metric's rank correlation with what the baseline finds hard, as a sentence."""
    rows = validity[(validity["metric"] == metric) & (validity["scope"] == OVERALL)]
    require(rows, f"rank correlations of {metric}")
    row = rows.iloc[0]
    interval = (
        "no interval"
        if pd.isna(row["low"])
        else f"95 % {rho_text(row['low'])} to {rho_text(row['high'])}"
    )
    return (
        f"Spearman’s ρ of the metric with −log p of the true output, this averaged over the "
        f"baseline’s seeds first: {rho_text(row['rho'])} ({interval})."
    )
