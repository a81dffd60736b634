"""The protocol audit: one model, four scorings, and the ceiling of the paper's.

In: the measures of a study. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    arm_axis,
    canvas,
    height_for,
    percent_axis,
    require,
    seeds_text,
    styled,
    value_text,
    where_text,
)
from cl_utils.figures.words import mean_by_arm, percent_text, range_text
from cl_utils.labels.names import in_order
from cl_utils.labels.numbers import fixed
from cl_utils.stats import Interval, mean_interval, seed_values, select

LANES = {  # offset: measure at temperature 1, greedy measure, marker
    -0.17: ("execution_expected", "execution_exact", "o"),
    0.17: ("execution_paper", "execution_paper_greedy", "s"),
}
CEILING = "execution_paper_ceiling"
NATURAL = ("natural", "all")
"""The test set and subset that the paper's protocol is of."""


@styled
def protocol_audit(measures: pd.DataFrame) -> Figure:
    """Return, by arm, what exact outputs and the paper's protocol say of the same models."""
    rows = select(measures, "execution_exact", *NATURAL)
    require(rows, f"execution_exact on {'/'.join(NATURAL)}")
    arms = in_order(rows["arm"])
    figure = canvas(1.45 * height_for(len(arms)))
    axes = figure.subplots()
    arm_axis(axes, arms)
    percent_axis(axes, "programs counted as right (%)")
    for place, arm in enumerate(arms):
        for offset, (sampled, greedy, marker) in LANES.items():
            both = [seeds_mean(measures, name, arm) for name in (sampled, greedy)]
            lane(axes, place + offset, both, style.line_colour(arm), marker)
        ceiling = seeds_mean(measures, CEILING, arm).mean
        axes.plot([ceiling, ceiling], [place, place + 0.34], color=style.INK, linewidth=2)
    figure.legend(handles=audit_legend(), loc="outside upper center", ncols=3)
    paper, ceiling = (select(measures, name, *NATURAL) for name in ("execution_paper", CEILING))
    describe(
        figure,
        f"Exact outputs, greedy: {range_text(mean_by_arm(rows))}; the paper's protocol at "
        f"temperature 1: {range_text(mean_by_arm(paper))}; its ceiling: "
        f"{percent_text(ceiling['value'].mean()) if len(ceiling) else 'not measured'}.",
        f"Means over seeds, pale bars 95 % t intervals, {seeds_text(rows)}. "
        f"{where_text(*NATURAL)}. Printed: temperature 1 → greedy.",
        "The paper compares the numbers in the first 20 / 30 characters; the ceiling is what a "
        "perfect model gets.",
    )
    return figure


def seeds_mean(measures: pd.DataFrame, measure: str, arm: str) -> Interval:
    """Return the mean over seeds of one measure with its interval; nan when it is missing."""
    return mean_interval(seed_values(select(measures, measure, *NATURAL), arm))


def lane(axes: Axes, place: float, both: list[Interval], colour: str, marker: str) -> None:
    """Draw one scoring: open marker at temperature 1, filled marker greedy, both in print."""
    means = [each.mean for each in both]
    axes.plot(means, [place, place], color=colour, linewidth=1.2, alpha=0.6)
    for each, face in zip(both, ("white", colour), strict=True):
        ends = [each.low, each.high]
        axes.plot(ends, [place] * 2, color=colour, linewidth=5, alpha=0.25, solid_capstyle="butt")
        axes.plot(each.mean, place, marker, color=colour, markerfacecolor=face, markersize=6)
    text = " → ".join("–" if pd.isna(value) else fixed(value) for value in means)
    value_text(axes, place, text)


def audit_legend() -> list[Line2D]:
    """Return the key of the markers, in grey because colour means the arm."""

    def key(marker: str, face: str, label: str) -> Line2D:
        return Line2D(
            [],
            [],
            marker=marker,
            color=style.FAINT,
            markerfacecolor=face,
            linestyle="",
            label=label,
        )

    ceiling = Line2D([], [], marker="|", color=style.INK, linestyle="", label="its ceiling")
    ceiling.set(markersize=10, markeredgewidth=2)
    return [
        key("o", "white", "exact output, temperature 1"),
        key("o", style.FAINT, "exact output, greedy"),
        key("s", "white", "paper’s protocol, temperature 1"),
        key("s", style.FAINT, "paper’s protocol, greedy"),
        ceiling,
    ]
