"""A text shaded by how much a model looked at each of its characters, and what it wrote then.

In: a text, a weight a character, and the character that was written. Out: one Figure.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cl_utils.figures.cells import SIGNS_TOLD, Cell, draw_cell, sign_of
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, styled

NAMED = 0.05  # weights from here on are printed
LEAST_COLUMNS = 40


@styled
def attention_over_text(
    read: str, weights: NDArray[np.float32], written: str, probability: float, title: str
) -> Figure:
    """Return all that was read, a cell a character, and framed behind it what was written.

    `weights`: of each character of `read`; they sum to 1.
    """
    cells = list(zip(read, weights / weights.max(), weights, strict=True))
    lines = read.split("\n")
    figure = canvas(0.34 * len(lines) + 0.6)
    axes = figure.subplots()
    row = column = widest = 0
    for character, shade, weight in cells:
        number = f"{100 * weight:.0f}" if weight >= NAMED else ""
        draw_cell(axes, row, column, Cell(character=character, shade=float(shade), number=number))
        widest = max(widest, column)
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    sure = f"{100 * probability:.0f}"
    draw_cell(axes, row, column, Cell(character=written, number=sure, framed=True))
    axes.set_xlim(-0.2, max(LEAST_COLUMNS, widest + 1, column + 1) + 0.2)
    axes.set_ylim(row + 0.6, -0.6)
    axes.set_title(title)
    axes.axis("off")
    most = int(weights.argmax())
    describe(
        figure,
        f"Writing “{sign_of(written)}” ({sure} % sure), the model looked most at "
        f"“{sign_of(read[most])}” in place {most + 1} of {len(read)} "
        f"({100 * float(weights[most]):.0f} %).",
        f"Shade and number: the share of attention on a character in percent, from "
        f"{100 * NAMED:.0f} % on. Framed: the character that was written, with its probability. "
        f"{SIGNS_TOLD}",
    )
    return figure
