"""Figures of growth: what data cost by number of programs, how fast models train by their size.

In: the rows of the growth benchmarks (`speed.load_rows`), and the machine in words. Out: one Figure
each, on logarithmic axes, where cost in proportion to size is a straight line of slope one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.figures.panels import canvas, print_note, spread, styled

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@styled
def growth_with_programs(rows: pd.DataFrame, machine: str) -> Figure:
    """Return seconds of each stage and peak memory against the number of programs."""
    _require(rows)
    figure = canvas(3.9)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    seconds, memory = rows[rows["unit"] == "s"], rows[rows["unit"] == "GB"].sort_values("size")
    _draw_proportion(left, seconds)
    ends = []
    for colour, (what, own) in zip(COLOURS, _series(seconds), strict=False):
        _draw(left, own["size"], own["value"], colour)
        ends.append((what, float(own["value"].iloc[-1]), colour))
    left.set(title="Time of each stage", ylabel="seconds")
    _logarithmic(left, rows["size"])
    _name_ends(left, ends)
    _draw(right, memory["size"], memory["value"], style.INK)
    for place, (size, value) in enumerate(zip(memory["size"], memory["value"], strict=True)):
        _print_beside(right, size, value, f"{value:.2g} GB", "right" if place else "left")
    right.set(title="Most memory held at once", ylabel="gigabytes, all processes")
    _logarithmic(right, rows["size"])
    right.set_ylim(memory["value"].min() / 2, memory["value"].max() * 2)
    for axes in (left, right):
        axes.set_xlabel("programs")
    sentence = f"{_counts(rows)}. Dashed: cost in proportion to the number of programs."
    print_note(figure, sentence, f"{machine}.")
    return figure


@styled
def growth_with_parameters(rows: pd.DataFrame, machine: str) -> Figure:
    """Return training speed against model size, and the speed that matrix products would allow."""
    _require(rows)
    rows = rows.sort_values("size")
    figure = canvas(3.9)
    axes = figure.subplots()
    ends = []
    for what, column, colour in (
        ("reference", "reference_value", style.FAINT),
        ("what", "value", COLOURS[0]),
    ):
        _draw(axes, rows["size"], rows[column], colour)
        ends.append((str(rows[what].iloc[-1]), float(rows[column].iloc[-1]), colour))
    band = (rows["low"], rows["high"])
    axes.fill_between(rows["size"], *band, color=COLOURS[0], alpha=0.2, linewidth=0)
    for _, row in rows.iterrows():
        _print_beside(axes, row["size"], row["value"], f"{100 * row['ratio']:.0f} %")
    axes.set(
        title="Training speed by size of the model, and its share of the machine's ceiling",
        xlabel="parameters",
        ylabel="characters per second",
    )
    _logarithmic(axes, rows["size"])
    axes.set_ylim(rows["value"].min() / 2, rows["reference_value"].max() * 1.6)
    _name_ends(axes, ends)
    print_note(figure, f"{_counts(rows)}; band: lowest to highest. {machine}.")
    return figure


def _require(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise StudyError("no rows of growth: run `make benchmark` first")


def _series(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return what was measured with its rows in order of size, the costliest first."""
    named = [(str(what), own.sort_values("size")) for what, own in rows.groupby("what")]
    return sorted(named, key=lambda pair: -float(pair[1]["value"].iloc[-1]))


def _draw(axes: Axes, x: pd.Series, y: pd.Series, colour: str) -> None:
    axes.plot(x, y, "o-", color=colour, markersize=5)


def _draw_proportion(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a dashed line of slope one through the middle of the panel."""
    x = np.asarray([rows["size"].min(), rows["size"].max()])
    middle = np.exp(np.log(rows["value"] / rows["size"]).mean())
    axes.plot(x, middle * x, linestyle=(0, (4, 3)), color=style.FAINT, linewidth=1, zorder=1)


def _name_ends(axes: Axes, ends: list[tuple[str, float, str]]) -> None:
    """Print the name of each line (name, last y, colour) right of the panel, clear of the others.

    The limits of the axes must be final.
    """
    low, high = np.log(axes.get_ylim())
    ends = sorted(ends, key=lambda end: end[1])
    heights = [float((np.log(y) - low) / (high - low)) for _, y, _ in ends]
    for (text, y, colour), height in zip(ends, spread(heights, 0.08, 0.03, 0.97), strict=True):
        axes.annotate(
            text,
            (axes.dataLim.x1, y),
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            color=colour,
            fontsize=8.5,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "relpos": (0, 0.5)},
        )


def _print_beside(axes: Axes, x: float, y: float, text: str, align: str = "center") -> None:
    """Print a value above its point; where a line rises, left above it ("right"), or right below.

    The latter keeps a first point's value off the axis.
    """
    place = {"center": (0, 6), "right": (-5, 6), "left": (6, -12)}[align]
    axes.annotate(text, (x, y), xytext=place, textcoords="offset points", ha=align, fontsize=8)


def _logarithmic(axes: Axes, sizes: pd.Series) -> None:
    """Make both axes logarithmic, with the sizes measured as ticks, in plain words."""
    axes.set(xscale="log", yscale="log")
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(sizes))))
    axes.xaxis.set_minor_locator(NullLocator())
    few_decades = np.ptp(np.log10(axes.dataLim.intervaly)) < 1.5
    axes.yaxis.set_major_locator(LogLocator(10, (1, 2, 5) if few_decades else (1,), numticks=12))
    axes.yaxis.set_minor_formatter(NullFormatter())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.grid(axis="y")


def short(value: float) -> str:
    """Return a number in few letters: 0.1, 300, 20k, 1.1M."""
    for unit, letter in UNITS:
        if value >= unit:
            count = value / unit
            return f"{count:.0f}{letter}" if count >= 100 else f"{count:.2g}{letter}"
    return f"{value:g}"


def _counts(rows: pd.DataFrame) -> str:
    """Return how often each point was measured."""
    counts = sorted({int(n) for n in rows["n"]})
    often = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"n = {often} a point"
