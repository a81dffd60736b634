"""Rows to intervals and tests, with scipy and statsmodels; the unit is the seed.

Contents: `rows` (which rows of the measures), `contrasts` (intervals over seeds, paired differences
between arms), `programs` (rank correlation, accuracy by decile, hierarchical bootstrap).

Why the seed: one training run is one draw of weights and batches. Its 10,000 test programs share
that draw, so they are no independent repetitions of the experiment; counting them as such would
make every difference between two runs "significant". Arms are therefore paired by seed, n is the
number of seeds, and the spread between programs enters only through the hierarchical bootstrap.
"""

from cl_utils.stats.contrasts import (
    Contrast,
    Interval,
    contrast_table,
    mean_interval,
    paired_difference,
    strength,
)
from cl_utils.stats.programs import accuracy_by_decile, hierarchical_bootstrap, rank_correlation
from cl_utils.stats.rows import arms_in, seed_values, select

__all__ = [
    "Contrast",
    "Interval",
    "accuracy_by_decile",
    "contrast_table",
    "hierarchical_bootstrap",
    "mean_interval",
    "paired_difference",
    "rank_correlation",
    "arms_in",
    "seed_values",
    "select",
    "strength",
]
