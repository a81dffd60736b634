"""The mean of the last weights: exact, part of a checkpoint, nothing where it is not asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from worlds import World, quiet, same_weights, small_run

from cl_utils.training.assembly import make_trainer
from cl_utils.training.averaging import WeightAverage
from cl_utils.training.batched_runs import train_batched
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.loop import train
from cl_utils.training.optimisers import learning_rate_factor
from cl_utils.training.recipes import RECIPES
from cl_utils.training.run import Run

pytestmark = pytest.mark.usefixtures("few_curve_points")
STEPS = 10


def averaged_run(share: float = 0.4, seed: int = 0, arm: str = "baseline") -> Run:
    run = small_run("fast-constant", arm, steps=STEPS, seed=seed)
    return replace(run, recipe=replace(run.recipe, averaged_share=share))


def test_the_weights_become_the_mean_of_those_after_the_last_steps() -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = WeightAverage(layer, start=2, end=5)
    for step, value in enumerate((9.0, 9.0, 1.0, 2.0, 6.0), start=1):
        with torch.no_grad():
            layer.weight.fill_(value)
        average.after(step)
        assert layer.weight.item() == pytest.approx(value if step < 5 else 3.0)


def test_a_run_ends_with_the_mean_of_its_own_last_weights(world: World) -> None:
    plain, averaged = (
        make_trainer(averaged_run(share), world.train, world.validation) for share in (0.0, 0.4)
    )
    last = []
    while plain.unfinished:
        plain.advance()
        averaged.advance()
        last.append([each.detach().clone() for each in plain.model.parameters()])
    means = [torch.stack(each).mean(0) for each in zip(*last[-4:], strict=True)]
    for mean, weights in zip(means, averaged.model.parameters(), strict=True):
        torch.testing.assert_close(weights, mean)


def test_killed_and_continued_it_ends_with_the_same_weights(world: World, tmp_path: Path) -> None:
    run, path = averaged_run(), tmp_path / "checkpoint.pt"
    whole = train(run, world.train, world.validation, report=quiet)
    trainer = make_trainer(run, world.train, world.validation)
    for _ in range(8):  # of which the last two were averaged
        trainer.advance()
    save_checkpoint(path, trainer.state())
    assert load_checkpoint(path, trainer.identity) is not None
    continued = train(run, world.train, world.validation, checkpoint=path, report=quiet)
    assert same_weights(continued.model, whole.model)


def test_members_of_a_batched_model_are_averaged_as_alone(world: World) -> None:
    runs = [averaged_run(seed=seed) for seed in range(2)]
    together = train_batched(runs, world.train, world.validation, report=quiet)
    for run, batched in zip(runs, together, strict=True):
        alone = train(run, world.train, world.validation, report=quiet)
        for ours, theirs in zip(batched.model.parameters(), alone.model.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("fast", [0.5, 1.0, 1.0, 0.5, 0.0]),
        ("fast-third", [0.5, 1.0, 1.0, 2 / 3, 1 / 3]),
        ("fast-constant", [0.5, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_rates_fall_to_zero_to_a_third_or_not_at_all(name: str, factors: list[float]) -> None:
    """After the first, the second and no step of a warm-up of two, in the middle, at the end."""
    recipe, cycle = RECIPES[name], (0, 100)
    steps = (0, 1, 2, 51, 100)
    found = [learning_rate_factor(step, cycle, recipe) for step in steps]
    assert found == pytest.approx(factors)


@pytest.mark.parametrize("base", ["fast", "strong"])
def test_the_flat_recipes_differ_in_the_rate_and_its_average_alone(base: str) -> None:
    for name in (f"{base}-third", f"{base}-constant"):
        ours, theirs = vars(RECIPES[name]), vars(RECIPES[base])
        differing = {key for key in ours if ours[key] != theirs[key]}
        assert differing <= {"name", "decay", "averaged_share"}
