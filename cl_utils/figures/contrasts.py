"""What figures of differences share: the limits of their axis and the printed columns.

In: the rows of `stats.contrast_table`. Out: nothing; drawn into axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cl_utils.stats.intervals import EQUIVALENCE_MARGIN

COLUMN_ENDS = (0.16, 0.47, 0.68, 0.86, 0.95)
"""Right ends of the printed columns, as shares of their panel's width."""


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
