"""How many characters two recipes need for one accuracy, from the curves of `benchmarks.levers`.

In: those learning curves. Out: rows.
"""

from __future__ import annotations

import pandas as pd

from benchmarks import levers
from benchmarks.figures.levers import crossing, load_curves
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings, Skipped

FEWER_CHARACTERS = Target(10.0)


def tokens(settings: Settings) -> list[SpeedRow]:
    """Return how many more characters the recipe `paper` needs for what it knows at its end."""
    folder = levers.folder()
    curves = load_curves(folder) if any(folder.glob("*.csv")) else pd.DataFrame()
    pairs = [] if curves.empty else list(_pairs(curves))
    if not pairs:
        raise Skipped(f"no learning curves in {folder}: run `python -m benchmarks.levers` first")
    slow, fast = zip(*pairs, strict=True)
    return [
        speed_row(
            "characters of recipe paper, against those of recipe fast to the same accuracy",
            "characters",
            slow,
            reference="recipe fast",
            references=fast,
            target=FEWER_CHARACTERS,
        )
    ]


def _pairs(curves: pd.DataFrame) -> list[tuple[float, float]]:
    """Return (characters of recipe paper, of recipe fast) to one accuracy, seed by seed.

    The accuracy is that of recipe paper at its end; a seed on which fast never gets there counts as
    infinitely many characters.
    """
    pairs = []
    for _, own in curves.groupby("seed"):
        by_lever = {str(name): curve for name, curve in own.groupby("lever")}
        if {"paper", "fast"} <= set(by_lever):
            end = by_lever["paper"].iloc[-1]
            needed = crossing(by_lever["fast"], "characters", float(end["execution_exact"]))
            pairs.append((float(end["characters"]), needed))
    return pairs
