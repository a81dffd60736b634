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
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cl_utils.batching import KINDS, Batch
from cl_utils.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.layout import Layout
from cl_utils.model import GPT
from cl_utils.recipes import Recipe

Objective = Callable[[Batch], tuple[Tensor, Tensor]]
MOST_ROWS = 2**20  # of one size in a batch
MOST_ROWS_ON_GPU = 2**15  # so that its kernels can count cells in 32 bits
Losses = Callable[[Tensor, Tensor, Tensor, Layout | None, Tensor | None], tuple[Tensor, Tensor]]


def objective(
    model: GPT,
    recipe: Recipe,
    device: torch.device,
    compiled: bool,
    members: int = 1,
    *,
    by_block: bool = False,
) -> Objective:
    """Return batch -> (loss, totals).

    `totals` (2, 6) holds for each kind of character (see `batching.KINDS`) the sum of its
    cross-entropies in nats, and how many there were. With several members `model` is a stack of
    them (cl_utils/stack.py): a batch holds as many characters of each, one member after another,
    with kinds that count on; the loss is the sum of theirs, and `totals` is (2, 6 S).

    With `intermediate_value_weight` model and batch need an auxiliary head and intermediate values;
    the loss then has that weight times `auxiliary_loss`, which the totals have not.

    `by_block`: compile the model's block, once for all of them, instead of the whole loss. Dozens
    of models keep a GPU busy without CUDA graphs, and this takes a fraction of the compiler's time.
    """
    weights = torch.ones(KINDS, device=device)
    weights[len(BUCKETS) :] = recipe.output_weight
    weights = weights.repeat(members)
    half = recipe.precision == "bfloat16" and (compiled or device.type != "cpu")

    def losses(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None, values: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            if values is None:
                logits = model(inputs, layout=layout)
            else:
                logits, named = model.both_heads(inputs, layout)
        each = F.cross_entropy(logits.float().flatten(0, -2), targets.flatten(), reduction="none")
        weight = weights[kinds.flatten()]
        sums = [part.view(members, -1).sum(1) for part in (each * weight, weight)]
        loss = (sums[0] / sums[1]).sum()
        if values is not None:
            loss = loss + recipe.intermediate_value_weight * auxiliary_loss(named, values, members)
        return loss, each.detach()

    forward: Losses = losses
    if compiled and by_block:
        forward = _blocks_compiled(model, losses)
    elif compiled:
        forward = _compiled(losses, device)

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        values = _asked_for(batch, recipe)
        loss, each = forward(batch.inputs, batch.targets, batch.kinds, batch.layout, values)
        return loss, totals_by_kind(each, batch.kinds, members)

    return evaluate


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


def _compiled(losses: Losses, device: torch.device) -> Losses:
    """Return `losses` compiled for a device.

    A GPU gets CUDA graphs: a step's launches are replayed as one, which asks for shapes that never
    change, and whose outputs and gradients last until the next call. On a CPU the number of rows
    may differ from batch to batch.
    """
    replayed = device.type != "cpu"
    options: dict[str, Any] = {"mode": "reduce-overhead", "dynamic": False} if replayed else {}
    compiled = torch.compile(losses, **options)

    def compute(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None, values: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        if replayed:
            torch.compiler.cudagraph_mark_step_begin()
        else:
            _let_rows_vary(layout, MOST_ROWS)
        return compiled(inputs, targets, kinds, layout, values)

    return compute


def _blocks_compiled(model: GPT, losses: Losses) -> Losses:
    """Return `losses` of a model whose blocks are compiled; the number of rows may differ."""
    for block in model.blocks:
        block.compile()

    def compute(
        inputs: Tensor, targets: Tensor, kinds: Tensor, layout: Layout | None, values: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        _let_rows_vary(layout, MOST_ROWS_ON_GPU)
        return losses(inputs, targets, kinds, layout, values)

    return compute


def _let_rows_vary(layout: Layout | None, most: int) -> None:
    for rows in () if layout is None else layout.rows:
        torch._dynamo.mark_dynamic(rows, 0, min=2, max=most)


def auxiliary_loss(logits: Tensor, codes: Tensor, members: int = 1) -> Tensor:
    """Return the mean cross-entropy, in nats, of the values that are known, those of code 0 not.

    `logits` (..., 1 + values) and `codes` (...); of S members the sum of their means.
    """
    codes = codes.flatten()
    each = F.cross_entropy(logits.float().flatten(0, -2), codes, reduction="none", ignore_index=0)
    known = (codes > 0).view(members, -1).sum(1)  # (S,)
    return (each.view(members, -1).sum(1) / known.clamp(min=1)).sum()


def totals_by_kind(losses: Tensor, kinds: Tensor, members: int = 1) -> Tensor:
    """Return (2, 6), or (2, 6 S) of S members: sum of the losses of each kind, and their number."""
    each = losses.flatten().double()  # a row of the history may add up 1e8 characters
    totals = torch.zeros(2, KINDS * members, device=losses.device, dtype=each.dtype)
    totals[0].index_add_(0, kinds.flatten(), each)
    totals[1].index_add_(0, kinds.flatten(), torch.ones_like(each))
    return totals
