"""Differences of differences: paired by seed, one family, and a change without rows counts."""

from __future__ import annotations

import pandas as pd
import pytest
from factories import every_arm

from cl_utils.stats.changes import Change, change_table, difference_by_seed
from cl_utils.stats.rows import PRIMARY

PAIR = ("hybrid-norestart", "hybrid-shuffled")
NAMES = ("the effect here", "that there")


def raised(points: float, seeds: range = range(8)) -> pd.DataFrame:
    """Return measures of these seeds in which hybrid-norestart is so many points better."""
    rows = every_arm().measures
    rows = rows[rows["seed"].isin(seeds)]
    return rows.assign(value=rows["value"] + points * (rows["arm"] == PAIR[0]))


def test_a_change_is_the_difference_of_both_differences() -> None:
    """Both differ by the same points in every seed, so the interval is a point."""
    row = change_table([Change(PAIR, raised(7.0), raised(0.0), NAMES)]).iloc[0]
    here = difference_by_seed(raised(7.0), PAIR)
    assert row["difference"] == pytest.approx(7.0)
    assert row["low"] == pytest.approx(7.0) and row["high"] == pytest.approx(7.0)
    assert row["arm_mean"] == pytest.approx(here.mean())
    assert row["reference_mean"] == pytest.approx(here.mean() - 7.0)
    assert (row["arm"], row["reference"]) == NAMES
    assert (row["measure"], row["test_set"], row["subset"]) == PRIMARY
    assert row["p"] == pytest.approx(2 / 2 ** row["n"])


def test_a_seed_that_one_side_lacks_does_not_count() -> None:
    row = change_table([Change(PAIR, raised(7.0, range(3)), raised(0.0), NAMES)]).iloc[0]
    assert row["n"] == 3


def test_a_change_without_rows_counts_in_the_family() -> None:
    nothing = raised(0.0).head(0)
    one = Change(PAIR, raised(7.0), raised(0.0), NAMES)
    table = change_table([one, Change(PAIR, nothing, raised(0.0), NAMES)])
    assert len(table) == 1 and table["family"].iloc[0] == 2
    assert table["p_holm"].iloc[0] == pytest.approx(2 * table["p"].iloc[0])
    assert change_table([]).empty


def test_changes_have_no_equivalence_p() -> None:
    table = change_table([Change(PAIR, raised(0.0), raised(0.0), NAMES)])
    assert table[["p_equivalence", "p_equivalence_holm"]].isna().all(axis=None)
    assert not table["exploratory"].any()


def test_the_reference_is_taken_from_the_arm() -> None:
    there = difference_by_seed(every_arm().measures, PAIR)
    assert difference_by_seed(every_arm().measures, PAIR[::-1]).tolist() == (-there).tolist()
