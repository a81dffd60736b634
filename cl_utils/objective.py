"""The training loss: cross-entropy of every character, output characters weighted by the recipe.

In: a model and a batch. Out: the loss to minimise, and the sums that make up the loss of each
bucket without a second pass.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cl_utils.batching import PADDING, Batch
from cl_utils.buckets import BUCKETS
from cl_utils.model import GPT
from cl_utils.recipes import Recipe

Objective = Callable[[Batch], tuple[Tensor, Tensor]]


def objective(model: GPT, recipe: Recipe, device: torch.device, compiled: bool) -> Objective:
    """Return batch -> (loss, totals).

    `totals` (2, 7) holds for each kind of character (see `batching.PADDING`) the sum of its
    cross-entropies in nats, and how many there were.
    """
    weights = torch.ones(PADDING + 1)
    weights[len(BUCKETS) : PADDING] = recipe.output_weight
    weights[PADDING] = 0.0
    weights = weights.to(device)
    half = recipe.precision == "bfloat16" and (compiled or device.type != "cpu")

    def losses(
        inputs: Tensor,
        targets: Tensor,
        kinds: Tensor,
        positions: Tensor | None,
        documents: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = model(inputs, positions=positions, documents=documents)
        each = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
        weight = weights[kinds.flatten()]
        return (each * weight).sum() / weight.sum(), each.detach()

    forward = torch.compile(losses, dynamic=False) if compiled else losses

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        loss, each = forward(
            batch.inputs, batch.targets, batch.kinds, batch.positions, batch.documents
        )
        return loss, totals_by_kind(each, batch.kinds)

    return evaluate


def totals_by_kind(losses: Tensor, kinds: Tensor) -> Tensor:
    """Return (2, 7): sum of the losses of each kind, and their number."""
    each = losses.flatten().double()  # a row of the history may add up 1e8 characters
    totals = torch.zeros(2, PADDING + 1, device=losses.device, dtype=each.dtype)
    totals[0].index_add_(0, kinds.flatten(), each)
    totals[1].index_add_(0, kinds.flatten(), torch.ones_like(each))
    return totals
