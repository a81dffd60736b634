"""What hybrid's choice of programs is: how much of each bucket it draws, in every setting.

In: the settings with rows. Out: a sentence, from the draws that the runs recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.report.in_short import grouped, joined
from cl_utils.report.settings import Setting
from cl_utils.stats.drawn import drawn_shares

ARM: Final = "hybrid-shuffled"
"""Exactly hybrid's programs: its shares are the same from the first step to the last."""


def shares_sentence(settings: Sequence[Setting]) -> str:
    """Return which buckets hybrid's programs are of; "" where no setting has them."""
    told: dict[str, list[str]] = {}
    for setting in settings:
        history = setting.results.history
        if (history["arm"] == ARM).any():
            shares = drawn_shares(history[history["arm"] == ARM]).loc[ARM]
            percent = [f"{100 * shares[bucket]:.0f} % {bucket}" for bucket in BUCKETS]
            told.setdefault(joined(percent), []).append(setting.title)
    found = [f"{shares} with {joined(grouped(names))}" for shares, names in told.items()]
    if not found:
        return ""
    drawn = "; ".join(found)
    return f"Programs that hybrid draws: {drawn}. The baseline draws a third from each bucket."
