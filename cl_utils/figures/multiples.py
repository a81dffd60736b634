"""Small multiples: a panel per arm on shared axes, the baseline in grey in each of them.

In: arms, and what draws one of them. Out: a Figure of small panels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from cl_utils.figures import style
from cl_utils.figures.described import Described
from cl_utils.figures.panels import canvas
from cl_utils.figures.words import BASELINE
from cl_utils.labels.names import arm_label

PANELS_A_ROW: Final = 3
MOST_LINES: Final = 4
"""More lines than these do not share one panel: they cannot be told apart at a glance."""


def arm_panels(
    arms: Sequence[str], draw: Callable[[Axes, str], None], labels: tuple[str, str], margin: float
) -> Described:
    """Return one small panel per arm, drawn by `draw(axes, arm)`, with one key above them all.

    `labels`: of x and y; `margin`: inches beside the panels' own height.
    """
    columns = min(PANELS_A_ROW, len(arms))
    rows = -(-len(arms) // columns)
    figure = canvas(1.75 * rows + margin)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, arm in zip(grid.flat, arms, strict=False):
        draw(axes, arm)
        axes.set_title(arm_label(arm))
    finish_grid(grid, len(arms), *labels)
    handles, names = grid[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, loc="outside upper center", ncols=len(names))
    return figure


def in_panels(arms: Collection[str]) -> list[str]:
    """Return which of `arms` get a panel each: the baseline stands in all of them."""
    return [arm for arm in arms if arm != BASELINE]


def reference_line(axes: Axes, x: Any, y: Any) -> None:
    """Draw the baseline as what an arm's line is compared with: thin, in grey."""
    axes.plot(x, y, color=style.REFERENCE, linewidth=1.1, label=BASELINE, zorder=1.5)


def finish_grid(grid: np.ndarray, panels: int, x_label: str, y_label: str) -> None:
    """Remove the panels beyond `panels` and label the lowest and leftmost that stay."""
    for axes in list(grid.flat)[panels:]:
        axes.remove()
    for index in range(grid.shape[1]):  # the lowest panel of each column
        lowest = [axes for axes in grid[:, index] if axes.figure is not None][-1]
        lowest.set_xlabel(x_label)
        lowest.tick_params(labelbottom=True)
    for axes in grid[:, 0]:
        axes.set_ylabel(y_label)
