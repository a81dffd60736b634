"""What all figures share: canvases, arm and percent axes, bars over seeds, words of notes.

In: matplotlib Axes and rows of one measure. Out: the same Axes, drawn in house style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from textwrap import wrap
from types import MappingProxyType
from typing import Final, ParamSpec

import matplotlib
import numpy as np
import pandas as pd
import scipy
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.figures.described import Described, Picture
from cl_utils.files import running
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import count_text, mean_text
from cl_utils.stats import mean_interval, seed_values
from cl_utils.stats.intervals import SEEDS_OF_A_TREND
from cl_utils.study.notebook_names import EVALUATION

Arguments = ParamSpec("Arguments")
HYPHEN_OF_A_NUMBER = re.compile(r"(?<![\w)])-(?=\d)")
WIDTH = 9.0
"""Inches of every figure, so that letters have one size in the README."""
NOTE_CHARACTERS = 150
"""The longest line of a note that fits the width of a saved figure."""
SCREEN_SIZE, SCREEN_CHARACTERS, SCREEN_INCHES = 9.5, 118, 0.19
"""Of a note below a figure on a screen, where no caption repeats it: points, a line's length and
height."""
MOST_NAMED = 8
"""Up to so many arms a note gives each its number of seeds."""
VALUE_COLUMN = 103.0
"""Where a percent axis prints its values: right of 100, clear of bars and lines."""
TRAIN_EIGHT: Final = "train all eight with one seed (notebooks 04 and 05)"


def styled(draw: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Return `draw` under the house settings, whatever the caller's matplotlib defaults are."""

    @wraps(draw)
    def drawn(*args: Arguments.args, **options: Arguments.kwargs) -> Figure:
        with matplotlib.rc_context(dict(style.SETTINGS)):
            figure = draw(*args, **options)
        write_minus_signs(figure)
        return figure

    return drawn


def write_minus_signs(figure: Figure) -> None:
    """Print negative numbers with a minus, as the axes do, but leave the source of programs."""
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_fontfamily() != [style.MONOSPACE]:
            text.set_text(HYPHEN_OF_A_NUMBER.sub("−", text.get_text()))


def canvas(height: float) -> Described:
    """Return an empty figure of the common width; free of pyplot's global state."""
    engine = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05, wspace=0.03)
    return Described(figsize=(WIDTH, height), layout=engine)


def height_for(rows: int, panels: int = 1) -> float:
    """Return the inches that `panels` stacked panels of `rows` horizontal bars need."""
    return panels * (0.27 * rows + 0.75)


def require(rows: pd.DataFrame, what: str, fix: str = f"{running(EVALUATION)} first") -> None:
    """Raise StudyError when there is nothing to draw; `fix`: what gives such rows."""
    if rows.empty:
        raise StudyError(f"no rows of {what}: {fix}")


