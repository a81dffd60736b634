"""Places of characters in programs of different lengths that follow one another.

In: the lengths of programs, and where each begins. Out: one place a character.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def within(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, 2, ... through each program, program after program, (N,)."""
    starts = np.cumsum(lengths) - lengths
    places: NDArray[np.int64] = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    return places


def character_places(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of all characters of programs that begin at `starts`, (N,)."""
    return within(lengths) + np.repeat(starts, lengths)
