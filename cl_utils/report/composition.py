"""What hybrid's choice of programs is: how much of each bucket it draws, in every setting.

In: the settings with rows. Out: a sentence, from the draws that the runs recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.report.in_short import grouped, joined
from cl_utils.report.settings import Setting

ARM: Final = "hybrid-shuffled"
"""Exactly hybrid's programs: its shares are the same from the first step to the last."""


def shares_sentence(settings: Sequence[Setting]) -> str:
    """Return which buckets hybrid's programs are of; "" where no setting has them."""
    told: dict[str, list[str]] = {}
    for setting in settings:
        shares = drawn_shares(setting.results.history)
        if len(shares):
            percent = [f"{100 * shares[bucket]:.0f} % {bucket}" for bucket in BUCKETS]
            told.setdefault(joined(percent), []).append(setting.title)
    found = [f"{shares} with {joined(grouped(names))}" for shares, names in told.items()]
    if not found:
        return ""
    drawn = "; ".join(found)
    return f"Programs that hybrid draws: {drawn}. The baseline draws a third from each bucket."


def drawn_shares(history: pd.DataFrame) -> pd.Series:
    """Return the share of each bucket among the programs drawn, mean over seeds; empty without."""
    rows = history[history["arm"] == ARM]
    if rows.empty:
        return pd.Series(dtype=float)
    rows = rows.sort_values(["seed", "step"])
    steps = rows.groupby("seed")["step"].diff().fillna(rows["step"])  # that a row sums up
    shares = rows[[f"share_{bucket}" for bucket in BUCKETS]]
    weighted = shares.mul(steps, axis=0).groupby(rows["seed"]).sum()
    mean = weighted.div(steps.groupby(rows["seed"]).sum(), axis=0).mean()
    return mean.set_axis(list(BUCKETS))
