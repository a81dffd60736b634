"""Batches made on the device: the host says which programs and how much of each, no more.

In: a corpus that stays on the device, and the programs that were drawn. Out: the stream and layout
that the processor makes of them, in rows of one size. All shapes are fixed and nothing waits for
the device, so that a GPU finds its next batch ready when a step is done.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.data.corpus import Corpus
from cl_utils.model.packing import Layout


def on_device(values: NDArray[np.generic], device: torch.device) -> Tensor:
    """Return an array as a tensor on a device, without waiting for the copy to a GPU."""
    tensor = torch.from_numpy(values)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


class DeviceBatchBuilder:
    """Makes aligned batches; `shape`: their characters, how many rows as a rule, a row's size."""

    def __init__(
        self,
        corpus: Corpus,
        loss_groups: NDArray[np.uint8],
        shape: tuple[int, int, int],
        device: torch.device,
    ) -> None:
        self.device = device
        characters, self.rows, self.row_size = shape
        self.tokens, self.loss_groups, self.offsets = (
            torch.tensor(values, device=device)
            for values in (corpus.tokens, loss_groups, corpus.offsets)
        )
        codes = corpus.intermediate_values
        self.values = None if codes is None else torch.tensor(codes, device=device)
        self.places = torch.arange(characters, device=device)  # (N,)
        self.columns = torch.arange(self.row_size, device=device)  # (T,)

    def build(
        self, programs: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None, Layout]:
        """Return inputs, targets, loss groups, intermediate values (N,) and the layout.

        `lengths`, how much of each is read, sum to N. Row r holds the program number r; the rows
        behind the last program are empty. More programs than rows get a multiple of the rows:
        seldom another shape.
        """
        slots = self.rows * max(1, -(-len(programs) // self.rows))
        drawn = np.zeros((2, slots), dtype=np.int64)
        drawn[:, : len(programs)] = programs, lengths
        chosen, counts = on_device(drawn, self.device)  # (R,) each
        ends = counts.cumsum(0)
        starts = ends - counts
        row = torch.searchsorted(ends, self.places, right=True)  # (N,) which program's
        inside = self.places - starts[row]
        sources = self.offsets[chosen[row]] + inside
        cells = starts[:, None] + self.columns  # (R, T)
        layout = Layout(
            positions=inside,
            rows=(torch.where(self.columns < counts[:, None], cells, -1),),
            cells=row * self.row_size + inside,
        )
        inputs, targets = self.tokens[sources].long(), self.tokens[sources + 1].long()
        values = None if self.values is None else self.values[sources].long()
        return inputs, targets, self.loss_groups[sources + 1].long(), values, layout
