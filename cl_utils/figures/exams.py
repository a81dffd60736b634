"""Exams off the training distribution: what is right there, and whether order matters there.

In: the rows of `stats.exam_accuracy` and `stats.exam_effects`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MultipleLocator

from cl_utils.figures import style
from cl_utils.figures.contrasts import limit_differences
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    TRAIN_EIGHT,
    canvas,
    draw_interval,
    require,
    styled,
    without_left_line,
)
from cl_utils.figures.words import percent_text
from cl_utils.labels.names import exam_label
from cl_utils.labels.numbers import counts_text, fixed, points_text
from cl_utils.stats.exams import SHOWN

TICKS: Final = 25  # points between the marks of an axis
MARGIN: Final = 6  # points on either side of 0 and 100 %, so that a marker there is seen whole


@styled
def effects_by_exam(accuracy: pd.DataFrame, effects: pd.DataFrame, where: str) -> Figure:
    """Return, for the balanced test and each exam, the baseline's accuracy and each effect.

    `where`: the setting whose models took them.
    """
    sets = list(accuracy["test_set"])
    taken = effects if len(sets) > 1 else effects[:0]
    fix = f"{TRAIN_EIGHT}, or evaluate them again (05), as older rows know no exams"
    require(taken, "exams, or of the factorial's eight arms", fix)
    figure = canvas(0.36 * len(sets) + 1.0)
    panels = figure.subplots(1, 1 + len(SHOWN), sharey=True, width_ratios=[1.0, *[1.25] * 4])
    _draw_accuracy(panels[0], accuracy)
    for axes, effect in zip(panels[1:], SHOWN, strict=True):
        _draw_effect(axes, effects[effects["effect"] == effect], sets)
        limit_differences(axes, effects)
        axes.xaxis.set_major_locator(MultipleLocator(TICKS))
        axes.set_title(effect.replace(" − ", " −\n"))
        axes.set_xlabel("points")
    seeds = effects.groupby("test_set")["n"].max()
    alike = seeds.nunique() == 1
    programs = [_count_text(each) for each in accuracy["programs"]]
    names = [
        f"{exam_label(each)}{many}" + ("" if alike else f", n = {seeds.get(each, 0)}")
        for each, many in zip(sets, programs, strict=True)
    ]
    panels[0].set_yticks(range(len(sets)), names)
    panels[0].set_ylim(len(sets) - 0.4, -0.6)
    means = f"Means over n = {counts_text(seeds)} seeds with 95 % t intervals"
    if seeds.max() == 1:
        means = "n = 1 seed, so no interval"
    describe(
        figure,
        exams_result(accuracy, effects),
        f"{means}: {where}. Balanced test: mean of the three buckets; an exam: all its "
        "programs, each beyond every training program in what it names; longer chains and more "
        "passes are also longer than any; renamed: training programs with other variables. In "
        "brackets: how many programs. Intervals of accuracies are cut at 0 and 100 %. "
        "Effects off the balanced test are exploratory.",
    )
    return figure


def exams_result(accuracy: pd.DataFrame, effects: pd.DataFrame) -> str:
    """Return the baseline's accuracy and the effect of order, on every test."""
    order = effects[effects["effect"] == "order"].set_index("test_set")
    told = [
        f"{exam_label(row['test_set'])} {percent_text(row['mean'])}, order "
        f"{points_text(order.loc[name])}"
        for name, row in accuracy.set_index("test_set", drop=False).iterrows()
        if name in order.index
    ]
    return f"Baseline's accuracy, and the effect of order in points: {'; '.join(told)}."


def _count_text(programs: float) -> str:
    """Return " (500)", or nothing where the rows do not say of how many programs they are."""
    return "" if pd.isna(programs) else f" ({fixed(programs, 0)})"


def _draw_accuracy(axes: Axes, accuracy: pd.DataFrame) -> None:
    for place, (_, row) in enumerate(accuracy.iterrows()):
        draw_interval(axes, place, max(row["low"], 0), min(row["high"], 100))
        axes.plot(row["mean"], place, "o", color=style.line_colour("baseline"), zorder=5)
        _print_above(axes, row["mean"], place, fixed(row["mean"]))
    axes.set_xlim(-MARGIN, 100 + MARGIN)
    axes.xaxis.set_major_locator(FixedLocator([0, 50, 100]))
    axes.set_title("baseline")
    axes.set_xlabel("exact outputs (%)")
    _quiet(axes)


def _draw_effect(axes: Axes, rows: pd.DataFrame, sets: Sequence[str]) -> None:
    axes.axvline(0, color=style.FAINT, linewidth=1)
    for _, row in rows.iterrows():
        place = sets.index(row["test_set"])
        draw_interval(axes, place, row["low"], row["high"])
        axes.plot(row["difference"], place, "o", color=style.INK, markersize=4, zorder=5)
        _print_above(axes, row["difference"], place, fixed(row["difference"], sign="+"))
    _quiet(axes)


def _print_above(axes: Axes, x: float, place: float, text: str) -> None:
    """Print a number above its marker: most intervals are shorter than the marker is wide."""
    seat: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom"}
    blank = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # over the line at zero
    axes.annotate(text, (x, place), (0, 5), fontsize=8, bbox=blank, **seat)


def _quiet(axes: Axes) -> None:
    without_left_line(axes)
    axes.grid(axis="x")
