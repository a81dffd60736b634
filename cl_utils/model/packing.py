"""Whole programs in one stream of characters, and in the rows in which attention reads them.

In: the lengths of programs that follow one another. Out: a `Layout`. Linear layers work on the
stream, which has no padding; attention alone works on rows, one program a row, in a few sizes so
that short programs do not pay for long ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.data.ragged import character_places, within
from cl_utils.errors import StudyError

GRAIN = 8  # sizes of rows are multiples of it
SIZES = 3  # how many sizes; a fourth costs compilation time and saves nothing (docs/log/speed.md)


@dataclass(frozen=True)
class Layout:
    """Where each of the N characters of a stream lies."""

    positions: Tensor  # (N,) int64, place in the own program
    rows: tuple[Tensor, ...]  # (R, T) int64 each: which character a cell holds, -1 none
    cells: Tensor  # (N,) int64, the cell of each character, counted through all rows

    def to(self, device: torch.device) -> Layout:
        """Return the layout on a device."""
        rows = tuple(each.to(device, non_blocking=True) for each in self.rows)
        return Layout(
            positions=self.positions.to(device, non_blocking=True),
            rows=rows,
            cells=self.cells.to(device, non_blocking=True),
        )


class Move(torch.autograd.Function):
    """`x[index]`, zero where the index is -1, of an index that names no place twice.

    `inverse` is the index back, so that the gradient is an indexing too and nothing is scattered.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, index: Tensor, inverse: Tensor) -> Tensor:
        """Return (M, ...) from (N, ...)."""
        return _taken(x, index)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        """Keep the indices."""
        ctx.save_for_backward(inputs[2])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient (N, ...)."""
        return _taken(gradient, ctx.saved_tensors[0]), None, None


def move(x: Tensor, index: Tensor, inverse: Tensor) -> Tensor:
    """Return `x[index]` (M, ...) of x (N, ...); `inverse` (N,) leads back, see `Move`."""
    moved: Tensor = Move.apply(x, index, inverse)  # type: ignore[no-untyped-call]
    return moved


def _taken(x: Tensor, index: Tensor) -> Tensor:
    present = (index >= 0).view(-1, *[1] * (x.dim() - 1))
    return torch.where(present, x[index.clamp(min=0)], x.new_zeros(()))


# One row size for all programs would spend most of attention on padding, since its cost grows with
# the square of the size; a size for each length would give a compiler new shapes, and a processor
# many small products. With a few sizes, each a multiple of GRAIN, nearly all of the padding goes
# and shapes stay few. There are so few candidates that `row_sizes` tries every choice of sizes.


def lay_out(lengths: NDArray[np.int64], sizes: Sequence[int], least_rows: int = 2) -> Layout:
    """Return the layout of programs of these lengths, each in a row of the smallest size it fits.

    Every size has `least_rows` rows at least, filled up with empty ones: a constant shape for a
    compiler. Raises StudyError when a program is longer than the largest size.
    """
    if len(lengths) and lengths.max() > sizes[-1]:
        raise StudyError(
            f"a program of {lengths.max()} characters does not fit a row of {sizes[-1]}: "
            "raise `context` or lower `maximum_characters` in the params file"
        )
    starts = np.cumsum(lengths) - lengths
    size_of = np.searchsorted(sizes, lengths)
    first_cell = np.zeros(len(lengths), dtype=np.int64)
    rows, cells = [], 0
    for number, size in enumerate(sizes):
        members = np.flatnonzero(size_of == number)
        grid = np.full((max(least_rows, len(members)), size), -1, dtype=np.int64)
        columns = np.arange(size)
        grid[: len(members)] = np.where(
            columns < lengths[members, None], starts[members, None] + columns, -1
        )
        first_cell[members] = cells + size * np.arange(len(members))
        cells += grid.size
        rows.append(torch.from_numpy(grid))
    return Layout(
        positions=torch.from_numpy(within(lengths)),
        rows=tuple(rows),
        cells=torch.from_numpy(character_places(first_cell, lengths)),
    )


def row_sizes(lengths: NDArray[np.int64], count: int = SIZES) -> tuple[int, ...]:
    """Return at most `count` sizes of rows for programs of these lengths: the cheapest ones.

    Attention costs the square of a row's size for every program in it; the largest size holds the
    longest program.
    """
    grains = -(-lengths // GRAIN)
    numbers = np.bincount(grains, minlength=2)
    largest = len(numbers) - 1
    within_grain = np.cumsum(numbers)

    def cost(edges: tuple[int, ...]) -> int:
        below = np.concatenate([[0], within_grain[list(edges)]])
        return int((np.diff(below) * np.square(edges)).sum())

    inner = combinations(range(1, largest), min(count, largest) - 1)
    best = min(((*chosen, largest) for chosen in inner), key=cost)
    return tuple(GRAIN * edge for edge in best)
