"""What one training step reads, and the groups of characters that its loss tells apart.

In: tensors and a corpus. Out: `Batch`, the same whether it holds windows or whole programs, and
`Batcher`, what draws them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.curriculum.interface import Mix
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.packing import Layout

LOSS_GROUPS = 2 * len(BUCKETS)  # 0-2: program characters of a bucket, 3-5: its output characters


@dataclass(frozen=True)
class Batch:
    """What one step reads: windows (B, T), or a stream (N,) of whole programs and its layout."""

    inputs: Tensor  # (B, T) or (N,) int64
    targets: Tensor  # the same shape
    loss_groups: Tensor  # the same shape: each target's bucket, and whether it is output
    layout: Layout | None  # of a stream
    programs: NDArray[np.int64]  # (3,) programs that begin here, by bucket
    intermediate_values: Tensor | None = None  # as `inputs`: codes of what is known after each

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        inputs, targets, loss_groups = (
            each.to(device, non_blocking=True)
            for each in (self.inputs, self.targets, self.loss_groups)
        )
        layout = None if self.layout is None else self.layout.to(device)
        values = self.intermediate_values
        values = None if values is None else values.to(device, non_blocking=True)
        return Batch(
            inputs=inputs,
            targets=targets,
            loss_groups=loss_groups,
            layout=layout,
            programs=self.programs,
            intermediate_values=values,
        )


class Batcher(Protocol):
    """Draws one batch a step; `state` and `restore` continue the stream exactly."""

    def draw(self, mix: Mix) -> Batch:
        """Return the next batch."""

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep."""

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from a checkpoint's state."""


def loss_groups_of(corpus: Corpus) -> NDArray[np.uint8]:
    """Return the loss group of every character, (N,): its bucket, and whether it is output."""
    output = corpus.is_answer().astype(np.uint8)  # bytes: the paper's corpus has 10^8
    return corpus.buckets.repeat(corpus.lengths) + len(BUCKETS) * output
