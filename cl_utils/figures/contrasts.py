"""What figures of differences share: markers, the limits of their axis, the printed columns.

In: the rows of `stats.contrast_table`. Out: nothing; drawn into axes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cl_utils.figures import style
from cl_utils.figures.panels import draw_interval
from cl_utils.labels.numbers import p_text, points_text
from cl_utils.stats import finding, standing
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN

MARKS = {"difference": ("D", True), "equivalence": ("s", True), "none": ("o", False)}
"""Marker and whether it is filled, by what is claimed."""

COLUMN_ENDS = (0.44, 0.62, 0.86, 0.96)
"""Right ends of the printed columns, as shares of their panel's width."""


def draw_effect(axes: Axes, place: float, row: pd.Series, colour: str) -> None:
    """Draw a difference with its interval; its marker says what is claimed."""
    draw_interval(axes, place, row["low"], row["high"])
    marker, filled = MARKS[claimed(row)]
    axes.plot(
        row["difference"],
        place,
        marker,
        color=colour,
        markerfacecolor=colour if filled else "white",
        markeredgewidth=1.6,
        markersize=6.5,
        zorder=5,
    )


def claimed(row: pd.Series) -> str:
    """Return "difference" or "equivalence" where a row is a claim, else "none"."""
    return finding(row) if standing(row) == "claim" else "none"


def marker_legend(names: Collection[str] = tuple(MARKS)) -> list[Line2D]:
    """Return the key of the markers `names`, in grey because colour means the arm."""
    words = {
        "difference": "claim: higher or lower",
        "equivalence": f"claim: equal within ±{EQUIVALENCE_MARGIN:g} point",
        "none": "no claim (trend, undecided, too few seeds)",
    }
    return [
        Line2D(
            [],
            [],
            marker=MARKS[name][0],
            color=style.FAINT,
            markerfacecolor=style.FAINT if MARKS[name][1] else "white",
            markeredgewidth=1.6,
            linestyle="",
            label=label,
        )
        for name, label in words.items()
        if name in names
    ]


def limit_differences(axes: Axes, table: pd.DataFrame) -> None:
    """Show zero, the band and every interval, with a margin."""
    shown = table[["low", "high", "difference"]]
    low = min(shown.min().min(), -1.5 * EQUIVALENCE_MARGIN)
    high = max(shown.max().max(), 1.5 * EQUIVALENCE_MARGIN)
    margin = 0.05 * (high - low)
    axes.set_xlim(low - margin, high + margin)


def print_columns(axes: Axes, table: pd.DataFrame, places: Sequence[float]) -> None:
    """Print difference, interval, p and n of the rows at `places`; their heads stand at -1."""
    axes.axis("off")
    columns = {
        "points (95 % interval)": [points_text(row) for _, row in table.iterrows()],
        "p\n(Holm)": [p_text(p) for p in table["p_holm"]],
        "possible\np": [p_text(p) for p in table["p_least"]],
        "n": [str(n) for n in table["n"]],
    }
    for x, (title, texts) in zip(COLUMN_ENDS, columns.items(), strict=True):
        for place, text in zip([-1, *places], [title, *texts], strict=True):
            weight = "bold" if place < 0 else "normal"
            seat: dict[str, Any] = {
                "transform": axes.get_yaxis_transform(),
                "ha": "right",
                "va": "center",
            }
            axes.text(x, place, text, fontsize=8, fontweight=weight, **seat)
