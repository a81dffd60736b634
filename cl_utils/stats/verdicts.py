"""What a row of contrasts allows anyone to say: the one rule behind sentences and figures.

In: one row of `contrasts.contrast_table`. Out: how strong a finding is, and which.
"""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from cl_utils.stats.intervals import SEEDS_OF_A_TREND, SIGNIFICANCE
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN

CLAIM: Final = "claim"
"""The column of rows for a figure that says whether each may be called a claim."""
Finding = Literal["difference", "equivalence", "interval", "nothing", "single runs"]


def finding(contrast: pd.Series) -> Finding:
    """Return what one row shows.

    A difference, or equivalence, needs p < 0.05 after Holm. An interval that excludes zero is
    less. Below three seeds nothing is said of the arms.
    """
    if contrast["n"] < SEEDS_OF_A_TREND:
        return "single runs"
    if contrast["p_holm"] < SIGNIFICANCE:
        return "difference"
    if contrast["p_equivalence_holm"] < SIGNIFICANCE:
        return "equivalence"
    return "interval" if contrast["low"] > 0 or contrast["high"] < 0 else "nothing"


def found_words(contrast: pd.Series) -> str:
    """Return the finding in a few words, for what names both arms; "" where nothing is shown."""
    side = "higher" if contrast["difference"] > 0 else "lower"
    words = {
        "difference": side,
        "equivalence": f"equal within ±{EQUIVALENCE_MARGIN:g}",
        "interval": f"{side}, by the interval only",
    }
    return words.get(finding(contrast), "")


def standing(contrast: pd.Series) -> str:
    """Return "claim", "trend", "undecided" or "single runs": what the finding may be called.

    A claim needs five seeds besides its p; an interval alone is no more than a trend, whatever n
    is.
    """
    found = finding(contrast)
    if found in ("difference", "equivalence"):
        return str(contrast["at_most"])
    return {"interval": "trend", "nothing": "undecided"}.get(found, found)
