"""Packing: programs lie whole in one row, side by side, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_utils.errors import StudyError
from cl_utils.packing import pack, spread

ROW = 16
LENGTHS = st.lists(st.integers(1, ROW), max_size=60).map(lambda x: np.asarray(x, dtype=np.int64))


@given(LENGTHS)
def test_all_programs_are_placed_whole_and_none_overlaps(lengths: np.ndarray) -> None:
    starts = pack(lengths, ROW)
    assert (starts >= 0).all()
    assert (starts // ROW == (starts + lengths - 1) // ROW).all()
    places = spread(starts, lengths)
    assert len(set(places.tolist())) == lengths.sum() == len(places)


@given(LENGTHS)
def test_no_row_is_left_empty_and_no_two_rows_would_fit_one(lengths: np.ndarray) -> None:
    starts = pack(lengths, ROW)
    filled = np.bincount(starts // ROW, weights=lengths) if len(lengths) else np.empty(0)
    assert (filled > 0).all()
    assert (np.sort(filled)[:2].sum() > ROW) or len(filled) < 2


@given(LENGTHS, st.integers(0, 8))
def test_a_fixed_grid_keeps_its_size_and_says_what_found_no_room(
    lengths: np.ndarray, rows: int
) -> None:
    starts = pack(lengths, ROW, rows)
    placed = starts >= 0
    assert (starts[~placed] == -1).all() and (starts < rows * ROW).all()
    places = spread(starts[placed], lengths[placed])
    assert len(set(places.tolist())) == len(places)
    needed = int(pack(lengths, ROW).max(initial=-1)) // ROW + 1
    assert placed.all() == (needed <= rows)


@given(LENGTHS)
def test_spread_counts_through_each_program_from_its_start(lengths: np.ndarray) -> None:
    starts = np.arange(len(lengths), dtype=np.int64) * 100
    expected = [s + i for s, n in zip(starts, lengths, strict=True) for i in range(n)]
    assert spread(starts, lengths).tolist() == expected


def test_the_longest_that_fits_fills_a_row_and_one_more_is_refused() -> None:
    assert pack(np.asarray([ROW, ROW]), ROW).tolist() == [0, ROW]
    with pytest.raises(StudyError, match="17 characters does not fit a row of 16"):
        pack(np.asarray([3, ROW + 1]), ROW)
