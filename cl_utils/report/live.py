"""A run that trains while somebody watches: one line that is renewed in place, a curve on request.

In: what training reports (`training.loop.Report`). Out: in a notebook one line of output, which
keeps what was told last, and a figure; elsewhere plain lines.
"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

from IPython import get_ipython
from IPython.display import DisplayHandle, Image, Pretty, display
from matplotlib.figure import Figure

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.panels import canvas, styled
from cl_utils.training.progress import Progress


class LiveReport:
    """Takes what training reports: ``train(..., report=LiveReport(curve=True))``."""

    def __init__(self, *, curve: bool = False) -> None:
        """`curve`: draw exact outputs of validation programs as it is measured."""
        self.curve = curve
        self.points: list[tuple[int, dict[str, float]]] = []  # step, percent by bucket
        self._handles: dict[str, DisplayHandle] = {}

    def __call__(self, told: object) -> None:
        """Show what was told, in the place of what was told before."""
        if not _in_notebook():
            print(told, flush=True)
            return
        self._show("line", Pretty(str(told)))  # type: ignore[no-untyped-call]
        if self.curve and isinstance(told, Progress) and self._is_new(told):
            self.points.append((told.step, dict(told.accuracy)))
            self._show("curve", _picture(live_curve(self.points, told.steps)))

    def _is_new(self, told: Progress) -> bool:
        return bool(told.accuracy) and (not self.points or self.points[-1][1] != told.accuracy)

    def _show(self, name: str, content: Any) -> None:
        if name in self._handles:
            self._handles[name].update(content)  # type: ignore[no-untyped-call]
        else:
            handle = display(content, display_id=True)  # type: ignore[no-untyped-call]
            self._handles[name] = handle


def _in_notebook() -> bool:
    """Return whether a kernel runs this: only its outputs can be renewed in place."""
    return "ipykernel" in sys.modules and hasattr(get_ipython(), "kernel")


def _picture(figure: Figure) -> Image:
    content = BytesIO()
    figure.savefig(content, format="png", dpi=100)
    return Image(content.getvalue())  # type: ignore[no-untyped-call]


@styled
def live_curve(points: list[tuple[int, dict[str, float]]], steps: int) -> Figure:
    """Return the accuracy (percent) of each bucket over the steps so far."""
    figure = canvas(2.2)
    axes = figure.subplots()
    for bucket in BUCKETS:
        values = [accuracy[bucket] for _, accuracy in points]
        colour = style.BUCKET_COLOURS[bucket]
        axes.plot([step for step, _ in points], values, "o-", color=colour, markersize=3)
        axes.annotate(bucket, (points[-1][0], values[-1]), (4, 0), textcoords="offset points")
    axes.set_xlim(0, steps)
    axes.set_ylim(0, 100)
    axes.set_xlabel("steps")
    axes.set_ylabel("exact outputs (%)")
    axes.grid(axis="y")
    return figure
