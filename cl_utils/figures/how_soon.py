"""How soon an accuracy is reached, by arm, in every setting in which a run gets there.

In: rows setting, arm, seed, characters (infinite where a run never does). Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import (
    arm_axis,
    canvas,
    height_for,
    require,
    styled,
    without_left_line,
)
from cl_utils.figures.words import BASELINE
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import counts_text, reached_text

COLUMNS = 2
MILLION = 1e6
NEVER_COLUMN = 1.03
"""Where a panel prints how many runs never get there: right of it, as a share of its width."""


@styled
def characters_to_accuracy(rows: pd.DataFrame, level: float, never: Sequence[str] = ()) -> Figure:
    """Return a panel per setting, a row per arm: seeds and median of what `level` percent takes.

    `never`: the settings in which no run gets there.
    """
    require(rows, f"a learning curve that reaches {level} %", "train for more steps")
    settings, arms = list(rows["setting"].unique()), in_order(rows["arm"].unique())
    lines = ceil(len(settings) / COLUMNS)
    figure = canvas(height_for(len(arms), lines) + 0.2)
    columns = min(COLUMNS, len(settings))
    panels = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    for axes, setting in zip(panels, settings, strict=False):
        part = rows[rows["setting"] == setting]
        _draw(axes, part, arms)
        axes.set_title(f"{setting}\nn = {_seeds(part)} per arm", fontsize=9)
        axes.set_xlabel(f"millions of characters until {level} %")
    for axes in panels[len(settings) :]:
        axes.set_visible(False)
    arm_axis(panels[0], arms)
    describe(
        figure,
        f"Millions of characters until {level} % on the validation programs, median (minimum "
        f"to maximum): {_result(rows)}.",
        "Mean of the buckets, linearly interpolated between measured points. Dots: seeds; bar: the "
        "median, none where half never get there; dashed: the baseline's median; right of a panel: "
        "runs that never get there, which count as the largest."
        + (f" With {' and '.join(never)} no run gets there." if never else "")
        + " Exploratory, but for what was declared for later seeds (docs/settings.md).",
    )
    return figure


def _seeds(rows: pd.DataFrame) -> str:
    """Return how many seeds the arms have: "8", or "5 to 6"."""
    counts = rows.groupby("arm")["seed"].nunique()
    return counts_text(counts)


def _draw(axes: Axes, rows: pd.DataFrame, arms: Sequence[str]) -> None:
    by_arm = rows.groupby("arm")["characters"].agg(list)
    for place, arm in enumerate(arms):
        values = np.array(by_arm.get(arm, []))
        there, median = values[np.isfinite(values)] / MILLION, _median(values)
        colour, rim = style.arm_colour(arm), style.line_colour(arm)
        axes.scatter(there, np.full(there.size, place), s=22, color=colour, edgecolor=rim, zorder=3)
        if isfinite(median):
            ends = [place - 0.32, place + 0.32]
            axes.plot([median, median], ends, color=style.INK, linewidth=1.8, zorder=4)
        if never := len(values) - len(there):
            _print_never(axes, place, f"{never} of {len(values)} never")
    reference = _median(np.array(by_arm.get(BASELINE, [])))
    if isfinite(reference):
        axes.axvline(reference, color=style.REFERENCE, linestyle=(0, (4, 2)), linewidth=1, zorder=1)
    without_left_line(axes)
    axes.grid(axis="x")


def _print_never(axes: Axes, place: int, text: str) -> None:
    where = axes.get_yaxis_transform()
    axes.text(NEVER_COLUMN, place, text, transform=where, va="center", fontsize=8, clip_on=False)


def _median(characters: np.ndarray) -> float:
    """Return the median in millions; infinite where half never get there, or without a run."""
    return float(np.median(characters)) / MILLION if characters.size else np.inf


def _result(rows: pd.DataFrame) -> str:
    """Return, for each setting, the baseline's, hybrid's and the soonest arm's characters."""
    clauses = []
    for setting, part in rows.groupby("setting", sort=False):
        by_arm = part.groupby("arm")["characters"].agg(list)
        medians = by_arm.map(lambda values: float(np.median(values)))
        soonest = medians.idxmin() if np.isfinite(medians).any() else ""
        named = [arm for arm in (BASELINE, "hybrid") if arm in by_arm.index and arm != soonest]
        told = [f"{arm_label(arm)} {reached_text(by_arm[arm])}" for arm in named]
        if soonest:
            told.insert(0, f"soonest {arm_label(str(soonest))} {reached_text(by_arm[soonest])}")
        clauses.append(f"{setting} (n = {_seeds(part)}): {', '.join(told)}")
    return "; ".join(clauses)
