"""Differences in lanes: lines one below the other, and in each line several settings at once.

In: rows with difference, low, high, n, and the columns that name lines, lanes and panels. Out: a
figure with the numbers beside it; its result in words.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.contrasts import limit_differences
from cl_utils.figures.described import Described
from cl_utils.figures.panels import canvas, draw_interval, without_left_line
from cl_utils.figures.words import differences_text
from cl_utils.labels.numbers import counts_text, points_text

MARKERS = ("o", "^", "X", "v")  # one a lane; diamonds and squares are claims: `contrasts.MARKS`
SHADES = (style.INK, style.REFERENCE, style.NOTE, "#757575")
STEP = 0.26  # between the lanes of a line


def difference_lines(
    rows: pd.DataFrame, line: str, lane: str, panel: str | None = None
) -> Described:
    """Return differences with their numbers: a line a value of one column, a lane one of another.

    Line, lane and panel are columns of `rows`; each line holds its lanes beneath one another, and
    each value of `panel` has lines of its own under its name.
    """
    lines, lanes = list(rows[line].unique()), list(rows[lane].unique())
    titles = [""] if panel is None else list(rows[panel].unique())
    figure = canvas(len(titles) * 0.55 * len(lines) * (0.6 + 0.2 * len(lanes)) + 1.1)
    panels = figure.subplots(len(titles), 2, sharey=True, width_ratios=[2.4, 1.0], squeeze=False)
    for title, (axes, side) in zip(titles, panels, strict=True):
        part = rows if panel is None else rows[rows[panel] == title]
        _draw_lines(axes, side, part, (line, lane), (lines, lanes))
        limit_differences(axes, rows)
        axes.set_title(title, loc="left")
    panels[-1, 0].set_xlabel("difference in exact outputs (percentage points)")
    lanes_key(figure, lanes)
    return figure


def _draw_lines(
    axes: Axes,
    side: Axes,
    rows: pd.DataFrame,
    columns: tuple[str, str],
    names: tuple[Sequence[str], Sequence[str]],
) -> None:
    """Draw the differences of one panel, their numbers beside it; names of all lines and lanes."""
    line, lane = columns
    lines, lanes = names
    axes.axvline(0, color=style.FAINT, linewidth=1)
    side.axis("off")
    for _, row in rows.iterrows():
        place = draw_difference(axes, row, lines.index(row[line]), lanes, lane=lane, size=6.5)
        text = f"{points_text(row)}, n = {row['n']}"
        side.text(0.0, place, text, va="center", fontsize=8, transform=side.get_yaxis_transform())
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    without_left_line(axes)


def draw_difference(
    axes: Axes, row: pd.Series, line: int, lanes: Sequence[str], *, lane: str, size: float
) -> float:
    """Draw one difference of a line of the figure in its own lane; return its place."""
    number = lanes.index(row[lane])
    place = line + STEP * (number - (len(lanes) - 1) / 2)
    draw_interval(axes, place, row["low"], row["high"])
    marker, shade = _mark(number)
    axes.plot(row["difference"], place, marker, color=shade, markersize=size, zorder=5)
    return place


def lanes_key(figure: Figure, lanes: Sequence[str]) -> None:
    """Name the marker of each lane above the panels."""
    keys = []
    for number, name in enumerate(lanes):
        marker, shade = _mark(number)
        keys.append(Line2D([], [], marker=marker, color=shade, linestyle="", label=name))
    figure.legend(handles=keys, loc="outside upper left", ncols=1)


def lanes_result(rows: pd.DataFrame, by: Sequence[str], names: str, against: str = "") -> str:
    """Return every difference in points, a clause a group of the columns `by`.

    `against`: what all are differences to, where their names do not say it. A group is called by
    its values, a difference by its value in the column `names`; the n of a group is said once.
    """
    clauses = []
    for group, part in rows.groupby(list(by), sort=False):
        called = f"{', '.join(map(str, group))} (n = {counts_text(part['n'])})"
        clauses.append(f"{called}: {differences_text(part, part[names])}")
    compared = f" against {against}" if against else ""
    return f"Points of exact execution{compared}. {'; '.join(clauses)}."


def _mark(lane: int) -> tuple[str, str]:
    return MARKERS[lane % len(MARKERS)], SHADES[lane % len(SHADES)]