def seeds_text(rows: pd.DataFrame, called: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return how many seeds a figure shows, "n = 5 seeds"; `called`: arms that it renames."""
    counts = rows.groupby("arm")["seed"].nunique()
    if counts.nunique() == 1:
        n = int(counts.iloc[0])
        few = n < SEEDS_OF_A_TREND
        return f"n = {count_text(n, 'seed')}" + (", so no interval" if few else " per arm")
    few = counts.min() < SEEDS_OF_A_TREND
    single = f"; no interval where n < {SEEDS_OF_A_TREND}" if few else ""
    if len(counts) > MOST_NAMED:
        return f"{many_seeds_text(counts, called)}{single}"
    each = [f"{called.get(arm, arm_label(arm))} {counts[arm]}" for arm in in_order(counts.index)]
    return f"n seeds: {', '.join(each)}{single}"


def many_seeds_text(counts: pd.Series, called: Mapping[str, str]) -> str:
    """Return the usual number of seeds, and by name which of many arms have another."""
    usual = int(counts.mode().iloc[0])
    rest = counts[counts != usual]
    named = [
        f"{n} for {', '.join(called.get(arm, arm_label(arm)) for arm in in_order(arms.index))}"
        for n, arms in rest.groupby(rest)
    ]
    return f"n = {usual} seeds per arm, but {'; '.join(named)}"


def where_text(test_set: str, subset: str) -> str:
    """Return the test set and subset of a figure in words."""
    words = {"macro": "mean of the three buckets", "all": "all programs"}
    return f"{test_set.capitalize()} test set, {words.get(subset, subset)}"


def one_output(figure: Described) -> Picture:
    """Return a figure with its notes printed into it, for an output that is renewed in place."""
    if lines := wrap(figure.description.notes, SCREEN_CHARACTERS):
        figure.set_figheight(figure.get_figheight() + SCREEN_INCHES * len(lines))
        _print_below(figure, lines, size=SCREEN_SIZE, color=style.INK)
    return Picture(figure)


def print_note(figure: Figure, *sentences: str) -> None:
    """Print what the reader must know into a figure that no page captions, below its panels."""
    lines = [line for sentence in sentences for line in wrap(sentence, NOTE_CHARACTERS)]
    _print_below(figure, lines, size=7.5, color=style.NOTE)


def _print_below(figure: Figure, lines: Sequence[str], *, size: float, color: str) -> None:
    text = "\n".join(lines)
    figure.supxlabel(text, x=0.012, ha="left", fontsize=size, color=color, linespacing=1.4)


def arm_axis(axes: Axes, arms: Sequence[str]) -> None:
    """Name the rows of a horizontal panel after arms, the first on top."""
    axes.set_yticks(range(len(arms)), [arm_label(name) for name in arms])
    axes.set_ylim(len(arms) - 0.4, -0.6)
    without_left_line(axes)


def without_left_line(axes: Axes) -> None:
    """Leave out the line and the ticks of an axis that names rows."""
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def percent_axis(axes: Axes, label: str) -> None:
    """Make x a percent axis from 0 to 100 with room for printed values behind it."""
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel(label)
    axes.grid(axis="x")


def seed_bars(
    axes: Axes,
    rows: pd.DataFrame,
    arms: Sequence[str],
    colours: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Draw one bar an arm: mean, 95 % t interval, single seeds as dots, the mean in print.

    `colours`: of arms that are not drawn in their own.
    """
    for place, arm in enumerate(arms):
        values = seed_values(rows, arm).to_numpy(dtype=float)
        interval = mean_interval(values)
        if interval.n == 0:
            value_text(axes, place, "–")
            continue
        area = colours.get(arm, style.arm_colour(arm))
        rim = colours.get(arm, style.line_colour(arm))
        axes.barh(place, interval.mean, height=0.66, color=area, edgecolor=rim, linewidth=0.8)
        if interval.n > 1:
            draw_interval(axes, place - 0.1, interval.low, interval.high)
            seats = np.full(interval.n, place + 0.18)
            axes.scatter(values, seats, s=9, color="white", edgecolor=style.INK, linewidth=0.6)
        value_text(axes, place, mean_text(interval.mean, interval.half_width))


def draw_interval(axes: Axes, place: float, low: float, high: float) -> None:
    """Draw a horizontal interval as a thin line in ink with a white edge."""
    halo = [withStroke(linewidth=3.2, foreground="white")]  # to be seen on dark bars
    ends = [low, high]
    axes.plot(ends, [place, place], color=style.INK, linewidth=1.6, path_effects=halo, zorder=4)


def value_text(axes: Axes, place: float, text: str) -> None:
    """Print a value in the column right of a percent axis."""
    axes.text(VALUE_COLUMN, place, text, va="center", fontsize=8, clip_on=False)


def marked_value(
    axes: Axes, x: float, text: str, colour: str, *, align: str, from_top: bool
) -> None:
    """Draw a dashed vertical line at `x` over the rows of a panel, named above or below them.

    The line leaves out the strip at its other end, where names of other lines stand.
    """
    bottom, top = axes.get_ylim()
    ends = (top, bottom - 0.7) if from_top else (top + 0.7, bottom)
    axes.plot([x, x], ends, color=colour, linestyle=(0, (4, 2)), linewidth=1.3, zorder=5)
    axes.annotate(
        text,
        (x, top if from_top else bottom),
        xytext=(-4 if align == "right" else 4, -1 if from_top else 2),
        textcoords="offset points",
        ha=align,
        va="top" if from_top else "bottom",
        fontsize=8,
        color=style.text_colour(colour),
    )


def label_line_ends(axes: Axes, ends: Mapping[str, tuple[float, float]]) -> None:
    """Name each arm beside the end (x, y) of its line, spread so that names do not touch.

    The y axis must have its limits; names stand right of the panel, tied to their lines.
    """
    names = sorted(ends, key=lambda name: ends[name][1])
    bottom, top = axes.get_ylim()
    unit = (top - bottom) / 100
    places = [ends[name][1] for name in names]
    heights = spread(places, gap=5 * unit, low=bottom + 2 * unit, high=top - 2 * unit)
    for name, height in zip(names, heights, strict=True):
        axes.annotate(
            arm_label(name),
            ends[name],
            xytext=(1.05, height),
            textcoords=("axes fraction", "data"),
            color=style.text_colour(style.line_colour(name)),
            va="center",
            fontsize=8.5,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": style.line_colour(name),
                "linewidth": 0.6,
                "linestyle": style.line_style(name),
                "relpos": (0, 0.5),
                "shrinkA": 2,
                "shrinkB": 2,
            },
        )


def spread(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return sorted `heights` moved as little as needed to lie `gap` apart within `low`..`high`."""
    count = len(heights)
    gap = min(gap, (high - low) / max(count - 1, 1))
    slots = np.arange(count) * gap
    free = np.asarray(heights, dtype=float) - slots  # must not decrease for a gap between all
    fitted = scipy.optimize.isotonic_regression(free).x if count else free
    return list(np.clip(fitted, low, high - (count - 1) * gap) + slots)
