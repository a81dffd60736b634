"""How numbers read in print: intervals, differences, correlations, p values, counts, nothing.

In: numbers. Out: short texts, the same in figures, tables and sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.stats.intervals import digits_of_p

MISSING: Final = "–"
MOST_DIGITS: Final = 6
STABLE_DIGITS: Final = 9
"""Behind the point: all that sums of the same numbers have in common, whatever their order."""


def fixed(value: float, digits: int = 1, sign: str = "") -> str:
    """Return a number with so many digits behind the point; `sign`: "+" for one before gains, too.

    One value has one text: means of the same rows summed in another order differ in their last
    bits, which would decide how a number between two texts, such as 61.55, is rounded. What rounds
    to zero has no minus.
    """
    stable = round(float(value), STABLE_DIGITS)  # numpy's own numbers round 0.05 to 0.0
    return f"{0.0 if round(stable, digits) == 0 else stable:{sign},.{digits}f}"


def interval_text(low: float, high: float, digits: int = 1) -> str:
    """Return "+1.0 to +2.0"; nothing where there is no interval.

    A bound of an interval that leaves zero out has as many digits as show that it does.
    """
    if pd.isna(low):
        return ""
    apart = low > 0 or high < 0
    return " to ".join(_bound_text(bound, digits, apart=apart) for bound in (low, high))


def _bound_text(bound: float, digits: int, *, apart: bool) -> str:
    while apart and round(float(bound), digits) == 0 and digits < MOST_DIGITS:
        digits += 1
    return fixed(bound, digits, "+")


def points_text(row: pd.Series, digits: int = 1) -> str:
    """Return "+1.5 (+1.0 to +2.0)", a difference with its interval where there is one."""
    interval = interval_text(row["low"], row["high"], digits)
    return fixed(row["difference"], digits, "+") + (f" ({interval})" if interval else "")


def difference_facts(row: pd.Series) -> list[str]:
    """Return "-2.6 points" and "95 % interval -3.4 to -1.7", the latter where there is one."""
    interval = interval_text(row["low"], row["high"])
    points = f"{fixed(row['difference'], sign='+')} points"
    return [points, f"95 % interval {interval}"] if interval else [points]


def mean_text(mean: float, half_width: float, digits: int = 1) -> str:
    """Return "61.4 ± 1.3", a mean with half its interval where there is one."""
    return fixed(mean, digits) + ("" if pd.isna(half_width) else f" ± {fixed(half_width, digits)}")


def rho_text(rho: float) -> str:
    """Return a correlation with two digits, or with a third where two would hide its sign."""
    return f"{rho:+.3f}" if abs(rho) < 0.005 else f"{rho:+.2f}"


def count_text(n: int, name: str) -> str:
    """Return "1 seed", "8 seeds"."""
    return f"{n} {name}" if n == 1 else f"{n} {name}s"


def counts_text(counts: Iterable[int]) -> str:
    """Return "8" where all counts are alike, "8 to 9" where they are not."""
    every = set(counts)
    return " to ".join(f"{count:,}" for count in sorted({min(every), max(every)}))


def reached_by(n: int, of: int) -> str:
    """Return how many of some trainings get somewhere: "reached by 2 of 3", or "not reached"."""
    return f"reached by {n} of {of}" if n else "not reached"


def p_text(p: float) -> str:
    """Return a p value in print, "< 0.001" below that; a dash where there is none."""
    return MISSING if pd.isna(p) else "< 0.001" if p < 0.001 else fixed(p, digits_of_p(p))


def reached_text(characters: Sequence[float]) -> str:
    """Return "11.6 (9.6 to 13.0)" in millions, the median over seeds with the least and largest.

    "never" stands for an infinite number.
    """
    values = sorted(characters)
    told = [
        f"{each / 1e6:.1f}" if isfinite(each) else "never"
        for each in (float(np.median(values)), values[0], values[-1])
    ]
    return told[0] if len(values) == 1 else f"{told[0]} ({told[1]} to {told[2]})"


def millions(parameters: int) -> str:
    """Return a number of parameters as "1.06M"."""
    return f"{parameters / 1e6:.2f}M"
