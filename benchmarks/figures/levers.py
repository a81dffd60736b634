"""The figure of levers: characters until half of all programs are executed rightly, and the end.

In: learning curves, a file a lever and seed (written by `python -m benchmarks.levers`). Out: one
Figure.
"""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.speed import load_manifest
from cl_utils.artifacts import file_digest
from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.figures.panels import canvas, height_for, note, styled

HALF = 50.0  # percent, mean of the buckets
COMMAND = "python -m benchmarks.levers"


def load_curves(folder: Path, command: str = COMMAND) -> pd.DataFrame:
    """Return the curves of all trainings, one after another; `command` would write them.

    Raises StudyError when nothing is there, or when a file was changed by hand.
    """
    curves = []
    for path in sorted(folder.glob("*.csv")):
        if load_manifest(path)["content"] != file_digest(path):
            raise StudyError(f"{path} was changed by hand: delete it and run `{command}`")
        curves.append(pd.read_csv(path))
    if not curves:
        raise StudyError(f"{folder} holds no curves: run `{command}`")
    return pd.concat(curves, ignore_index=True)


def summary(curves: pd.DataFrame) -> pd.DataFrame:
    """Return one row a training: lever, words, seed, characters to half, final accuracy.

    Characters are infinite where a training did not get to half.
    """
    rows = [
        {
            "lever": curve["lever"].iloc[0],
            "words": curve["words"].iloc[0],
            "seed": int(curve["seed"].iloc[0]),
            "characters": crossing(curve, "characters", HALF),
            "final": float(curve["execution_exact"].iloc[-1]),
        }
        for _, curve in curves.groupby(["lever", "seed"])
    ]
    return pd.DataFrame(rows)


def crossing(curve: pd.DataFrame, column: str, level: float) -> float:
    """Return where on `column` the curve first reaches `level`, straight between points, or inf."""
    above = np.flatnonzero(curve["execution_exact"] >= level)
    if not len(above):
        return inf
    place = int(above[0])
    if place == 0:
        return float(curve[column].iloc[0])
    near = curve.iloc[place - 1 : place + 1]
    return float(np.interp(level, near["execution_exact"], near[column]))


@styled
def worth_of_levers(rows: pd.DataFrame, remark: str) -> Figure:
    """Return two panels: characters to half, final accuracy; a row a lever."""
    finals = rows.groupby("lever")["final"].mean().sort_values(ascending=False)
    first = [name for name in ("fast",) if name in finals.index]
    order = first + [name for name in finals.index if name not in first]
    words = rows.drop_duplicates("lever").set_index("lever")["words"]
    figure = canvas(height_for(len(order)))
    panels = figure.subplots(1, 2, sharey=True)
    panels[0].set_yticks(range(len(order)), [words[name] for name in order])
    panels[0].set_ylim(len(order) - 0.4, -0.6)
    for axes, (column, scale, title) in zip(
        panels,
        (
            ("characters", 1e-6, "Million characters until 50 % exact"),
            ("final", 1.0, "Exact execution at the end (%)"),
        ),
        strict=True,
    ):
        for place, name in enumerate(order):
            _row(axes, place, scale * rows.loc[rows["lever"] == name, column])
        axes.set(title=title)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
    counts = rows.groupby("lever")["seed"].nunique()
    n = f"n = {counts.min()}" if counts.nunique() == 1 else f"n = {counts.min()} to {counts.max()}"
    note(
        figure,
        f"{n} seeds a row (dots; bar: mean). Mean of the buckets on 768 validation programs, "
        "profile laptop. The first row is the recipe “fast”. No bar: not every seed got to 50 %.",
        remark,
    )
    return figure


def _row(axes: Axes, place: int, values: pd.Series) -> None:
    reached = values[np.isfinite(values)]
    mean = reached.mean() if len(reached) == len(values) else nan
    colour = style.INK if place == 0 else style.FAINT
    axes.barh(place, mean, height=0.6, color=colour, alpha=0.35)
    axes.plot(reached, [place] * len(reached), "o", color=colour, markersize=4)
    if len(reached) < len(values):
        text = f"reached by {len(reached)} of {len(values)}" if len(reached) else "not reached"
        anchor = axes.get_yaxis_transform()
        axes.text(0.02, place, text, transform=anchor, ha="left", va="center", fontsize=8)
