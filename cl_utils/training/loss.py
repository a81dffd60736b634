"""The training loss: cross-entropy of every character, output characters weighted by the recipe.

In: a model and a batch. Out: the loss to minimise, and the sums that make up the loss of each
bucket without a second pass. A recipe may add an auxiliary loss: the model has to name the
intermediate value that stands fixed after each character. Zaremba and Sutskever 2014 asked networks
for outputs alone; Nye et al. 2021 (scratchpads) made intermediate results further targets, there as
text that the model writes. Here no character is added, and what executes programs is the model
without its auxiliary head.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.model.packing import Layout
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.compilation import Losses, compiled_for, with_compiled_blocks
from cl_utils.training.recipes import Precision, Recipe

Objective = Callable[[Batch], tuple[Tensor, Tensor]]


def objective(
    model: GPT,
    recipe: Recipe,
    device: torch.device,
    compiled: bool,
    members: int = 1,
    *,
    by_block: bool = False,
    precision: Precision | None = None,
) -> Objective:
    """Return batch -> (loss, totals).

    `totals` (2, 6) holds for each loss group (see `batch.LOSS_GROUPS`) the sum of its
    cross-entropies in nats, and how many there were. With several members `model` is a batched
    model (see `batched_runs`): a batch holds as many characters of each, one member after another,
    with loss groups that count on; the loss is the sum of theirs, and `totals` is (2, 6 S).

    With `intermediate_value_weight` model and batch need an auxiliary head and intermediate values;
    the loss then has that weight times `auxiliary_loss`, which the totals have not.

    `by_block`: compile the blocks instead of the whole loss, see `compilation`. `precision`: of
    matrix products, instead of the recipe's.
    """
    multiplied = precision or recipe.precision_on(device.type, compiled=compiled)
    forward = _losses(model, recipe, device, members, multiplied == "bfloat16")
    if compiled and by_block:
        forward = with_compiled_blocks(model, forward)
    elif compiled:
        forward = compiled_for(device, forward)

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        values = _asked_for(batch, recipe)
        loss, each = forward(batch.inputs, batch.targets, batch.loss_groups, batch.layout, values)
        return loss, totals_by_group(each, batch.loss_groups, members)

    return evaluate


def _losses(
    model: GPT, recipe: Recipe, device: torch.device, members: int, use_autocast: bool
) -> Losses:
    """Return the forward pass: from a batch's tensors to the loss and that of each character."""
    weights = _weights(recipe, device).repeat(members)

    def losses(
        inputs: Tensor, targets: Tensor, groups: Tensor, layout: Layout | None, codes: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16, enabled=use_autocast):
            if codes is None:
                logits = model(inputs, layout=layout)
            else:
                logits, named = model.both_heads(inputs, layout)
        each = F.cross_entropy(logits.float().flatten(0, -2), targets.flatten(), reduction="none")
        weight = weights[groups.flatten()]
        sums = [part.view(members, -1).sum(1) for part in (each * weight, weight)]
        loss = (sums[0] / sums[1]).sum()
        if codes is not None:
            loss = loss + recipe.intermediate_value_weight * auxiliary_loss(named, codes, members)
        return loss, each.detach()

    return losses


def _weights(recipe: Recipe, device: torch.device) -> Tensor:
    """Return the weight of each loss group, (6,)."""
    weights = torch.ones(LOSS_GROUPS, device=device)
    weights[len(BUCKETS) :] = recipe.output_weight
    return weights


def _asked_for(batch: Batch, recipe: Recipe) -> Tensor | None:
    """Return the intermediate values that a recipe asks for; None where it asks for none."""
    if not recipe.intermediate_value_weight:
        return None
    if batch.intermediate_values is None:
        raise StudyError(
            f"the recipe {recipe.name!r} asks for intermediate values, which the batch lacks: draw "
            "it from a corpus of `with_intermediate_values`"
        )
    return batch.intermediate_values


def auxiliary_loss(logits: Tensor, codes: Tensor, members: int = 1) -> Tensor:
    """Return the mean cross-entropy, in nats, of the values that are known, those of code 0 not.

    `logits` (..., 1 + values) and `codes` (...); of S members the sum of their means.
    """
    codes = codes.flatten()
    each = F.cross_entropy(logits.float().flatten(0, -2), codes, reduction="none", ignore_index=0)
    known = (codes > 0).view(members, -1).sum(1)  # (S,)
    return (each.view(members, -1).sum(1) / known.clamp(min=1)).sum()


def totals_by_group(losses: Tensor, loss_groups: Tensor, members: int = 1) -> Tensor:
    """Return (2, 6), or (2, 6 S) of S members: the losses of each group added up, and counted."""
    each = losses.flatten().double()  # a row of the history may add up 1e8 characters
    totals = torch.zeros(2, LOSS_GROUPS * members, device=losses.device, dtype=each.dtype)
    totals[0].index_add_(0, loss_groups.flatten(), each)
    totals[1].index_add_(0, loss_groups.flatten(), torch.ones_like(each))
    return totals
