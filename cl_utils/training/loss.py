"""The training loss: cross-entropy of every character, output characters weighted by the recipe.

In: a model and a batch. Out: the loss to minimise, and the sums that make up the loss of each
bucket without a second pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.packing import Layout
from cl_utils.training.batches.batch import KINDS, Batch
from cl_utils.training.recipes import Recipe

Objective = Callable[[Batch], tuple[Tensor, Tensor]]
Losses = Callable[[Tensor, Tensor, Tensor, Layout | None], tuple[Tensor, Tensor]]


def objective(
    model: nn.Module, recipe: Recipe, device: torch.device, compiled: bool, members: int = 1
) -> Objective:
    """Return batch -> (loss, totals).

    `totals` (2, 6) holds for each kind of character (see `batch.KINDS`) the sum of its
    cross-entropies in nats, and how many there were. With several members `model` is a stack of
    them (see `batched_runs`): a batch holds as many characters of each, one member after another,
    with kinds that count on; the loss is the sum of theirs, and `totals` is (2, 6 S).
    """
    weights = torch.ones(KINDS, device=device)
    weights[len(BUCKETS) :] = recipe.output_weight
    weights = weights.repeat(members)
    half = recipe.precision == "bfloat16" and (compiled or device.type != "cpu")

    def losses(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = model(inputs, layout=layout)
        each = F.cross_entropy(logits.float().flatten(0, -2), targets.flatten(), reduction="none")
        weight = weights[kinds.flatten()]
        sums = [part.view(members, -1).sum(1) for part in (each * weight, weight)]
        return (sums[0] / sums[1]).sum(), each.detach()

    forward = compiled_for(device, losses) if compiled else losses

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        loss, each = forward(batch.inputs, batch.targets, batch.kinds, batch.layout)
        return loss, totals_by_kind(each, batch.kinds, members)

    return evaluate


def compiled_for(device: torch.device, losses: Losses) -> Losses:
    """Return `losses` compiled for a device.

    A GPU gets CUDA graphs: a step's launches are replayed as one, which asks for shapes that never
    change, and whose outputs and gradients last until the next call. On a CPU the number of rows
    may differ from batch to batch.
    """
    replayed = device.type != "cpu"
    options: dict[str, Any] = {"mode": "reduce-overhead", "dynamic": False} if replayed else {}
    compiled = torch.compile(losses, **options)

    def compute(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None
    ) -> tuple[Tensor, Tensor]:
        if replayed:
            torch.compiler.cudagraph_mark_step_begin()
        elif layout is not None:
            for rows in layout.rows:
                torch._dynamo.mark_dynamic(rows, 0, min=2, max=2**20)
        return compiled(inputs, targets, kinds, layout)

    return compute


def totals_by_kind(losses: Tensor, kinds: Tensor, members: int = 1) -> Tensor:
    """Return (2, 6), or (2, 6 S) of S members: sum of the losses of each kind, and their number."""
    each = losses.flatten().double()  # a row of the history may add up 1e8 characters
    totals = torch.zeros(2, KINDS * members, device=losses.device, dtype=each.dtype)
    totals[0].index_add_(0, kinds.flatten(), each)
    totals[1].index_add_(0, kinds.flatten(), torch.ones_like(each))
    return totals
