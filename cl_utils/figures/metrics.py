"""The figure of the metrics' agreement: which of them put programs into one order.

In: the matrix of `static_metrics.agreement` and the number of programs behind it. Out: one Figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, require, styled
from cl_utils.files import running
from cl_utils.labels.numbers import MISSING, fixed
from cl_utils.study.notebook_names import METRIC_ANALYSIS

COLOURS = "RdBu_r"
"""Blue below 0, white at 0, red above: apart for colour-blind readers too (ColorBrewer)."""
DARK = 3.9
"""From this contrast with white (WCAG 2.2) on, a cell is printed on in white: ink has less."""
KEY = (0.62, 0.86, 0.3, 0.028)
"""Where the colours are explained, in the empty corner: left, bottom, width, height (of axes)."""


@styled
def metric_agreement(matrix: pd.DataFrame, programs: int) -> Figure:
    """Return Spearman's rho of every two metrics: a triangle of colours with the values in print.

    The name of a metric stands right of its row and above its column. `programs` is the number of
    programs that the matrix was made from.
    """
    require(matrix, "metrics", f"{running(METRIC_ANALYSIS)} first")
    figure = canvas(0.36 * len(matrix) + 0.3)
    axes = figure.subplots()
    draw_triangle(axes, matrix.to_numpy(dtype=float))
    for place, name in enumerate(matrix.index):
        axes.text(place + 0.08, place + 0.5, METRICS[name], va="center")
    constant = " –: one of the two has a single value." if matrix.isna().any(axis=None) else ""
    describe(
        figure,
        agreement_result(matrix),
        f"n = {programs:,} programs. A metric's name is right of its row and above its column."
        f"{constant}",
    )
    return figure


def agreement_result(matrix: pd.DataFrame) -> str:
    """Return which pairs of metrics agree most and least, with the rho that is printed."""
    below = np.tril(np.ones(matrix.shape, dtype=bool), -1)
    pairs = matrix.where(below).stack().dropna()
    printed = pairs.map(correlation_text)
    told = []
    for end in (pairs.max(), pairs.min()):
        alike = pairs.index[printed == correlation_text(end)]
        named = [f"{METRICS[str(one)]} and {METRICS[str(two)]}" for one, two in alike]
        told.append(f"{', and between '.join(named)} ({correlation_text(end)})")
    return f"Spearman's ρ is highest between {told[0]}, lowest between {told[1]}."


def draw_triangle(axes: Axes, values: np.ndarray) -> None:
    """Draw the cells below the diagonal of a matrix (K, K), each with its value, and their key."""
    import seaborn  # two seconds, and used here alone

    below = np.tril(np.ones_like(values, dtype=bool), -1)
    seaborn.heatmap(
        values,
        mask=~below,
        ax=axes,
        cmap=COLOURS,
        vmin=-1,
        vmax=1,
        annot=np.vectorize(correlation_text)(values),
        fmt="",  # they are texts
        annot_kws={"fontsize": 8.5},
        linewidths=1.5,
        linecolor="white",
        cbar_ax=axes.inset_axes(KEY),
        cbar_kws={
            "orientation": "horizontal",
            "ticks": [-1, -0.5, 0, 0.5, 1],
            "label": "Spearman's ρ",
        },
        xticklabels=False,
        yticklabels=False,
    )
    for text, value in zip(axes.texts, values[below & ~np.isnan(values)], strict=True):
        cell = to_hex(colormaps[COLOURS]((value + 1) / 2))
        text.set_color("white" if style.contrast_with_white(cell) >= DARK else style.INK)
    for row, column in np.argwhere(below & np.isnan(values)):  # which seaborn leaves blank
        axes.text(column + 0.5, row + 0.5, MISSING, ha="center", va="center", fontsize=8.5)
    axes.axis("off")


def correlation_text(value: float) -> str:
    """Return a correlation with two digits and a true minus; a dash for none."""
    if np.isnan(value):
        return MISSING
    return fixed(value, 2).replace("-", "−")
