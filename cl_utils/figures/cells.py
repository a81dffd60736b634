"""Characters as cells, each with a shade and a number: what a model wrote, or where it looked.

In: matplotlib Axes and one character with its place. Out: nothing; drawn into the axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cl_utils.figures import style

SHADES: Final = colormaps["Blues"]
LIGHTEST, DARKEST = 0.05, 0.88  # shares of the map for shades 0 and 1
DARK: Final = 0.6  # shades from which letters are white
SIGNS: Final = MappingProxyType({"\n": "↵", "\t": "⇥", " ": "␣"})
SIGNS_TOLD: Final = "↵ ends a line, ␣ is a space, ⇥ a tab."
HEIGHT: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A character with its shade in [0, 1] (None: white), a number below it, and a frame."""

    character: str
    shade: float | None = None
    number: str = ""
    framed: bool = False


def sign_of(character: str) -> str:
    """Return a character as it stands in a cell."""
    return SIGNS.get(character, character)


def draw_cell(axes: Axes, row: float, column: float, cell: Cell) -> None:
    """Draw a cell with its left end at `column` and its middle at `row`; rows run downwards."""
    face = "white" if cell.shade is None else SHADES(LIGHTEST + (DARKEST - LIGHTEST) * cell.shade)
    edge, width = (style.line_colour("hybrid"), 2.0) if cell.framed else (style.GRID, 0.7)
    corner = (column + 0.04, row - HEIGHT / 2)
    axes.add_patch(Rectangle(corner, 0.92, HEIGHT, facecolor=face, edgecolor=edge, lw=width))
    pale = cell.character in SIGNS and not cell.number
    colour = "white" if (cell.shade or 0.0) > DARK else style.NOTE if pale else style.INK
    lift = 0.1 if cell.number else 0.0
    texts = ((row - lift, sign_of(cell.character), 9.5), (row + 0.25, cell.number, 6.0))
    for height, shown, size in texts:
        axes.text(
            column + 0.5, height, shown, fontsize=size, ha="center", va="center", color=colour
        )
