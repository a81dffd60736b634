"""Training that asks for the values along a program, not for its characters alone.

In: a model of the package, the values along its training corpus. Out: a second head on the model
that names them, batches that hold them, and a loss that counts them. Zaremba and Sutskever 2014
asked networks for outputs alone; intermediate results as further targets are those of Nye et al.
2021 (scratchpads), but no character is added here, and what executes programs is the model without
the second head. Not a part of the package: the study's models do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cl_utils.curriculum.schedules import Mix
from cl_utils.data.corpus_values import Values
from cl_utils.data.ragged import spread
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.gpt import GPT
from cl_utils.model.packing import Layout
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import KINDS, Batch
from cl_utils.training.loss import Objective, compiled_for, totals_by_kind
from cl_utils.training.recipes import Recipe


class TwoHeads(nn.Module):
    """Logits of the next character; while training, those of the known value behind them."""

    def __init__(self, characters: nn.Linear, values: int) -> None:
        super().__init__()
        self.characters = characters
        self.values = nn.Linear(characters.in_features, 1 + values, bias=False)
        nn.init.zeros_(self.values.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., V), or (..., V + 1 + values) while training."""
        logits: Tensor = self.characters(x)
        return torch.cat([logits, self.values(x)], dim=-1) if self.training else logits


def with_value_head(model: GPT, values: int) -> GPT:
    """Give a model a second head for so many values; its characters stay what they were."""
    with torch.random.fork_rng(devices=[]):
        model.add_module("head", TwoHeads(model.head, values).to(model.head.weight.device))
    return model


def without_value_head(model: GPT) -> GPT:
    """Take the second head away again, if there is one."""
    head = model.get_submodule("head")
    if isinstance(head, TwoHeads):
        model.add_module("head", head.characters)
    return model


@dataclass(frozen=True)
class ValuedBatch(Batch):
    """A stream with the code of the value that is known after each of its inputs."""

    values: Tensor  # (N,) int64, see `corpus_values.Values`

    def to(self, device: torch.device) -> ValuedBatch:
        """Return the batch on a device."""
        moved = super().to(device)
        return ValuedBatch(**vars(moved), values=self.values.to(device, non_blocking=True))


class ValuedBatcher(AlignedBatcher):
    """The batches of an `AlignedBatcher`, with values."""

    def __init__(self, *arguments: Any, values: Values, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.codes = values.codes
        self.sources: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def choose(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw programs as ever, and keep in mind which characters are read."""
        programs, lengths = super().choose(mix)
        self.sources = spread(self.corpus.offsets[programs], lengths)
        return programs, lengths

    def draw(self, mix: Mix) -> ValuedBatch:
        """Return a stream with exactly `characters` targets, and its values."""
        batch = super().draw(mix)
        codes = self.codes[self.sources].astype(np.int64)
        return ValuedBatch(**vars(batch), values=torch.from_numpy(codes))


def objective_with_values(
    model: GPT, recipe: Recipe, weight: float, device: torch.device, compiled: bool
) -> Objective:
    """Return batch -> (loss, totals), as `cl_utils.training.loss` does, of a model with two heads.

    The loss is that of the characters plus `weight` times the mean cross-entropy of the values that
    are known, in nats; the totals are of characters alone.
    """
    of_kind = torch.ones(KINDS, device=device)
    of_kind[len(BUCKETS) :] = recipe.output_weight
    vocabulary = model.config.vocabulary
    half = recipe.precision == "bfloat16" and (compiled or device.type != "cpu")

    def losses(
        inputs: Tensor, targets: Tensor, notes: Tensor, layout: Layout | None
    ) -> tuple[Tensor, Tensor]:
        kinds, values = notes
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = model(inputs, layout=layout)
        characters, known = logits[..., :vocabulary].float(), logits[..., vocabulary:].float()
        each = F.cross_entropy(characters, targets, reduction="none")
        weights = of_kind[kinds]
        named = F.cross_entropy(known, values, reduction="sum", ignore_index=0)
        loss = (each * weights).sum() / weights.sum()
        return loss + weight * named / (values > 0).sum().clamp(min=1), each.detach()

    forward = compiled_for(device, losses) if compiled else losses

    def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
        notes = torch.stack([batch.kinds, cast("ValuedBatch", batch).values])
        loss, each = forward(batch.inputs, batch.targets, notes, batch.layout)
        return loss, totals_by_kind(each, batch.kinds)

    return evaluate
