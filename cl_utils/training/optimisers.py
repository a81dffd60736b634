"""Optimisers and learning rates of the recipes.

In: a model and a recipe. Out: optimisers that step together, and the learning rate's factor as a
pure function of the step within a cycle.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any, assert_never

import torch
from torch import nn

from cl_utils.training.muon import Muon, update_together
from cl_utils.training.recipes import Recipe

LATE_SHARE = 0.4  # of a cycle, over which a late decay falls


class Optimisers:
    """AdamW, or Muon for the blocks' matrices and AdamW for the rest."""

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        matrices, others = _parted(model, recipe)
        adamw = torch.optim.AdamW(
            others, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
        self.members: list[torch.optim.Optimizer] = [adamw]
        if matrices:
            self.members.append(Muon(matrices, lr=recipe.matrix_learning_rate))
        self.rates = [member.param_groups[0]["lr"] for member in self.members]

    def step(self, factor: float) -> None:
        """Update the weights with `factor` times the recipe's learning rates, clear gradients."""
        step_together([self], [factor])

    def state_of(self, parameter: nn.Parameter) -> dict[str, Any]:
        """Return what the optimiser of a parameter keeps for it, empty before the first step."""
        for member in self.members:
            if any(parameter is each for each in member.param_groups[0]["params"]):
                return member.state[parameter]  # type: ignore[no-any-return]
        raise KeyError("no optimiser has this parameter")

    def state(self) -> list[dict[str, object]]:
        """Return what a checkpoint must keep."""
        return [member.state_dict() for member in self.members]

    def restore(self, state: Sequence[dict[str, object]]) -> None:
        """Continue from a checkpoint's state."""
        for member, saved in zip(self.members, state, strict=True):
            member.load_state_dict(saved)


def step_together(several: Sequence[Optimisers], factors: Sequence[float]) -> None:
    """Take a step of each of `several`, with its own factor; Muon takes those of all at once."""
    for optimisers, factor in zip(several, factors, strict=True):
        for member, rate in zip(optimisers.members, optimisers.rates, strict=True):
            member.param_groups[0]["lr"] = rate * factor
    members = [member for optimisers in several for member in optimisers.members]
    for member in members:
        if not isinstance(member, Muon):
            member.step()
    update_together(member for member in members if isinstance(member, Muon))
    for member in members:
        member.zero_grad(set_to_none=True)


def _parted(model: nn.Module, recipe: Recipe) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    match recipe.optimiser:
        case "adamw":
            return [], list(model.parameters())
        case "muon":
            return _matrices_apart(model)
        case other:
            assert_never(other)


def _matrices_apart(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    named = list(model.named_parameters())
    matrices = [p for name, p in named if name.startswith("blocks.") and p.dim() == 2]
    chosen = {id(p) for p in matrices}
    return matrices, [p for _, p in named if id(p) not in chosen]


def learning_rate_factor(step: int, cycle: tuple[int, int], recipe: Recipe) -> float:
    """Return the factor in [0, 1] at `step` of a cycle [start, end).

    "steps": x 0.1 at 70, 80 and 90 % of the cycle, no warm-up (the authors' code). "linear": up
    over the warm-up, then straight down to zero at the cycle's end. "late": up over the warm-up,
    constant, and down to zero over the last 40 % ("warmup-stable-decay", Hu et al. 2024). "third":
    up over the warm-up, then straight down to a third at the end. "none": up over the warm-up, then
    constant.
    """
    start, end = cycle
    length, done = end - start, step - start
    warmup = max(1, round(length * recipe.warmup_share))
    rising = (done + 1) / warmup
    match recipe.decay:
        case "steps":
            return 0.1 ** bisect.bisect_right([int(length * m) for m in (0.7, 0.8, 0.9)], done)
        case "linear":
            return min(rising, (length - done) / max(1, length - warmup), 1.0)
        case "late":
            return min(rising, (length - done) / max(1, LATE_SHARE * length), 1.0)
        case "third" | "none":
            left = (length - done) / max(1, length - warmup)  # 1 at the end of the warm-up
            lowest = 1 / 3 if recipe.decay == "third" else 1.0
            return min(rising, lowest + (1 - lowest) * left, 1.0)
        case other:
            assert_never(other)


def cycle_of(step: int, boundaries: Sequence[int], steps: int) -> tuple[int, int]:
    """Return the learning-rate cycle [start, end) that holds `step`; `boundaries` begins with 0."""
    place = bisect.bisect_right(boundaries, step)
    return boundaries[place - 1], boundaries[place] if place < len(boundaries) else steps
