"""From difficulty to buckets: a label is a function of the metric's value alone.

In: metric values. Out: easy, medium or hard for each, and a rank in which ties are broken by a
hash of the program, never by the order in a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cl_utils.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

BUCKETS = ("easy", "medium", "hard")
PAPER_THRESHOLDS = (2.0, 4.0)  # second-hand: the paper's own text has them, its code has not


def thresholds(rule: str | Sequence[float], values: ArrayLike) -> tuple[float, float]:
    """Return the two thresholds: those given, or those that cut `values` nearest to thirds.

    A program is easy below the first, hard from the second on. With "tertiles" each cut falls
    between two values of the metric, so that equal values are never parted. Raises StudyError for
    limits out of order, and with "tertiles" for fewer than three values, or one that is not finite.
    """
    if rule != "tertiles":
        limits = [float(value) for value in rule]
        if len(limits) != 2 or not limits[0] < limits[1]:
            raise StudyError(f"thresholds {limits}: give two, the first below the second")
        return limits[0], limits[1]
    levels, counts = np.unique(_finite(values), return_counts=True)
    if len(levels) < 3:
        raise StudyError(f"the metric takes {len(levels)} values here: tertiles need at least 3")
    below = np.concatenate([[0], np.cumsum(counts)[:-1]]) / counts.sum()
    first = int(np.abs(below[1:-1] - 1 / 3).argmin()) + 1
    second = int(np.abs(below[first + 1 :] - 2 / 3).argmin()) + first + 1
    return float(levels[first]), float(levels[second])


def bucket_of(values: ArrayLike, limits: tuple[float, float]) -> NDArray[np.str_]:
    """Return the bucket of each value: easy < limits[0] <= medium < limits[1] <= hard.

    Raises StudyError for a value that is not finite.
    """
    codes = np.digitize(_finite(values), limits)
    names: NDArray[np.str_] = np.asarray(BUCKETS)[codes]
    return names


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return values as numbers; StudyError names the first that is not finite."""
    numbers: NDArray[np.float64] = np.asarray(values, dtype=float)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        name = getattr(values, "name", None) or "the metric"  # of a table's column
        raise StudyError(
            f"{name} is {numbers.flat[wrong[0]]} for {len(wrong)} of {numbers.size} "
            f"programs, first in row {wrong[0]}: give each a finite number"
        )
    return numbers


def difficulty_order(values: ArrayLike, hashes: ArrayLike) -> NDArray[np.int64]:
    """Return the indices that sort programs by the metric, equal values by their hash."""
    return np.lexsort((np.asarray(hashes), np.asarray(values, dtype=float)))


def counts_by_level(
    programs: pd.DataFrame, limits: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return how many programs of each level fall into each bucket, for each metric in `limits`.

    Columns: metric, lower, upper (the thresholds), level, bucket, programs.
    """
    import pandas as pd  # here, so that processes which draw programs start without it

    parts = []
    for metric, (lower, upper) in limits.items():
        labels = pd.Series(bucket_of(programs[metric], (lower, upper)), index=programs.index)
        counts = pd.crosstab(programs["level"], labels).reindex(columns=BUCKETS, fill_value=0)
        rows = counts.rename_axis(columns="bucket").stack().rename("programs").reset_index()
        parts.append(rows.assign(metric=metric, lower=lower, upper=upper))
    table = pd.concat(parts, ignore_index=True)
    return table[["metric", "lower", "upper", "level", "bucket", "programs"]]
