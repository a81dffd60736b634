"""What a split by text alone would have said: the leaky test set beside the natural one.

In: the measures of runs that were scored on both. Out: one row per arm, paired by run.
"""

from __future__ import annotations

import pandas as pd

from cl_utils.stats.contrasts import family_table, paired_contrast
from cl_utils.stats.rows import arms_in, paired, seed_values, select

LEAKY, HONEST = "leaky", "natural"


def leak_table(measures: pd.DataFrame, *, measure: str = "execution_exact") -> pd.DataFrame:
    """Return the rows of `contrast_table` for leaky minus natural, one an arm, one Holm family.

    Empty where no run was scored on both test sets.
    """
    leaky, honest = (select(measures, measure, name, "all") for name in (LEAKY, HONEST))
    contrasts, arms = [], []
    for arm in arms_in(leaky):
        samples = paired(seed_values(leaky, arm), seed_values(honest, arm))
        if not samples.size:
            continue
        pair = (f"{arm} on the {LEAKY} test set", f"{arm} on the {HONEST} one")
        cell = (measure, f"{LEAKY} and {HONEST}", "all")
        contrasts.append(paired_contrast(samples, pair, cell))
        arms.append(arm)
    table = family_table(contrasts, len(contrasts))
    table.insert(0, "run_arm", pd.Series(arms, dtype=object))
    return table
