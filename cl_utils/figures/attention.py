"""A text shaded by how much a model looked at each of its characters, and what it wrote then.

In: a text, a weight a character, and the character that was written. Out: one Figure.
"""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, styled

SHADES = colormaps["Blues"]
DARK = 0.6  # share of the largest weight from which letters are white
NAMED = 0.05  # weights from here on are printed
SIGNS = {"\n": "↵", "\t": "⇥", " ": "␣"}
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
        draw_cell(axes, row, column, character, float(shade), number)
        widest = max(widest, column)
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    draw_cell(axes, row, column, written, None, f"{100 * probability:.0f}")
    axes.set_xlim(-0.2, max(LEAST_COLUMNS, widest + 1, column + 1) + 0.2)
    axes.set_ylim(row + 0.6, -0.6)
    axes.set_title(title)
    axes.axis("off")
    most = int(weights.argmax())
    describe(
        figure,
        f"Writing {sign_of(written)} ({100 * probability:.0f} % sure), the model looked most at "
        f"{sign_of(read[most])} in place {most + 1} of {len(read)} "
        f"({100 * float(weights[most]):.0f} %).",
        "Shade and number: the share of attention on a character in percent, from 5 % on. Framed: "
        "the character that was written, with its probability. ↵ ends a line, ␣ is a space, "
        "⇥ a tab.",
    )
    return figure


def sign_of(character: str) -> str:
    """Return a character as it stands in the figure."""
    return f"“{SIGNS.get(character, character)}”"


def draw_cell(
    axes: Axes, row: int, column: int, character: str, shade: float | None, number: str
) -> None:
    """Draw one character; without a shade it is the one that was written, in a frame."""
    face = "white" if shade is None else SHADES(0.02 + 0.86 * shade)
    edge, width = (style.GRID, 0.5) if shade is not None else (style.line_colour("hybrid"), 2.0)
    corner = (column + 0.03, row - 0.45)
    axes.add_patch(Rectangle(corner, 0.94, 0.9, facecolor=face, edgecolor=edge, lw=width))
    pale = character in SIGNS and not number
    colour = "white" if (shade or 0.0) > DARK else style.NOTE if pale else style.INK
    centre, sign = column + 0.5, SIGNS.get(character, character)
    lift = 0.12 if number else 0.0
    for height, text, size in ((row - lift, sign, 9.5), (row + 0.27, number, 5.5)):
        axes.text(centre, height, text, fontsize=size, ha="center", va="center", color=colour)
