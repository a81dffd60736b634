"""Mixes: what may be drawn from, and how much of it; one check for every mix that enters a batch.

In: a mix of pools. Out: nothing, or one sentence that names the mix, the value and the fix; and
which buckets a mix draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.names import meant, shown

WHOLE: Final = "all"  # the pool of all programs
EASIEST, HARDEST = "easiest:", "hardest-of-"  # how the other pools begin that are no bucket
PARTS: Final = (*BUCKETS, *(f"{HARDEST}{bucket}" for bucket in BUCKETS))
"""The pools that lie in one bucket."""
TOLERANCE: Final = 1e-6  # of the sum of a mix: rounding alone stays far below it


def check_mix(mix: object, whose: str = "a mix") -> None:
    """Raise StudyError unless a mix names pools that exist, in finite shares >= 0 that sum to 1.

    `whose`: what the sentence calls it.
    """
    if not isinstance(mix, Mapping) or not mix:
        raise StudyError(
            f'{whose} is {shown(mix)}: give pools and their shares, such as {{"all": 1.0}}'
        )
    for pool, share in mix.items():
        check_pool(pool, whose)
        if (
            not isinstance(share, int | float | np.integer | np.floating)
            or not 0 <= share < math.inf
        ):
            raise StudyError(
                f"{whose} draws {pool} with the share {shown(share)}: give a finite number that is "
                "not negative"
            )
    total = float(sum(mix.values()))
    if abs(total - 1) > TOLERANCE:
        raise StudyError(
            f"{whose} is {shown(dict(mix))}, whose shares sum to {total:g}: make them sum to 1"
        )


def check_pool(pool: object, whose: str = "a mix") -> None:
    """Raise StudyError for a name that means no pool, or a share of the easiest out of (0, 1]."""
    if isinstance(pool, str) and pool.startswith(EASIEST):
        easiest_share(pool, whose)
    elif pool not in (WHOLE, *PARTS):
        guess = meant(pool, (WHOLE, *PARTS))
        raise StudyError(
            f"{whose} draws from pool {shown(pool)}, which does not exist{guess}: use all, "
            f"{', '.join(BUCKETS)}, hardest-of-<bucket> or easiest:<share>"
        )


def easiest_share(pool: str, whose: str = "a mix") -> float:
    """Return the share in (0, 1] of "easiest:<share>"; raise StudyError for any other."""
    written = pool.removeprefix(EASIEST)
    try:
        share = float(written)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise StudyError(
            f"{whose} draws from pool {shown(pool)}, which is no share of the programs: write a "
            'number above 0 and at most 1, such as "easiest:0.25"'
        )
    return share


def buckets_in(mix: Mapping[str, float]) -> list[str]:
    """Return the buckets that a mix can draw from, the easiest first."""
    drawn = {pool.removeprefix(HARDEST) for pool, share in mix.items() if share > 0}
    return [bucket for bucket in BUCKETS if bucket in drawn or not drawn <= set(BUCKETS)]
