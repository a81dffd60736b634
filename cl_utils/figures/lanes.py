"""Differences in lanes: lines one below the other, and in each line several settings at once.

In: rows with difference, low, high, n, the columns that name lines, lanes and panels, and, where
something was declared, whether each is a claim. Out: a figure with the numbers beside it; its
result in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.contrasts import limit_differences
from cl_utils.figures.described import Described
from cl_utils.figures.panels import canvas, draw_interval, without_left_line
from cl_utils.figures.words import MOST_TOLD, differences_text, extremes_text
from cl_utils.labels.numbers import counts_text, points_text
from cl_utils.stats.verdicts import CLAIM

MARKERS = ("o", "^", "v", "p")  # one a lane; diamonds and squares are claims: `contrasts.MARKS`
FILLED: Final = {True: "a claim", False: "no claim (trend, undecided, too few seeds)"}
"""What it says of a difference that its marker is filled."""
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
    lanes_key(figure, lanes, claims=CLAIM in rows)
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
        here = set(rows.loc[rows[line] == row[line], lane])
        number = [each for each in lanes if each in here].index(row[lane])
        place = lines.index(row[line]) + STEP * (number - (len(here) - 1) / 2)
        draw_difference(axes, row, place, lanes.index(row[lane]), size=6.5)
        text = f"{points_text(row)}, n = {row['n']}"
        side.text(0.0, place, text, va="center", fontsize=8, transform=side.get_yaxis_transform())
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    without_left_line(axes)


def draw_difference(axes: Axes, row: pd.Series, place: float, lane: int, size: float) -> None:
    """Draw one difference at its place with the marker of its lane, open where it is no claim."""
    draw_interval(axes, place, row["low"], row["high"])
    mark = _mark(lane, filled=bool(row.get(CLAIM, False)))
    axes.plot(row["difference"], place, markersize=size, zorder=5, **mark)


def lanes_key(figure: Figure, lanes: Sequence[str], *, claims: bool = False) -> None:
    """Name the marker of each lane above the panels, and with `claims` what fills one.

    In the key a lane's marker is open, and what fills one is shown in a grey that no lane has.
    """
    keys = [
        Line2D([], [], label=name, **_mark(number, filled=False))
        for number, name in enumerate(lanes)
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=1)
    if claims:
        keys = [
            Line2D([], [], label=words, **_marker(MARKERS[0], style.FAINT, filled=filled))
            for filled, words in FILLED.items()
        ]
        figure.legend(handles=keys, loc="outside upper right", ncols=1)


def lanes_result(rows: pd.DataFrame, by: Sequence[str], names: str, against: str = "") -> str:
    """Return every difference in points, a clause a group of the columns `by`.

    `against`: what all are differences to, where their names do not say it. A group is called by
    its values, a difference by its value in the column `names`; the n of a group is said once. Of
    more than `MOST_TOLD` differences only the ends are said.
    """
    compared = f" against {against}" if against else ""
    if len(rows) > MOST_TOLD:
        called = rows[[*by, names]].astype(str).agg(", ".join, axis=1)
        return f"Points of exact outputs{compared}. {extremes_text(rows, called)}."
    clauses = []
    for group, part in rows.groupby(list(by), sort=False):
        called = f"{', '.join(map(str, group))} (n = {counts_text(part['n'])})"
        clauses.append(f"{called}: {differences_text(part, part[names])}")
    return f"Points of exact outputs{compared}. {'; '.join(clauses)}."


def _mark(lane: int, *, filled: bool) -> dict[str, Any]:
    """Return how the marker of a lane is drawn."""
    return _marker(MARKERS[lane % len(MARKERS)], SHADES[lane % len(SHADES)], filled=filled)


def _marker(marker: str, shade: str, *, filled: bool) -> dict[str, Any]:
    return {
        "marker": marker,
        "linestyle": "",
        "color": shade,
        "markerfacecolor": shade if filled else "white",
        "markeredgewidth": 1.4,
    }
