"""The recipe `strong`: without its options the run that was, with them trained, resumed, saved."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from worlds import World, quiet, same_weights, small_run, trained

from cl_utils.errors import StudyError
from cl_utils.model.gpt import build
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.training.assembly import make_batcher, make_trainer
from cl_utils.training.batched_runs import train_batched
from cl_utils.training.checkpoints import load_checkpoint, load_model, save_checkpoint, save_model
from cl_utils.training.loss import objective
from cl_utils.training.optimisers import Optimisers, learning_rate_factor
from cl_utils.training.recipes import FAST, STRONG
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained, Trainer

pytestmark = pytest.mark.usefixtures("few_curve_points")
OPTIONS = {"convolution", "intermediate_value_weight"}
CPU = torch.device("cpu")


def small(arm: str = "baseline", seed: int = 0, reach: int = 3, weight: float = 1.0) -> Run:
    """Return a small run of `strong` with other options."""
    run = small_run("strong", arm, seed=seed)
    recipe = replace(STRONG, convolution=reach, intermediate_value_weight=weight)
    return replace(run, model=replace(run.model, convolution=reach), recipe=recipe)


def trainer(world: World, run: Run) -> Trainer:
    """Return a run's trainer before its first step."""
    return make_trainer(run, world.train, world.validation)


def finished(started: Trainer) -> Trained:
    """Train to the end."""
    while started.unfinished:
        started.advance()
    return started.result()


def test_strong_is_fast_and_two_options() -> None:
    differ = {f.name for f in fields(FAST) if getattr(FAST, f.name) != getattr(STRONG, f.name)}
    assert differ == OPTIONS | {"name"}
    assert (FAST.convolution, FAST.intermediate_value_weight) == (0, 0.0)


@pytest.mark.parametrize("recipe", ["paper", "fast"])
def test_without_options_nothing_of_them_is_there(world: World, recipe: str) -> None:
    """The loop written out: what a trainer does step by step, no option named anywhere."""
    run = small_run(recipe, steps=5)
    model, batcher = build(run.model, run.seed), make_batcher(run, world.train)
    optimisers = Optimisers(model, run.recipe)
    loss_of, mix = objective(model, run.recipe, CPU, False), {"easy": 0.5, "hard": 0.5}
    started = trainer(world, run)
    started.schedule.mix = lambda step: mix  # type: ignore[method-assign]
    for step in range(5):
        batch = batcher.draw(mix)
        assert batch.intermediate_values is None
        loss_of(batch)[0].backward()
        optimisers.step(learning_rate_factor(step, (0, 5), run.recipe))
    result = finished(started).model
    assert same_weights(result, model)
    names = " ".join(model.state_dict())
    assert "convolution" not in names and "auxiliary" not in names


def test_options_at_zero_are_the_recipe_fast_bit_by_bit(world: World) -> None:
    off = finished(trainer(world, small(reach=0, weight=0.0))).model
    assert same_weights(off, finished(trainer(world, small_run("fast"))).model)
    silent = finished(trainer(world, small(reach=3, weight=0.0))).model.state_dict()
    assert any(value.any() for name, value in silent.items() if "convolutions" in name)


@pytest.mark.parametrize(
    ("arm", "reach", "weight", "parts"),
    [
        ("baseline", 2, 0.0, ("convolutions",)),
        ("baseline", 0, 1.0, ("auxiliary_head",)),
        ("hybrid", 3, 1.0, ("convolutions", "auxiliary_head")),  # a new optimiser on the way
        ("hybrid-shuffled", 3, 1.0, ("convolutions", "auxiliary_head")),
        ("no-output", 3, 1.0, ("convolutions", "auxiliary_head")),
    ],
)
def test_parts_are_trained_and_a_killed_training_goes_on_with_them(
    world: World, tmp_path: Path, arm: str, reach: int, weight: float, parts: tuple[str, ...]
) -> None:
    run = small(arm, reach=reach, weight=weight)
    half, whole, continued = (trainer(world, run) for _ in range(3))
    for _ in range(half.steps // 2):
        half.advance()
    save_checkpoint(tmp_path / "half.pt", half.state())
    saved = load_checkpoint(tmp_path / "half.pt", continued.identity)
    assert saved is not None
    continued.restore(saved)
    while whole.unfinished:
        whole.advance()
    for part in parts:
        learnt = [value for name, value in whole.model.state_dict().items() if part in name]
        assert learnt and all(value.any() for value in learnt)
    assert same_weights(finished(whole).model, finished(continued).model)


def test_a_checkpoint_of_other_options_is_refused(world: World, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "run.pt", trainer(world, small()).state())
    with pytest.raises(StudyError, match="belongs to a run with recipe="):
        load_checkpoint(tmp_path / "run.pt", trainer(world, small(weight=0.5)).identity)


def test_what_is_saved_has_no_auxiliary_head_and_is_rebuilt_with_convolutions(
    world: World, tmp_path: Path
) -> None:
    run = small()
    started = trainer(world, run)
    assert started.model.auxiliary_head is not None
    counted = started.model.parameter_count
    model = finished(started).model
    assert model.auxiliary_head is None and model.parameter_count == counted
    assert counted == build(run.model, 0).parameter_count
    save_model(tmp_path, model)
    loaded = load_model(tmp_path, run.model)
    assert same_weights(loaded, model) and loaded.config.convolution == 3


def test_the_loss_weighs_what_it_is_said_to(world: World) -> None:
    weights = [finished(trainer(world, small(weight=w))).model.head.weight for w in (0.5, 0.5, 1.0)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_the_programs_drawn_are_those_of_fast(world: World) -> None:
    ours, theirs = (trainer(world, run) for run in (small(), small_run("fast")))
    for _ in range(3):
        assert torch.equal(ours.draw().inputs, theirs.draw().inputs)
    assert ours.identity["programs"] == theirs.identity["programs"]


def test_arms_of_other_labels_and_orders_learn_together_as_alone(world: World) -> None:
    """Each member has values of the programs that it reads, in the order that it reads them in."""
    arms = ("random-buckets", "baseline-in-hybrid-order", "anti-hybrid")
    runs = [small(arm, seed=seed) for seed, arm in enumerate(arms)]
    members = train_batched(runs, world.train, world.validation, report=quiet)
    for run, member in zip(runs, members, strict=True):
        assert member.model.auxiliary_head is None
        expected = trained(run, world).model.state_dict()
        for name, value in member.model.state_dict().items():
            torch.testing.assert_close(value, expected[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("profile", ["smoke", "laptop", "study", "paper"])
def test_every_profile_can_train_it(profile: str) -> None:
    params = read_params(PARAMS / f"{profile}.yaml", {"recipe": "strong", "recipes": ["strong"]})
    run = params.run()
    assert run.recipe == STRONG and run.model.convolution == STRONG.convolution
    fast = read_params(PARAMS / f"{profile}.yaml", {"recipe": "fast"}).run()
    assert run.model == replace(fast.model, convolution=STRONG.convolution)
    assert np.isclose(run.steps, fast.steps)
