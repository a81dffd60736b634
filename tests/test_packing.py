"""Layouts: every character has one cell, every row one program, and moving there is undone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cl_utils.data.ragged import within
from cl_utils.errors import StudyError
from cl_utils.model.packing import GRAIN, Layout, lay_out, move, row_sizes

SIZES = (8, 16, 40)
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=30).map(
    lambda lengths: np.asarray(lengths, dtype=np.int64)
)


def sources(layout: Layout) -> torch.Tensor:
    """Return the character of every cell, row after row."""
    return torch.cat([rows.flatten() for rows in layout.rows])


@given(LENGTHS)
def test_every_character_has_one_cell_and_the_other_cells_are_empty(
    lengths: NDArray[np.int64],
) -> None:
    layout = lay_out(lengths, SIZES)
    cells = sources(layout)
    assert cells[layout.cells].tolist() == list(range(lengths.sum()))
    assert int((cells >= 0).sum()) == lengths.sum()
    assert int(cells[cells < 0].unique().numel()) <= 1


@given(LENGTHS)
def test_a_row_holds_one_whole_program_from_its_start_in_the_smallest_size(
    lengths: NDArray[np.int64],
) -> None:
    layout, starts = lay_out(lengths, SIZES, least_rows=0), np.cumsum(lengths) - lengths
    read = []
    for size, rows in zip(SIZES, layout.rows, strict=True):
        assert rows.shape[1] == size
        for row in rows.tolist():
            characters = [character for character in row if character >= 0]
            read.append((characters[0], len(characters)))
            assert characters == list(range(characters[0], characters[0] + len(characters)))
            assert row == characters + [-1] * (size - len(characters))
            assert min(each for each in SIZES if each >= len(characters)) == size
    assert sorted(read) == list(zip(starts.tolist(), lengths.tolist(), strict=True))


@given(LENGTHS)
def test_positions_count_through_each_program_from_its_start(lengths: NDArray[np.int64]) -> None:
    expected = [place for length in lengths for place in range(length)]
    assert within(lengths).tolist() == expected == lay_out(lengths, SIZES).positions.tolist()


def test_every_size_has_the_least_number_of_rows() -> None:
    assert [len(rows) for rows in lay_out(np.asarray([3, 3, 3, 20]), SIZES).rows] == [3, 2, 2]
    assert [len(rows) for rows in lay_out(np.asarray([3, 20]), SIZES, 0).rows] == [1, 0, 1]


def test_moving_to_cells_and_back_changes_nothing_and_neither_does_the_gradient() -> None:
    lengths = np.asarray([5, 1, 17])
    layout, x = lay_out(lengths, SIZES), torch.randn(23, 3, requires_grad=True)
    spread = move(x, sources(layout), layout.cells)
    back = move(spread, layout.cells, sources(layout))
    assert torch.equal(back, x) and (spread[sources(layout) < 0] == 0).all()
    weight = torch.randn(23, 3)
    (gradient,) = torch.autograd.grad((back * weight).sum(), x)
    assert torch.equal(gradient, weight)


def test_the_gradient_of_moving_is_that_of_plain_indexing() -> None:
    layout = lay_out(np.asarray([5, 1, 17]), SIZES)
    x, cells = torch.randn(23, 2, dtype=torch.float64, requires_grad=True), sources(layout)
    weight = torch.randn(len(cells), 2, dtype=torch.float64)
    plain = torch.where((cells >= 0)[:, None], x[cells.clamp(min=0)], 0.0)
    expected = torch.autograd.grad((plain * weight).sum(), x)
    assert torch.equal(
        torch.autograd.grad((move(x, cells, layout.cells) * weight).sum(), x)[0], expected[0]
    )


@given(LENGTHS, st.integers(1, 4))
def test_row_sizes_hold_every_program_and_more_sizes_cost_no_more(
    lengths: NDArray[np.int64], count: int
) -> None:
    def cost(sizes: tuple[int, ...]) -> int:
        chosen = np.asarray(sizes)[np.searchsorted(sizes, lengths)]
        return int(np.square(chosen).sum())

    sizes = row_sizes(lengths, count)
    assert len(sizes) <= count and list(sizes) == sorted(set(sizes))
    assert all(size % GRAIN == 0 for size in sizes)
    assert lengths.max() <= sizes[-1] < lengths.max() + GRAIN
    assert cost(row_sizes(lengths, count + 1)) <= cost(sizes) <= cost(row_sizes(lengths, 1))


def test_the_longest_that_fits_is_laid_out_and_one_more_is_refused() -> None:
    assert lay_out(np.asarray([40]), SIZES, 0).rows[-1].shape == (1, 40)
    with pytest.raises(StudyError, match="41 characters does not fit a row of 40"):
        lay_out(np.asarray([3, 41]), SIZES)
