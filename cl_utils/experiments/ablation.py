"""The figure of a recipe's parts: characters until half of all programs are right, and the end.

In: learning curves (`curves.load_curves`). Out: one Figure.
"""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from cl_utils.errors import StudyError
from cl_utils.experiments.tables import HALF, MILLION, trainings
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, draw_interval, height_for, styled
from cl_utils.labels.numbers import counts_text, fixed, reached_by
from cl_utils.stats import mean_interval
from cl_utils.stats.intervals import SEEDS_OF_A_TREND

LABEL = 44  # characters of a line beside the panels
PANELS = (
    ("characters", 1 / MILLION, f"Million characters to {HALF:g} % exact"),
    ("final", 1.0, "Exact outputs at the end (%)"),
)


@styled
def worth_of_parts(curves: pd.DataFrame, reference: str, group: str) -> Figure:
    """Return two panels, a row a variant of a group: characters to half, accuracy at the end.

    The reference is on top, the others by their accuracy at the end.
    """
    rows = trainings(curves)
    require_reference(rows, reference, group)
    rows = rows[(rows["variant"] == reference) | (rows["group"] == group)]
    order = _order(rows, reference)
    words = rows.drop_duplicates("variant").set_index("variant")["words"]
    figure = canvas(height_for(len(order)))
    panels = figure.subplots(1, 2, sharey=True)
    panels[0].set_yticks(range(len(order)), [fill(words[name], LABEL) for name in order])
    panels[0].set_ylim(len(order) - 0.4, -0.6)
    for axes, (column, scale, title) in zip(panels, PANELS, strict=True):
        for place, name in enumerate(order):
            _row(axes, place, scale * rows.loc[rows["variant"] == name, column])
        axes.set(title=title)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
    ends = rows.groupby("variant")["final"].mean()
    told = [f"“{words[name]}” {fixed(ends[name])} %" for name in (order[0], order[1], order[-1])]
    describe(
        figure,
        f"Exact outputs at the end: {told[0]}; of the others highest {told[1]}, lowest {told[2]}.",
        f"{_counts(rows)} (dots); bar: mean; line: 95 % t interval where n is at least "
        f"{SEEDS_OF_A_TREND}. Mean of the buckets on validation programs. Without a bar: not every "
        f"seed got to {HALF:g} %.",
        "Each row below the first differs from it in what it names, and in nothing else.",
    )
    return figure


def require_reference(rows: pd.DataFrame, reference: str, group: str) -> None:
    """Raise StudyError unless the reference and a variant of the group have a curve."""
    own = rows["variant"] == reference
    for wanted, there in (
        (f"variant {reference}", own),
        (f"group {group}", ~own & (rows["group"] == group)),
    ):
        if not there.any():
            raise StudyError(f"no curve of {wanted} yet: run the notebook with train=True")


def _order(rows: pd.DataFrame, reference: str) -> list[str]:
    finals = rows.groupby("variant")["final"].mean().sort_values(ascending=False)
    others = [str(name) for name in finals.index if name != reference]
    return [reference, *others]


def _counts(rows: pd.DataFrame) -> str:
    counts = rows.groupby("variant")["seed"].nunique()
    return f"n = {counts_text(counts)} seed{'' if counts.max() == 1 else 's'} per row"


def _row(axes: Axes, place: int, values: pd.Series) -> None:
    reached = values[np.isfinite(values)]
    colour = style.INK if place == 0 else style.FAINT
    seats = np.full(len(reached), place + 0.14)
    if len(reached) == len(values):
        interval = mean_interval(values)
        pale = to_rgba(colour, 0.35)
        axes.barh(place, interval.mean, height=0.66, color=pale, edgecolor=colour, linewidth=0.8)
        if interval.n >= SEEDS_OF_A_TREND:
            draw_interval(axes, place - 0.14, interval.low, interval.high)
    else:
        text = reached_by(len(reached), len(values))
        anchor = axes.get_yaxis_transform()
        axes.text(0.02, place, text, transform=anchor, ha="left", va="center", fontsize=8)
    axes.scatter(reached, seats, s=12, color=colour, zorder=5)
