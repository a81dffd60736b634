"""The mean of a model's weights over the last steps of a run, which ends the run as its weights.

In: a model and the step from which on its weights count. Out: the model with their mean. At a rate
that does not fall, the mean does what a falling rate does (Izmailov et al. 2018, "Averaging weights
leads to wider optima and better generalization").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


class WeightAverage:
    """The mean of the weights after every step behind `start`; at step `end` they become it."""

    def __init__(self, model: nn.Module, *, start: int, end: int) -> None:
        """`model` keeps its parameters for the whole run, whoever changes their values."""
        self.parameters = list(model.parameters())
        self.start, self.end = start, end
        self.means = [torch.zeros_like(each, requires_grad=False) for each in self.parameters]

    @torch.no_grad()
    def after(self, step: int) -> None:
        """Take in the weights after `step` steps."""
        if step <= self.start:
            return
        for mean, weights in zip(self.means, self.parameters, strict=True):
            mean.lerp_(weights, 1.0 / (step - self.start))
        if step == self.end:
            for mean, weights in zip(self.means, self.parameters, strict=True):
                weights.copy_(mean)

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep."""
        return {"means": [mean.clone() for mean in self.means]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        for mean, saved in zip(self.means, state["means"], strict=True):
            mean.copy_(saved)
