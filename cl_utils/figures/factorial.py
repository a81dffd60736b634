"""The 2 x 2 x 2 factorial: its seven effects, and the means of its eight cells.

In: the rows of `stats.factorial_effects` and `stats.factorial_cells`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils import style
from cl_utils.figures.contrasts import limit_differences, p_text
from cl_utils.figures.panels import canvas, draw_interval, note, require, styled, where_text
from cl_utils.stats.factorial import FACTORS
from cl_utils.stats.intervals import EQUIVALENCE_MARGIN

LINES: Mapping[str, Literal["--", "-"]] = {"shuffled": "--", "curriculum": "-"}
NUDGE = {"shuffled": -0.05, "curriculum": 0.05}
"""Sideways, so that the intervals of the two orders do not hide each other."""
COMPOSITIONS = {"natural": "Natural mix", "hybrid's": "Hybrid’s programs"}


@styled
def factorial_effects(effects: pd.DataFrame, cells: pd.DataFrame) -> Figure:
    """Return main effects and interactions with intervals, and beside them the cells' means."""
    require(effects, "the factorial (eight arms with a common seed)")
    figure = canvas(3.9)
    axes, *panels = figure.subplots(1, 3, width_ratios=[1.35, 0.8, 0.8])
    draw_effects(axes, effects)
    low, high = cells[["low", "mean"]].min().min(), cells[["high", "mean"]].max().max()
    margin = 0.08 * (high - low) + 0.2
    for panel, (composition, title) in zip(panels, COMPOSITIONS.items(), strict=True):
        draw_cells(panel, cells[cells["composition"] == composition])
        panel.set_title(title)
        panel.set_ylim(low - margin, high + margin)
    measure = effects["measure"].iloc[0].replace("_", " ")
    panels[0].set_ylabel(f"{measure} (%)")
    panels[1].tick_params(labelleft=False)
    figure.legend(handles=order_legend(), loc="outside upper right", ncols=2, handlelength=3.5)
    note(figure, *factorial_notes(effects.iloc[0]))
    return figure


def draw_effects(axes: Axes, effects: pd.DataFrame) -> None:
    """Draw one row an effect, its points and p in print, main effects apart from the others."""
    axes.axvspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axvline(0, color=style.FAINT, linewidth=1)
    places = [place + 0.4 * ("×" in name) for place, name in enumerate(effects["effect"])]
    for place, (_, row) in zip(places, effects.iterrows(), strict=True):
        draw_interval(axes, place, row["low"], row["high"])
        axes.plot(row["difference"], place, "o", color=style.INK, zorder=5)
        print_right(axes, place, f"{row['difference']:+.1f}", p_text(row["p_holm"]))
    print_right(axes, -0.9, "effect", "p (Holm)", weight="bold")
    names = [
        name.replace("order × restarts ×", "order × restarts ×\n") for name in effects["effect"]
    ]
    axes.set_yticks(places, names)
    axes.set_ylim(places[-1] + 0.6, -1.3)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    limit_differences(axes, effects)
    axes.set_xlabel("points with minus without")
    axes.set_title("Effects")


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
            colour = style.arm_colour(cell["arm"])
            axes.plot([place, place], [cell["low"], cell["high"]], color=colour, linewidth=1.6)
            axes.plot(place, cell["mean"], "o", color=colour, markeredgecolor=style.INK, zorder=5)
    axes.set_xticks(range(len(restarts)), restarts)
    axes.set_xlim(-0.35, len(restarts) - 0.65)
    axes.grid(axis="y")


def order_legend() -> list[Line2D]:
    """Return the key of the two orders' lines."""
    words = {"curriculum": "curriculum’s order", "shuffled": "random order"}
    return [
        Line2D([], [], color=style.FAINT, linestyle=LINES[order], marker="o", label=label)
        for order, label in words.items()
    ]


def factorial_notes(first: pd.Series) -> list[str]:
    """Return what the reader of the factorial must know."""
    where = where_text(first["test_set"], first["subset"])
    return [
        f"n = {first['n']} seeds that all eight arms have. {where}. "
        f"Lines: 95 % t intervals. Grey band: ±{EQUIVALENCE_MARGIN:g} point. "
        "The axis of the means does not start at zero.",
        "An effect is the mean of four cells minus that of the other four, paired by seed; an "
        "interaction is half the difference between two effects. p: exact sign-flip test after "
        "Holm, main effects and interactions apart.",
    ]
