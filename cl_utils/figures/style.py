"""How figures look: one colour an arm everywhere, readable defaults, byte-stable files.

In: a matplotlib Figure and where it goes. Out: a PNG and a PDF with the same bytes on every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from cl_utils.curriculum.arm_facts import controls_of, facts_of
from cl_utils.curriculum.arms import at_full_budget
from cl_utils.figures.described import NOTES, RESULT, description_of
from cl_utils.files import atomic

INK: Final = "#262626"
FAINT: Final = "#8C8C8C"
NOTE: Final = "#5E5E5E"
SAME: Final = 0.01  # shares of red, green and blue that are equal make a grey
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
    {"easy": "#B58B47", "medium": "#84602F", "hard": "#3F2710"}
)
"""Light to dark, in browns that no arm has; all can be seen on white, as lines, too."""
MONOSPACE: Final = "DejaVu Sans Mono"
"""Of programs."""
REFERENCE: Final = "#8C8C8C"
"""The baseline where it is no more than what others are compared with."""
LEAST_OF_MARKS: Final = 3.0
LEAST_OF_TEXT: Final = 4.5
"""Contrast with white (WCAG 2.2, 1.4.11 and 1.4.3)."""
APART: Final = 7.4
"""Contrast with white that is far enough from that of `REFERENCE`, 3.4, by lightness alone."""
LIGHTEST_GREY_LINE: Final = "#555555"
"""Of lines of arms that are grey: darker than `REFERENCE`, so that the two stay apart."""


def arm_colour(arm: str) -> str:
    """Return the one colour of an arm, "#rrggbb", which stands in params/study/arms.yaml.

    It is the colour of areas; lines, markers and the rims of areas have `line_colour`.
    """
    return facts_of(arm).colour


def line_colour(arm: str, *, beside_reference: bool = False) -> str:
    """Return an arm's colour, darkened as far as needed to be seen on white as a thin line.

    `beside_reference`: and to stand apart from a line in `REFERENCE`, for whatever eyes.
    """
    return seen_on_white(arm_colour(arm), APART if beside_reference else LEAST_OF_MARKS)


@lru_cache
def seen_on_white(colour: str, least: float = LEAST_OF_MARKS) -> str:
    """Return a colour, darkened until its contrast with white is at least `least`.

    Greys become no lighter than `LIGHTEST_GREY_LINE`, whatever `least` is.
    """
    rgb = np.array(to_rgb(colour))
    if np.ptp(rgb) < SAME:
        return min(colour, LIGHTEST_GREY_LINE)  # of greys the smaller number is the darker one
    shades = (to_hex(tuple(rgb * (1 - step / 100))) for step in range(100))
    return next(each for each in shades if contrast_with_white(each) >= least)


def contrast_with_white(colour: str) -> float:
    """Return the ratio of luminances, 1 to 21, as WCAG 2.2 defines it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def line_style(arm: str) -> str | tuple[int, tuple[float, ...]]:
    """Return how an arm's line is drawn: solid, for a control a dash pattern of its own.

    Controls are tints of one colour, which thin lines alone would not tell apart.
    """
    full = at_full_budget(arm)
    parent = facts_of(full).control_of
    return "-" if parent is None else DASHES[controls_of(parent).index(full) % len(DASHES)]


def text_colour(colour: str) -> str:
    """Return the colour of print beside what is drawn in `colour`: ink where it is too pale."""
    return colour if contrast_with_white(colour) >= LEAST_OF_TEXT else INK


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `folder`/`name`.png (200 dpi) and .pdf and return both paths.

    The same figure gives the same bytes: no date and no version is stored, but what is said of the
    figure (`described`). Each file appears whole or not at all.
    """
    png, pdf = paths(folder, name)
    words = description_of(figure)
    told = {RESULT: words.result or None, NOTES: words.notes or None}
    write(figure, png, metadata={"Software": None, **told}, dpi=200)
    plain = {"CreationDate": None, "Creator": None, "Producer": None}
    write(figure, pdf, metadata={**plain, "Subject": words.result or None})
    return png, pdf


def paths(folder: Path, name: str) -> tuple[Path, Path]:
    """Return where a figure is saved: PNG and PDF."""
    return folder / f"{name}.png", folder / f"{name}.pdf"


def write(figure: Figure, path: Path, **options: Any) -> None:
    """Save `figure` at `path`, in the house settings; StudyError when there is no room for it."""
    kind = path.suffix.removeprefix(".")
    with matplotlib.rc_context(dict(SETTINGS)), atomic(path) as temporary:
        figure.savefig(temporary, format=kind, **options)
