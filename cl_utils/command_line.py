"""Numbers on a command line: read and checked, or refused in a line that names the option.

In: the text behind an option. Out: what argparse takes as the `type` of that option.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def above_zero(kind: Callable[[str], float]) -> Callable[[str], float]:
    """Return what reads a number of a command line and refuses those that are not above 0."""

    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number
