"""The batches of many runs at once, made on the device: one copy to it a step, whatever they are.

In: the corpora of S members, and at each step which programs each of them reads and how much of
each. Out: one `Batch` whose stream holds the members one after another, as `joined_batches` makes
it of theirs. Rows come in a few sizes as on a processor, but nothing is computed there a member:
with 64 members that would take longer than the step itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.packing import Layout, row_sizes
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.batches.on_device import on_device

ROWS = 64  # numbers of rows are multiples of it, so that few shapes occur
Choice = tuple[NDArray[np.int64], NDArray[np.int64]]  # programs, and characters read of each


class JointBatches:
    """Makes one batch of all members' choices; their corpora stay on the device, each once."""

    def __init__(self, batchers: Sequence[AlignedBatcher], device: torch.device) -> None:
        self.device, self.characters = device, batchers[0].characters
        self.buckets = [batcher.corpus.buckets for batcher in batchers]
        distinct = {id(batcher.corpus): batcher for batcher in batchers}
        begins, begin = {}, 0
        for key, batcher in distinct.items():
            begins[key] = begin
            begin += len(batcher.corpus.tokens)
        self.offsets = [b.corpus.offsets[:-1] + begins[id(b.corpus)] for b in batchers]
        lengths = np.concatenate([batcher.targets for batcher in distinct.values()])
        self.sizes = row_sizes(lengths)
        corpora = [batcher.corpus for batcher in distinct.values()]
        self.tokens = self._resident([corpus.tokens for corpus in corpora])
        self.loss_groups = self._resident([batcher.loss_groups for batcher in distinct.values()])
        codes = [c.intermediate_values for c in corpora if c.intermediate_values is not None]
        self.values = self._resident(codes) if codes else None
        members = torch.arange(len(batchers), device=device)
        self.loss_groups_before = (LOSS_GROUPS * members).repeat_interleave(self.characters)  # (N,)
        self.places = torch.arange(len(self.loss_groups_before), device=device)  # (N,)

    def _resident(self, columns: Sequence[NDArray[np.uint8]]) -> Tensor:
        return torch.tensor(np.concatenate(columns), device=self.device)

    # For one run it is cheapest to lay out a batch on the processor and to copy it; for dozens that
    # takes longer than the step. What the device cannot know is small: which programs are read, how
    # much of each, and which row each lies in. That is copied, in one piece, since every copy has
    # its own overhead; characters, positions and cells follow from it by arithmetic on the device.

    def expand(self, choices: Sequence[Choice]) -> Batch:
        """Return the members' batch; each choice holds `characters` characters."""
        lengths = np.concatenate([read for _, read in choices])
        sources = [
            begin[programs] for begin, (programs, _) in zip(self.offsets, choices, strict=True)
        ]
        starts = np.cumsum(lengths) - lengths
        first_cells, grids = self._rows(lengths, starts)
        table = np.stack([np.concatenate(sources), lengths, starts, first_cells])
        flat = on_device(np.concatenate([table.ravel(), *map(np.ravel, grids)]), self.device)
        source, count, start, first_cell = flat[: table.size].view(4, -1)
        program = torch.repeat_interleave(
            torch.arange(len(lengths), device=self.device), count, output_size=len(self.places)
        )
        inside = self.places - start[program]
        read = source[program] + inside
        layout = Layout(
            positions=inside,
            rows=self._grids(flat[table.size :], [grid.shape[1] for grid in grids]),
            cells=first_cell[program] + inside,
        )
        return Batch(
            inputs=self.tokens[read].long(),
            targets=self.tokens[read + 1].long(),
            loss_groups=self.loss_groups[read + 1].long() + self.loss_groups_before,
            layout=layout,
            programs=np.zeros(len(BUCKETS), dtype=np.int64),  # see `begun`
            intermediate_values=None if self.values is None else self.values[read].long(),
        )

    def begun(self, member: int, choice: Choice) -> NDArray[np.int64]:
        """Return how many programs of each bucket a member's choice begins, (3,)."""
        return np.bincount(self.buckets[member][choice[0]], minlength=len(BUCKETS))

    def _rows(
        self, lengths: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
        """Return each program's first cell (P,), and of each size its rows' starts and lengths."""
        size_of = np.searchsorted(self.sizes, lengths)
        first_cells = np.zeros_like(lengths)
        grids, cells = [], 0
        for number, size in enumerate(self.sizes):
            members = np.flatnonzero(size_of == number)
            rows = np.zeros((2, ROWS * max(1, -(-len(members) // ROWS))), dtype=np.int64)
            rows[:, : len(members)] = starts[members], lengths[members]
            first_cells[members] = cells + size * np.arange(len(members))
            cells += size * rows.shape[1]
            grids.append(rows)
        return first_cells, grids

    def _grids(self, flat: Tensor, counts: Sequence[int]) -> tuple[Tensor, ...]:
        """Return of each size which character each cell of its rows holds, (R, T), -1 none."""
        grids = []
        parts = flat.split([2 * count for count in counts])
        for size, part in zip(self.sizes, parts, strict=True):
            start, length = part.view(2, -1)
            columns = torch.arange(size, device=self.device)
            cells = start[:, None] + columns
            grids.append(torch.where(columns < length[:, None], cells, -1))
        return tuple(grids)
