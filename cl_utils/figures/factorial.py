"""The 2 x 2 x 2 factorial: its seven effects, and the means of its eight cells.

In: the rows of `stats.factorial_effects` and `stats.factorial_cells`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.contrasts import claimed, draw_effect, limit_differences, marker_legend
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    TRAIN_EIGHT,
    canvas,
    require,
    styled,
    where_text,
    without_left_line,
)
from cl_utils.figures.words import differences_text
from cl_utils.labels.names import arm_label, measure_text
from cl_utils.labels.numbers import MISSING, fixed, p_text, points_text
from cl_utils.stats.factorial import FACTORS
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN

LINES: Mapping[str, Literal["--", "-"]] = {"shuffled": "--", "curriculum": "-"}
NUDGE = {"shuffled": -0.05, "curriculum": 0.05}
"""Sideways, so that the intervals of the two orders do not hide each other."""
LABEL_CHARACTERS = 22  # of a line of a cell's name, so that names stay clear of the lines
TOP = -1.4
"""The place of hybrid's gain, above the effects."""
COMPOSITIONS = {"baseline's": "Baseline’s programs", "hybrid's": "Hybrid’s programs"}


@styled
def factorial_effects(effects: pd.DataFrame, cells: pd.DataFrame, gain: pd.DataFrame) -> Figure:
    """Return hybrid's gain and the effects that it is made of, and beside them the cells' means.

    `gain`: the row of `stats.factorial_gain`.
    """
    require(effects, "the factorial (eight arms with a common seed)", TRAIN_EIGHT)
    figure = canvas(3.9)
    axes, *panels = figure.subplots(1, 3, width_ratios=[1.35, 0.8, 0.8])
    draw_effects(axes, effects, gain.iloc[0])
    low, high = cells[["low", "mean"]].min().min(), cells[["high", "mean"]].max().max()
    margin = 0.1 * (high - low) + 0.2
    for panel, (composition, title) in zip(panels, COMPOSITIONS.items(), strict=True):
        draw_cells(panel, cells[cells["composition"] == composition])
        panel.set_title(title)
        panel.set_ylim(low - margin, high + margin)
    measure = measure_text(effects["measure"].iloc[0])
    panels[0].set_ylabel(f"{measure} (%)")
    panels[1].tick_params(labelleft=False)
    figure.legend(handles=order_legend(), loc="outside upper right", ncols=2, handlelength=3.5)
    marks = {"difference", "none", *(claimed(row) for _, row in effects.iterrows())}
    figure.legend(handles=marker_legend(marks), loc="outside upper left", ncols=2)
    describe(figure, factorial_result(effects, gain.iloc[0]), *factorial_notes(effects.iloc[0]))
    return figure


def draw_effects(axes: Axes, effects: pd.DataFrame, gain: pd.Series) -> None:
    """Draw the gain, then one row an effect, points and p in print, interactions apart."""
    axes.axvspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axvline(0, color=style.FAINT, linewidth=1)
    places = [place + 0.4 * ("×" in name) for place, name in enumerate(effects["effect"])]
    draw_effect(axes, TOP, gain, style.line_colour(gain["arm"]))
    print_right(axes, TOP, fixed(gain["difference"], sign="+"), MISSING)
    for place, (_, row) in zip(places, effects.iterrows(), strict=True):
        draw_effect(axes, place, row, style.INK)
        print_right(axes, place, fixed(row["difference"], sign="+"), p_text(row["p_holm"]))
    print_right(axes, TOP - 0.9, "points", "p (Holm)", weight="bold")
    names = [
        name.replace("order × restarts ×", "order × restarts ×\n") for name in effects["effect"]
    ]
    axes.set_yticks([TOP, *places], ["hybrid − baseline", *names])
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_ylim(places[-1] + 0.6, TOP - 1.3)
    without_left_line(axes)
    limit_differences(axes, pd.concat([effects, gain.to_frame().T.infer_objects()]))
    axes.set_xlabel("effect (points): with − without")
    axes.set_title("Hybrid’s gain, and its parts")


