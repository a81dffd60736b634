"""One contrast in a line, for who compares two arms by themselves.

In: a `Contrast`, adjusted for no other. Out: its difference with interval, n and p, and what it may
be called and shows.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from cl_utils.labels.numbers import fixed, interval_text, p_text
from cl_utils.stats.contrasts import Contrast
from cl_utils.stats.verdicts import finding, found_words, standing


def contrast_text(contrast: Contrast) -> str:
    """Return "hybrid − baseline: +5.0 points (+4.0 to +6.0), n = 8, p = 0.008: trend, higher"."""
    row = _alone(contrast)
    interval = interval_text(contrast.low, contrast.high)
    difference = f"{fixed(contrast.difference, sign='+')} points"
    facts = [f"{difference} ({interval})" if interval else difference, f"n = {contrast.n}"]
    equal = finding(row) == "equivalence"
    name, p = ("equivalence p", contrast.p_equivalence) if equal else ("p", contrast.p)
    if not np.isnan(p):
        text = p_text(p)
        facts.append(f"{name} {text}" if text.startswith("<") else f"{name} = {text}")
    said = ", ".join(filter(None, (standing_alone(contrast), found_words(row))))
    return f"{contrast.arm} − {contrast.reference}: {', '.join(facts)}: {said}"


def standing_alone(contrast: Contrast) -> str:
    """Return what a contrast may be called by itself: a "trend" at most, since undeclared."""
    called = standing(_alone(contrast))
    return "trend" if called == "claim" else called


def _alone(contrast: Contrast) -> pd.Series:
    """Return a contrast as a row of `contrast_table`, in a family of its own."""
    adjusted = {"p_holm": contrast.p, "p_equivalence_holm": contrast.p_equivalence}
    return pd.Series({**asdict(contrast), **adjusted})
