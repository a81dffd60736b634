"""Figures of the three tasks: execution (ours and the paper's protocol), token and line completion.

In: the measures of a study. Out: one Figure each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from cl_utils.evaluation.paper_numbers import PAPER_LABEL, PAPER_OUTPUT_ACCURACY
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    arm_axis,
    canvas,
    draw_interval,
    height_for,
    marked_value,
    percent_axis,
    require,
    seed_bars,
    seeds_text,
    styled,
    where_text,
    without_left_line,
)
from cl_utils.figures.words import mean_by_arm, range_text
from cl_utils.labels.names import in_order
from cl_utils.labels.numbers import MISSING, fixed, mean_text
from cl_utils.stats import mean_interval, seed_values, select
from cl_utils.stats.rows import PRIMARY

DIGITS = 2  # of completed characters and lines: arms lie closer there than in execution
BAR_LEGEND = "Bar: mean over seeds; line: 95 % t interval over seeds; dots: single seeds"
EXECUTION_SUBSETS = {"macro": "All buckets", "easy": "Easy", "medium": "Medium", "hard": "Hard"}
COMPLETION_MEASURES = {
    "token_accuracy": "Next character: all",
    "token_accuracy_program": "… in the program",
    "token_accuracy_output": "… in the output",
    "line_exact": "Next line, exact",
}


@styled
def execution_accuracy(measures: pd.DataFrame) -> Figure:
    """Return execution accuracy by arm: exact by bucket above, the paper's protocol below.

    The paper's two published numbers are dashed lines in the lower panel only, where the scoring
    is the same; its data are not.
    """
    exact = {
        subset: select(measures, "execution_exact", "balanced", subset)
        for subset in EXECUTION_SUBSETS
    }
    require(exact["macro"], "execution_exact on balanced/macro")
    arms = in_order(exact["macro"]["arm"])
    figure = canvas(height_for(len(arms), panels=2) + 0.2)
    grid = figure.add_gridspec(2, 1, height_ratios=[1.0, 1.15])
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    titles = {subset: (title, exact[subset]) for subset, title in EXECUTION_SUBSETS.items()}
    majority = {
        subset: select(measures, "execution_majority", "balanced", subset)
        for subset in EXECUTION_SUBSETS
    }
    panel_row(top, titles, arms, "exact outputs (%)", majority)
    paper_panel(bottom.subplots(), measures, arms)
    paper = select(measures, "execution_paper", "natural", "all")
    describe(
        figure,
        f"Exact outputs, all buckets: {range_text(mean_by_arm(exact['macro']))}. "
        f"Paper's protocol: {range_text(mean_by_arm(paper))}.",
        f"{BAR_LEGEND}; {seeds_text(exact['macro'])}. Above: balanced test set; "
        "“all buckets” is the mean of the three; dotted: always the most frequent output.",
        "Below: natural mix. No model can pass the ceiling, because 20 / 30 characters cut long "
        "outputs.",
    )
    return figure


@styled
def completion_tasks(measures: pd.DataFrame) -> Figure:
    """Return token completion (all, program, output characters) and line completion by arm."""
    _, *where = PRIMARY
    panels = {
        measure: (title, select(measures, measure, *where))
        for measure, title in COMPLETION_MEASURES.items()
    }
    rows = panels["token_accuracy"][1]
    require(rows, f"token_accuracy on {'/'.join(where)}")
    arms = in_order(rows["arm"])
    figure = canvas(height_for(len(arms)))
    ngram = {
        measure: select(measures, measure.replace("accuracy", "ngram"), *where)
        for measure in COMPLETION_MEASURES
        if measure.startswith("token_")
    }
    for axes, (name, (title, values)) in zip(
        figure.subplots(1, len(panels), sharey=True), panels.items(), strict=True
    ):
        arm_axis(axes, arms)
        seed_dots(axes, values, arms, ngram.get(name))
        axes.set_title(title)
        axes.set_xlabel("correct, greedy (%)")
    lines = panels["line_exact"][1]
    describe(
        figure,
        f"Next character right: {range_text(mean_by_arm(rows))}. Next line right: "
        f"{range_text(mean_by_arm(lines))}.",
        f"Large: mean over seeds; line: 95 % t interval over seeds; small: single seeds; "
        f"{seeds_text(rows)}. {where_text(*where)}. Axes do not start at zero.",
        "Most characters of a program are drawn at random, so no model completes them all. "
        "Dotted: a 6-gram.",
    )
    return figure


def seed_dots(
    axes: Axes, rows: pd.DataFrame, arms: list[str], trivial: pd.DataFrame | None = None
) -> None:
    """Draw an arm a row: mean and 95 % t interval, its seeds below, the mean in print.

    `trivial`: rows of what needs no model; their mean is a dotted line.
    """
    if trivial is not None and len(trivial):
        axes.axvline(trivial["value"].mean(), color=style.INK, ls=":", lw=1.2, zorder=1)
    for place, arm in enumerate(arms):
        values = seed_values(rows, arm).to_numpy(dtype=float)
        interval = mean_interval(values)
        text = mean_text(interval.mean, interval.half_width, DIGITS) if interval.n else MISSING
        seat = axes.get_yaxis_transform()
        axes.text(1.04, place, text, transform=seat, va="center", fontsize=8, clip_on=False)
        if interval.n == 0:
            continue
        draw_interval(axes, place - 0.12, interval.low, interval.high)
        area, rim = style.arm_colour(arm), style.line_colour(arm)
        axes.scatter(interval.mean, place - 0.12, s=36, color=area, edgecolor=rim, zorder=5)
        seats = np.full(interval.n, place + 0.22)
        axes.scatter(values, seats, s=8, color="white", edgecolor=rim, linewidth=0.7, zorder=4)
    without_left_line(axes)
    axes.grid(axis="x")


def panel_row(
    figure: Figure | SubFigure,
    panels: Mapping[str, tuple[str, pd.DataFrame]],
    arms: list[str],
    label: str,
    baselines: Mapping[str, pd.DataFrame],
) -> None:
    """Draw a row of bar panels (title, rows) that share the names of the arms.

    `baselines` holds, by panel, rows of what needs no model; their mean is a dotted line.
    """
    for axes, (name, (title, rows)) in zip(
        figure.subplots(1, len(panels), sharey=True), panels.items(), strict=True
    ):
        if name in baselines and len(baselines[name]):
            axes.axvline(baselines[name]["value"].mean(), color=style.INK, ls=":", lw=1.2, zorder=6)
        arm_axis(axes, arms)
        percent_axis(axes, label)
        axes.set_title(title)
        seed_bars(axes, rows, arms)


def paper_panel(axes: Axes, measures: pd.DataFrame, arms: list[str]) -> None:
    """Draw the paper's protocol with its ceiling and the paper's own two numbers."""
    arm_axis(axes, arms)
    axes.set_ylim(len(arms) + 0.3, -1.3)  # room for the names of the lines
    percent_axis(axes, "numbers of the output right, paper’s protocol at temperature 1 (%)")
    axes.set_title(f"Paper’s protocol; dashed: {PAPER_LABEL}, and our ceiling")
    seed_bars(axes, select(measures, "execution_paper", "natural", "all"), arms)
    for arm, align in zip(PAPER_OUTPUT_ACCURACY, ("right", "left"), strict=True):
        value = PAPER_OUTPUT_ACCURACY[arm]
        colour = style.line_colour(arm)
        text = f"paper’s {arm} {fixed(value, 2)}"
        marked_value(axes, value, text, colour, align=align, from_top=True)
    ceiling = select(measures, "execution_paper_ceiling", "natural", "all")["value"].mean()
    if pd.notna(ceiling):
        text = f"our ceiling {fixed(ceiling)}"
        marked_value(axes, ceiling, text, style.NOTE, align="left", from_top=False)
