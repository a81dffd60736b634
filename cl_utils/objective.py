"""The training loss: cross-entropy of every character, output characters weighted by the recipe.

In: a model and a batch. Out: the loss to minimise, and the sums that make up the loss of each
bucket without a second pass.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cl_utils.batching import KINDS, Batch
from cl_utils.buckets import BUCKETS
from cl_utils.layout import Layout
from cl_utils.model import GPT
from cl_utils.recipes import Recipe

Objective = Callable[[Batch], tuple[Tensor, Tensor]]


def objective(model: GPT, recipe: Recipe, device: torch.device, compiled: bool) -> Objective:
    """Return batch -> (loss, totals).

    `totals` (2, 6) holds for each kind of character (see `batching.KINDS`) the sum of its
    cross-entropies in nats, and how many there were.
    """
    weights = torch.ones(KINDS, device=device)
    weights[len(BUCKETS) :] = recipe.output_weight
    half = recipe.precision == "bfloat16" and (compiled or device.type != "cpu")

    def losses(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = model(inputs, layout=layout)
        each = F.cross_entropy(logits.float().flatten(0, -2), targets.flatten(), reduction="none")
        weight = weights[kinds.flatten()]
        return (each * weight).sum() / weight.sum(), each.detach()

    forward = torch.compile(losses) if compiled else losses

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        if compiled and batch.layout is not None:
            for rows in batch.layout.rows:  # their number differs from batch to batch
                torch._dynamo.mark_dynamic(rows, 0, min=2, max=2**20)
        loss, each = forward(batch.inputs, batch.targets, batch.kinds, batch.layout)
        return loss, totals_by_kind(each, batch.kinds)

    return evaluate


def totals_by_kind(losses: Tensor, kinds: Tensor) -> Tensor:
    """Return (2, 6): sum of the losses of each kind, and their number."""
    each = losses.flatten().double()  # a row of the history may add up 1e8 characters
    totals = torch.zeros(2, KINDS, device=losses.device, dtype=each.dtype)
    totals[0].index_add_(0, kinds.flatten(), each)
    totals[1].index_add_(0, kinds.flatten(), torch.ones_like(each))
    return totals
