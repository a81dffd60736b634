"""What a run is: one arm with one seed, and everything else that decides what training does.

In: a model's shape, a recipe, an arm, a seed, counts. Out: a `Run`, whose parts are what they are
called, or one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch

from cl_utils.curriculum.arms import Arm, Recorded
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.names import listed, shown
from cl_utils.training.recipes import Precision, Recipe

PARTS = (
    ("model", ModelConfig, "model.config.ModelConfig(...)"),
    ("recipe", Recipe, "training.recipes.recipe_named(...)"),
    ("arm", Arm, "curriculum.arms.arm_named(...)"),
)
"""The parts of a run, of which type they are, and what makes them."""
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One arm with one seed: everything that decides what the training loop does.

    `name` is the arm's; `recorded` the mixes that a yoked arm draws; `precision` that of matrix
    products, None for what the recipe says. Raises StudyError for parts that are none, and for
    numbers that would be rounded, or read as another.
    """

    model: ModelConfig
    recipe: Recipe
    name: str
    arm: Arm
    seed: int
    steps: int
    characters_per_step: int
    hardest_share: float = 0.5
    device: str = "cpu"
    compiled: bool = True
    precision: Precision | None = None
    recorded: Recorded = ()

    def __post_init__(self) -> None:
        """Check what a training would otherwise take for something else."""
        for name, least in (("seed", 0), ("steps", 1), ("characters_per_step", 1)):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or value < least:
                raise StudyError(f"{name}={shown(value)}: give a whole number of at least {least}")
        if self.precision not in (None, *get_args(Precision)):
            raise StudyError(
                f"precision={shown(self.precision)}: give {listed(get_args(Precision))}, or None "
                "for the recipe's"
            )
        share, numbers = self.hardest_share, int | float | np.floating
        if not isinstance(share, numbers) or isinstance(share, bool) or not 0 < share <= 1:
            raise StudyError(f"hardest_share={shown(share)}: give a number above 0, at most 1")
        for name, kind, made_by in PARTS:
            if not isinstance(getattr(self, name), kind):
                raise StudyError(f"{name}={shown(getattr(self, name))}: give cl_utils.{made_by}")
        _check_device(self.device)

    @property
    def budget(self) -> int:
        """The steps that this arm trains."""
        return max(1, round(self.steps * self.arm.budget))

    @property
    def computed_precision(self) -> Precision:
        """The precision in which this run multiplies matrices."""
        device = torch.device(self.device).type
        return self.precision or self.recipe.precision_on(device, compiled=self.compiled)


def _check_device(device: object) -> None:
    """Raise StudyError for what is no name of a device that models are trained on."""
    try:
        known = isinstance(device, str) and torch.device(device).type in DEVICES
    except RuntimeError:
        known = False
    if not known:
        raise StudyError(f"device={shown(device)}: give 'cpu' or 'cuda', or 'cuda:1', as a text")
