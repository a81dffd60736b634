"""What one schedule draws over its steps: stacked shares of easy, medium and hard.

In: the shares of every step, and where stages begin. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, styled


@styled
def drawn_mix(shares: NDArray[np.float64], starts: Sequence[int]) -> Figure:
    """Return the shares (steps, 3) of the buckets as a stacked area, a line where a stage begins.

    The buckets are in the order of `BUCKETS`.
    """
    steps = len(shares)
    figure = canvas(2.1)
    axes = figure.subplots()
    edges = np.arange(steps + 1)
    heights = 100 * np.vstack([shares, shares[-1:]]).T  # the last step ends at `steps`
    colours = [style.BUCKET_COLOURS[bucket] for bucket in BUCKETS]
    axes.stackplot(edges, heights, labels=BUCKETS, colors=colours, step="post", linewidth=0)
    for start in starts[1:]:
        axes.axvline(start, color="white", linewidth=1.5)
    axes.set(xlim=(0, steps), ylim=(0, 100), yticks=[0, 50, 100])
    axes.set(xlabel="steps", ylabel="programs drawn (%)")
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], names[::-1], loc="outside right center")
    drawn = dict(zip(BUCKETS, 100 * shares.mean(axis=0), strict=True))
    told = ", ".join(f"{bucket} {share:.0f} %" for bucket, share in drawn.items())
    describe(figure, f"Over {steps:,} steps and {len(starts)} stages it draws {told}.")
    return figure
