"""The loss: an average of all characters in which output ones count as often as the recipe says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_model
from torch import Tensor, nn
from worlds import World, batcher_of

from cl_utils.curriculum.schedules import ALL
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.loss import objective, totals_by_group
from cl_utils.training.recipes import FAST, PAPER

CPU = torch.device("cpu")


class Fixed(nn.Module):
    """A model that gives the true character 0 always the same logit, and all others none."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, tokens: Tensor, **_: Any) -> Tensor:
        """Return the given logits (B, T, V)."""
        return self.logits


def batch_of(targets: list[int], loss_groups: list[int]) -> Batch:
    """Return a batch of one row."""
    row = torch.tensor([targets])
    return Batch(row, row, torch.tensor([loss_groups]), None, np.zeros(3, dtype=np.int64))


@pytest.mark.parametrize("weight", [1.0, 10.0])
def test_an_output_character_counts_as_often_as_the_recipe_says(weight: float) -> None:
    """Losses by hand: log 2 where both logits are 0, log 4 where the true one has a third."""
    logits = torch.tensor([[[0.0, 0.0], [0.0, np.log(3.0)]]])
    batch = batch_of([0, 0], [1, 1 + 3])
    recipe = replace(PAPER, output_weight=weight)
    loss, totals = objective(Fixed(logits), recipe, CPU, False)(batch)  # type: ignore[arg-type]
    expected = (np.log(2) + weight * np.log(4)) / (1 + weight)
    assert loss.item() == pytest.approx(expected)
    assert totals[0, [1, 4]].tolist() == pytest.approx([np.log(2), np.log(4)])
    assert totals[1].tolist() == [0, 1, 0, 0, 1, 0]


def test_totals_are_sums_and_counts_of_each_group() -> None:
    losses = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    loss_groups = torch.tensor([[0, 3, 3], [5, 0, 1]])
    totals = totals_by_group(losses, loss_groups)
    assert totals[0].tolist() == [17.0, 32.0, 0, 6.0, 0, 8.0]
    assert totals[1].tolist() == [2, 1, 0, 2, 0, 1]


@pytest.mark.parametrize("recipe", [PAPER, replace(FAST, precision="float32")])
def test_loss_and_totals_of_a_model_are_the_plain_cross_entropy(world: World, recipe: Any) -> None:
    model, batch = tiny_model(recipe.blocks, noise=0.2), batcher_of(world, recipe.name).draw(ALL)
    loss, totals = objective(model, recipe, CPU, False)(batch)
    logits = model(batch.inputs, layout=batch.layout)
    true = logits.log_softmax(-1).gather(-1, batch.targets[..., None])[..., 0].neg()
    weights = torch.tensor([1.0] * 3 + [recipe.output_weight] * 3)[batch.loss_groups]
    torch.testing.assert_close(loss, (true * weights).sum() / weights.sum())
    for group in range(LOSS_GROUPS):
        assert totals[0, group].item() == pytest.approx(
            true[batch.loss_groups == group].sum().item(), 1e-4
        )
        assert totals[1, group].item() == int((batch.loss_groups == group).sum())


def test_half_precision_is_for_compiled_code_and_leaves_weights_and_losses_in_full(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiling is left out: it takes long, and only the choice of precision is looked at."""
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    model, batch = tiny_model("modern", noise=0.2), batcher_of(world, "fast").draw(ALL)
    half, totals = objective(model, FAST, CPU, True)(batch)
    plain, _ = objective(model, FAST, CPU, False)(batch)  # float32: faster there than bfloat16
    full, _ = objective(model, replace(FAST, precision="float32"), CPU, True)(batch)
    assert plain.item() == full.item() != half.item()
    assert half.item() == pytest.approx(full.item(), rel=0.05)
    assert half.dtype == torch.float32 and totals.dtype == torch.float64
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