def print_right(axes: Axes, place: float, *texts: str, weight: str = "normal") -> None:
    """Print an effect's points and p right of the panel."""
    for x, text in zip((1.17, 1.42), texts, strict=True):
        seat = axes.get_yaxis_transform()
        axes.text(
            x, place, text, transform=seat, ha="right", va="center", fontsize=8, fontweight=weight
        )


def draw_cells(axes: Axes, cells: pd.DataFrame) -> None:
    """Draw the four cells of one composition: a line an order, from one cycle to three."""
    restarts = list(FACTORS["restarts"])
    for order, style_of_line in LINES.items():
        line = cells[cells["order"] == order].set_index("restarts").loc[restarts]
        x = [place + NUDGE[order] for place in range(len(restarts))]
        axes.plot(x, line["mean"], color=style.FAINT, linestyle=style_of_line, linewidth=1.3)
        for place, (_, cell) in zip(x, line.iterrows(), strict=True):
            colour = style.line_colour(cell["arm"])
            axes.plot([place, place], [cell["low"], cell["high"]], color=colour, linewidth=1.6)
            axes.plot(place, cell["mean"], "o", color=colour, markeredgecolor=style.INK, zorder=5)
    for place, level in enumerate(restarts):
        name_cells(axes, place, cells[cells["restarts"] == level])
    axes.set_xticks(range(len(restarts)), restarts)
    axes.set_xlim(-0.35, len(restarts) - 0.65)
    axes.grid(axis="y")


def name_cells(axes: Axes, place: int, column: pd.DataFrame) -> None:
    """Name the two arms of one column outside of their intervals, inward from the panel's edge."""
    align, x = ("left", -0.32) if place == 0 else ("right", 1.32)
    ordered = column.sort_values("mean", ascending=False)
    ends = [ordered[["high", "mean"]].max().max(), ordered[["low", "mean"]].min().min()]
    for (_, cell), y, side in zip(ordered.iterrows(), ends, ("bottom", "top"), strict=True):
        axes.annotate(
            fill(arm_label(cell["arm"]), LABEL_CHARACTERS),
            (x, y),
            xytext=(0, 2 if side == "bottom" else -2),
            textcoords="offset points",
            ha=align,
            va=side,
            fontsize=6.5,
            color=style.NOTE,
        )


def order_legend() -> list[Line2D]:
    """Return the key of the two orders' lines."""
    words = {"curriculum": "curriculum’s order", "shuffled": "random order"}
    return [
        Line2D([], [], color=style.FAINT, linestyle=LINES[order], marker="o", label=label)
        for order, label in words.items()
    ]


def factorial_result(effects: pd.DataFrame, gain: pd.Series) -> str:
    """Return hybrid's gain and the main effects, in points."""
    main = effects[effects["effect"].isin(list(FACTORS))]
    return (
        f"Hybrid against baseline: {points_text(gain)} points; main effects: "
        f"{differences_text(main, main['effect'])}."
    )


def factorial_notes(first: pd.Series) -> list[str]:
    """Return what the reader of the factorial must know."""
    where = where_text(first["test_set"], first["subset"])
    return [
        f"n = {first['n']} seeds that all eight arms have. {where}. "
        f"Lines: 95 % t intervals. Grey band: ±{EQUIVALENCE_MARGIN:g} point. "
        "Right: means of the eight arms; the axis does not start at zero.",
        "An effect is the mean of four cells minus that of the other four, paired by seed; an "
        "interaction is half the difference between two effects. Hybrid − baseline is exactly "
        "order + restarts + composition + the interaction of all three. p: exact sign-flip test "
        f"after Holm, main effects (possible p {p_text(first['p_least'])}) and interactions "
        "apart; hybrid − baseline is tested among the contrasts of arms (docs/results.md).",
    ]
