"""Differences in rows: what every arm gains or loses against its reference.

In: the rows of `stats.contrast_table`. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils import style
from cl_utils.figures.panels import (
    arm_axis,
    canvas,
    draw_interval,
    height_for,
    note,
    require,
    styled,
    where_text,
)
from cl_utils.stats.intervals import EQUIVALENCE_MARGIN

COLUMN_ENDS = (0.16, 0.47, 0.68, 0.86, 0.95)
"""Right ends of the printed columns, as shares of their panel's width."""


@styled
def paired_differences(contrasts: pd.DataFrame) -> Figure:
    """Return differences to the reference with 95 % t intervals, n and p after Holm."""
    require(contrasts, "contrasts (two arms with a common seed)")
    table = style.contrasts_in_order(contrasts)
    first = table.iloc[0]
    names = style.contrast_labels(table)
    figure = canvas(height_for(len(table) + 1) + 0.4)
    axes, side = figure.subplots(1, 2, sharey=True, width_ratios=[1.1, 1.0])
    arm_axis(axes, names)
    axes.set_ylim(len(table) - 0.4, -1.4)  # room for the heads of the columns
    axes.axvspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axvline(0, color=style.FAINT, linewidth=1)
    for place, (_, row) in enumerate(table.iterrows()):
        draw_interval(axes, place, row["low"], row["high"])
        axes.plot(row["difference"], place, "o", color=style.arm_colour(row["arm"]), zorder=5)
    limit_differences(axes, table)
    print_columns(side, table, range(len(table)))
    one = table["reference"].nunique() == 1
    above = style.arm_label(first["reference"]) if one else "the second arm"
    axes.set_xlabel(f"points above {above}, {first['measure'].replace('_', ' ')}")
    note(
        figure,
        "Dot: mean difference over seeds, paired; line: 95 % t interval (none where n = 1); "
        f"n = paired seeds. Grey band: ±{EQUIVALENCE_MARGIN:g} point, the equivalence margin.",
        f"{where_text(first['test_set'], first['subset'])}. p: exact sign-flip test after Holm in "
        f"a family of {first['family']}; least p: the smallest that n seeds can give, likewise.",
    )
    return figure


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
    smallest = (table["p_smallest"] * table["family"]).clip(upper=1)
    columns = {
        "difference": [f"{value:+.1f}" for value in table["difference"]],
        "95 % interval": [
            interval_text(low, high) for low, high in zip(table["low"], table["high"], strict=True)
        ],
        "p (Holm)": [p_text(p) for p in table["p_holm"]],
        "least p": [p_text(p) for p in smallest],
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


def p_text(p: float) -> str:
    """Return a p value in print; a dash when there is none."""
    return "–" if pd.isna(p) else f"{p:.3f}"


def interval_text(low: float, high: float) -> str:
    """Return an interval of differences in print; a dash when there is none."""
    return "–" if pd.isna(low) else f"{low:+.1f} to {high:+.1f}"
