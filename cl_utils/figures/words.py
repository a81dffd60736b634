"""What a figure shows, in words: the parts of the sentence that states its result.

In: numbers by name, from the rows that are drawn. Out: short texts with their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cl_utils.curriculum.arm_facts import facts_of
from cl_utils.curriculum.arms import at_full_budget
from cl_utils.labels.names import arm_label
from cl_utils.labels.numbers import fixed, points_text

BASELINE = "baseline"
MOST_TOLD = 12
"""Differences that a sentence still says one by one."""


def controls_text(arms: Iterable[str]) -> str:
    """Return what dashes mean where a control is among the arms: " Dashed: controls."."""
    dashed = any(facts_of(at_full_budget(arm)).control_of for arm in arms)
    return " Dashed: controls." if dashed else ""


def percent_text(value: float) -> str:
    """Return "72.1 %"."""
    return f"{fixed(value)} %"


def range_text(values: pd.Series) -> str:
    """Return the highest and the lowest of percentages by arm, and the baseline's own.

    "highest hybrid 74.2 %, lowest easy only 40.1 %, baseline 72.0 %"
    """
    known = values.dropna().sort_values(ascending=False, kind="stable")
    if known.empty:
        return "nothing is measured"
    first, last = known.index[0], known.index[-1]
    ends = {first: "highest ", last: "lowest "} if len(known) > 1 else {first: ""}
    told = [f"{word}{named(arm, known[arm])}" for arm, word in ends.items()]
    if BASELINE in known.index and BASELINE not in ends:
        told.append(named(BASELINE, known[BASELINE]))
    return ", ".join(told)


def named(arm: object, value: float) -> str:
    """Return "hybrid 74.2 %"."""
    return f"{arm_label(str(arm))} {percent_text(value)}"


def mean_by_arm(rows: pd.DataFrame) -> pd.Series:
    """Return the mean over seeds of each arm."""
    return rows.groupby("arm")["value"].mean()


def differences_text(rows: pd.DataFrame, names: Iterable[str]) -> str:
    """Return each row's difference and interval behind its name: "order -2.6 (-3.4 to -1.7)"."""
    told = [
        f"{name} {points_text(row)}" for name, (_, row) in zip(names, rows.iterrows(), strict=True)
    ]
    return ", ".join(told)


def extremes_text(rows: pd.DataFrame, names: Iterable[str]) -> str:
    """Return how many differences there are, how many intervals leave zero out, and both ends.

    "24 differences; intervals below zero: 12, above zero: 4; lowest: order -2.6 (-3.4 to -1.7);
    highest: ...". For more than `MOST_TOLD`, which nobody wants read out.
    """
    ranked = rows.assign(called=list(names)).sort_values("difference", kind="stable")
    lowest, highest = (differences_text(end, end["called"]) for end in (ranked[:1], ranked[-1:]))
    below, above = int((rows["high"] < 0).sum()), int((rows["low"] > 0).sum())
    return (
        f"{len(rows)} differences; intervals below zero: {below}, above zero: {above}; "
        f"lowest: {lowest}; highest: {highest}"
    )
