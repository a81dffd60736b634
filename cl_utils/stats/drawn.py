"""Of which buckets the programs of a run were.

In: the history of runs (columns arm, seed, step, share_easy, share_medium, share_hard; a row sums
up the steps since the one before). Out: shares by arm.
"""

from __future__ import annotations

import pandas as pd

from cl_utils.difficulty.buckets import BUCKETS


def drawn_shares(history: pd.DataFrame) -> pd.DataFrame:
    """Return a row per arm: the share of each bucket over the whole training, mean over seeds.

    A row of the history counts as often as it has steps: the last may have fewer.
    """
    rows = history.sort_values(["arm", "seed", "step"])
    run = [rows["arm"], rows["seed"]]
    steps = rows.groupby(run)["step"].diff().fillna(rows["step"])
    shares = rows[[f"share_{bucket}" for bucket in BUCKETS]].set_axis(list(BUCKETS), axis=1)
    drawn = shares.mul(steps, axis=0).groupby(run).sum()
    return drawn.div(steps.groupby(run).sum(), axis=0).groupby("arm").mean()
