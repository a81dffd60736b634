"""How figures look: one colour an arm everywhere, readable defaults, byte-stable files.

In: a matplotlib Figure and where it goes. Out: a PNG and a PDF with the same bytes on every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from cl_utils.curriculum.arm_facts import controls_of, facts_of
from cl_utils.curriculum.arms import arm_named, arms, at_full_budget
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.figures.arm_groups import place_of
from cl_utils.files import atomic

INK: Final = "#262626"
FAINT: Final = "#8C8C8C"
NOTE: Final = "#5E5E5E"
GRID: Final = "#E6E6E6"

SETTINGS: Final[Mapping[Any, Any]] = MappingProxyType(
    {
        "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
        "font.size": 9.0,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 9.0,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.6,
        "text.color": INK,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "pdf.fonttype": 42,  # text stays text
        "svg.hashsalt": "curriculum",
    }
)

DASHES: Final = ((0, (6, 1.5)), (0, (3, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (9, 3)))

BUCKET_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"easy": "#EADFCB", "medium": "#BF9F74", "hard": "#6E4A26"}
)
"""Light to dark, in browns that no arm has."""
BUCKET_LINES: Final[Mapping[str, str]] = MappingProxyType(
    {"easy": "#C9A66B", "medium": "#94703F", "hard": "#4A2E14"}
)
"""The same for lines, which must be seen on white."""


def apply_style() -> None:
    """Set matplotlib's defaults for a whole notebook; the figures themselves need no call."""
    matplotlib.rcParams.update(dict(SETTINGS))


def arm_colour(arm: str) -> str:
    """Return the one colour of an arm, "#rrggbb", which stands in params/study/arms.yaml."""
    return facts_of(arm).colour


def line_style(arm: str) -> str | tuple[int, tuple[float, ...]]:
    """Return how an arm's line is drawn: solid, for a control a dash pattern of its own.

    Controls are tints of one colour, which thin lines alone would not tell apart.
    """
    full = at_full_budget(arm)
    parent = facts_of(full).control_of
    return "-" if parent is None else DASHES[controls_of(parent).index(full) % len(DASHES)]


def text_colour(arm: str) -> str:
    """Return the colour of an arm's name in print: its own, ink where that would be too pale."""
    pale = facts_of(arm).control_of is not None or arm_named(arm).budget < 1.0
    return INK if pale else arm_colour(arm)


def metric_label(metric: str) -> str:
    """Return the name of a metric of difficulty as figures print it."""
    return METRICS.get(metric, metric.replace("_", " "))


def arm_label(arm: str) -> str:
    """Return the name of an arm as figures print it; the name of a cause in words stays."""
    what = arms().get(arm)
    if what is not None and what.bucket_metric is not None:
        return f"{what.schedule} by {metric_label(what.bucket_metric)}"
    if what is not None and what.order_metric:
        return f"{what.order} by {metric_label(what.order_metric)}"
    return arm.replace("_", " ")


def in_order(arms: Iterable[str]) -> list[str]:
    """Return distinct arms in display order: by group and place in it."""
    return sorted(set(arms), key=place_of)


def contrasts_in_order(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return rows of contrasts in display order; as declared where their references differ."""
    if contrasts["reference"].nunique() > 1:
        return contrasts
    return contrasts.sort_values("arm", key=lambda arms: arms.map(place_of), kind="stable")


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `folder`/`name`.png (200 dpi) and .pdf and return both paths.

    The same figure gives the same bytes: no date and no version is stored. Each file appears whole
    or not at all.
    """
    png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
    write(figure, png, metadata={"Software": None}, dpi=200)
    write(figure, pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return png, pdf


def write(figure: Figure, path: Path, **options: Any) -> None:
    """Save `figure` at `path`, in the house settings; StudyError when there is no room for it."""
    kind = path.suffix.removeprefix(".")
    with matplotlib.rc_context(dict(SETTINGS)), atomic(path) as temporary:
        figure.savefig(temporary, format=kind, **options)
