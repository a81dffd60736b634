"""The factorial's effects in every setting: is the answer the same elsewhere?

In: rows setting, effect, n, difference, low, high, see `report.settings`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.contrasts import limit_differences
from cl_utils.figures.described import Described, describe
from cl_utils.figures.panels import canvas, draw_interval, require, styled
from cl_utils.figures.words import differences_text
from cl_utils.labels.numbers import points_text

MARKERS = ("o", "D", "s", "^")  # one a setting
SHADES = (style.INK, style.REFERENCE, style.NOTE, "#757575")
STEP = 0.26  # between the settings of an effect


@styled
def effects_by_setting(rows: pd.DataFrame) -> Figure:
    """Return each effect with its interval, settings beneath one another."""
    require(rows, "a factorial with all eight arms")
    figure = difference_lines(rows, line="effect", lane="setting")
    describe(
        figure,
        settings_result(rows),
        "Mean over seeds with 95 % t interval, balanced test set, mean of the three buckets. Main "
        "effects of the factorial, each averaged over the levels of the other two: the "
        "curriculum's order against a random one, three learning-rate cycles against one, hybrid's "
        "programs against the baseline's.",
    )
    return figure


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
    panels[-1, 0].set_xlabel("points of exact execution")
    settings_key(figure, lanes)
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
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def draw_difference(
    axes: Axes, row: pd.Series, line: int, lanes: Sequence[str], *, lane: str, size: float
) -> float:
    """Draw one difference of a line of the figure in its own lane; return its place."""
    number = lanes.index(row[lane])
    place = line + STEP * (number - (len(lanes) - 1) / 2)
    draw_interval(axes, place, row["low"], row["high"])
    marker, shade = MARKERS[number % len(MARKERS)], SHADES[number % len(SHADES)]
    axes.plot(row["difference"], place, marker, color=shade, markersize=size, zorder=5)
    return place


def settings_key(figure: Figure, settings: Sequence[str]) -> None:
    """Name the marker of each setting, or of what else has lanes, above the panels."""
    shown = cycle(zip(MARKERS, SHADES, strict=True))
    keys = [
        Line2D([], [], marker=marker, color=shade, linestyle="", label=setting)
        for setting, (marker, shade) in zip(settings, shown, strict=False)
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=1)


def settings_result(rows: pd.DataFrame) -> str:
    """Return every effect in points, a clause a setting."""
    clauses = [
        f"{setting} (n = {part['n'].iloc[0]}): {differences_text(part, part['effect'])}"
        for setting, part in rows.groupby("setting", sort=False)
    ]
    return f"Points of exact execution. {'; '.join(clauses)}."
