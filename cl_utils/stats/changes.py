"""Whether a difference of two arms changes with the circumstances: differences of differences.

In: the measures of one setting under two recipes, seeds shared. Out: a row of contrasts a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cl_utils.stats.contrasts import Contrast, family_table, paired_contrast, without_margin
from cl_utils.stats.rows import PRIMARY, Cell, Pair, paired, seed_values, select


class Change(NamedTuple):
    """A difference of two arms under two circumstances, and how both sides are named."""

    pair: Pair
    here: pd.DataFrame  # measures of one recipe
    there: pd.DataFrame  # of another
    names: Pair


def change_table(changes: Sequence[Change]) -> pd.DataFrame:
    """Return the difference here minus that there, paired by seed: a row of `contrast_table` each.

    Of the study's primary measure.
    The changes are one Holm family; one without a seed that all four of its runs have gets no row,
    but counts. There is no equivalence p: the margin is one for differences of arms.
    """
    found = [row for change in changes if (row := _contrast(change)) is not None]
    return without_margin(family_table(found, len(changes))).assign(exploratory=False)


def difference_by_seed(measures: pd.DataFrame, pair: Pair, cell: Cell = PRIMARY) -> pd.Series:
    """Return arm minus reference (points), indexed by the seeds that both have."""
    rows = select(measures, *cell)
    arm, reference = (seed_values(rows, each) for each in pair)
    return (arm - reference).dropna()


def _contrast(change: Change) -> Contrast | None:
    sides = (difference_by_seed(each, change.pair) for each in (change.here, change.there))
    samples = paired(*sides)
    return paired_contrast(samples, change.names, PRIMARY) if samples.size else None
