"""How figures look: one colour an arm everywhere, readable defaults, byte-stable files.

In: a matplotlib Figure and where it goes. Out: a PNG and a PDF with the same bytes on every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import matplotlib
from matplotlib.colors import hsv_to_rgb, to_hex
from matplotlib.figure import Figure

from cl_utils.artifacts import atomic

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

ARM_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "baseline": "#3B3B3B",
        "sequential": "#56B4E9",
        "incremental": "#0072B2",
        "hybrid": "#D55E00",
        "competence": "#009E73",
        "mastery": "#CC79A7",
        "progress": "#5214CC",
        "combined": "#660A66",
        "warmup": "#E69F00",
    }
)
"""Okabe and Ito's colours and two more that stay apart for colour-blind readers; also the order."""

BUCKETS: Final = ("easy", "medium", "hard")
BUCKET_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"easy": "#EADFCB", "medium": "#BF9F74", "hard": "#6E4A26"}
)
"""Light to dark, in browns that no arm has."""


def apply_style() -> None:
    """Set matplotlib's defaults for a whole notebook; the figures themselves need no call."""
    matplotlib.rcParams.update(dict(SETTINGS))


def arm_colour(arm: str) -> str:
    """Return the one colour of an arm as "#rrggbb".

    Arms outside `ARM_COLOURS` (controls) get a muted colour from a hash of their name, the
    same in every figure and session.
    """
    if arm in ARM_COLOURS:
        return ARM_COLOURS[arm]
    digest = hashlib.sha256(arm.encode()).digest()
    hue = int.from_bytes(digest[:2], "big") / 65536
    saturation, brightness = 0.20 + digest[2] / 2000, 0.55 + digest[3] / 1500
    red, green, blue = hsv_to_rgb((hue, saturation, brightness))
    return to_hex((red, green, blue))


def arm_label(arm: str) -> str:
    """Return the name of an arm as figures print it."""
    return arm.replace("_", " ")


def in_order(arms: Iterable[str]) -> list[str]:
    """Return distinct arms in display order: as in the palette, then controls by name."""
    known = list(ARM_COLOURS)
    names = set(arms)
    return [name for name in known if name in names] + sorted(names - set(known))


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
