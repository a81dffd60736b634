"""Many runs as one batched model: every member ends as if it had been trained alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from worlds import World, quiet, small_run, trained

from cl_utils.errors import StudyError
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batched_runs import joined_batches
from cl_utils.training.batches.joint import JointBatches
from cl_utils.training.joint_optimisers import JointOptimisers
from cl_utils.training.joint_runs import JointRuns
from cl_utils.training.loop import Monitor, run_until_finished
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.recipes import FAST, STRONG
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("few_curve_points")
ARMS = ("baseline", "hybrid", "hybrid-shuffled", "random-buckets", "mastery")


def runs_of(recipe: str = "fast") -> list[Run]:
    """Return a small run of each kind of arm; hybrid restarts at steps 2 and 5."""
    return [small_run(recipe, arm, seed=seed) for seed, arm in enumerate(ARMS)]


def trainers_of(world: World, recipe: str = "fast") -> list[Trainer]:
    """Return the trainers of `runs_of`."""
    return [make_trainer(run, world.train, world.validation) for run in runs_of(recipe)]


@pytest.mark.parametrize("recipe", ["fast", "strong"])
def test_a_joint_batch_is_the_members_batches_joined(world: World, recipe: str) -> None:
    ours, theirs = trainers_of(world, recipe), trainers_of(world, recipe)
    made = JointBatches([each.batcher for each in ours], torch.device("cpu"))  # type: ignore[misc]
    for _ in range(3):
        choices = [each.batcher.choose(each.begin_step()) for each in ours]  # type: ignore[attr-defined]
        batch, expected = made.expand(choices), joined_batches([each.draw() for each in theirs])
        for name in ("inputs", "targets", "loss_groups", "intermediate_values"):
            made_of, drawn = getattr(batch, name), getattr(expected, name)
            assert made_of is drawn is None or torch.equal(made_of, drawn)
        assert batch.layout is not None
        held = torch.cat([rows.flatten() for rows in batch.layout.rows])
        assert torch.equal(held[batch.layout.cells], torch.arange(len(batch.inputs)))
        assert int((held >= 0).sum()) == len(batch.inputs)


def test_members_end_as_they_would_alone(world: World) -> None:
    recipe = replace(STRONG, optimiser="adamw", learning_rate=3e-3, weight_decay=0.01)
    runs = [replace(run, recipe=recipe) for run in runs_of("strong")]
    trainers = [make_trainer(run, world.train, world.validation) for run in runs]
    joint = JointRuns(trainers)
    run_until_finished([Monitor(trainer, None, quiet) for trainer in trainers], joint.advance)
    joint.release()
    for run, trainer in zip(runs, trainers, strict=True):
        alone, member = trained(run, world), trainer.result()
        assert alone.characters == member.characters
        for ours, theirs in zip(member.model.parameters(), alone.model.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
        shares = [table.filter(like="share") for table in (alone.history, member.history)]
        pd.testing.assert_frame_equal(*shares)


@pytest.mark.parametrize("arm", ["baseline", "hybrid", "hybrid-shuffled", "competence"])
def test_programs_of_many_steps_are_those_chosen_one_by_one(world: World, arm: str) -> None:
    runs = [small_run("fast", arm, steps=60) for _ in "ab"]
    ours, theirs = (make_trainer(run, world.train, world.validation) for run in runs)
    stack = JointRuns([ours])
    for _ in range(60):
        programs, lengths = stack._choose(0)
        expected = theirs.batcher.choose(theirs.begin_step())  # type: ignore[attr-defined]
        assert np.array_equal(programs, expected[0]) and np.array_equal(lengths, expected[1])
        ours.step += 1
        theirs.step += 1
    assert stack.at_rest and ours.mixes == theirs.mixes
    assert ours.batcher.state() == theirs.batcher.state()


@pytest.mark.parametrize("kept", [False, True], ids=["at once", "given back in between"])
def test_one_update_for_all_is_each_members_own(world: World, kept: bool) -> None:
    ours, theirs = trainers_of(world), trainers_of(world)
    generator = torch.Generator().manual_seed(0)
    joint = JointRuns(ours)
    for step in range(4):
        if step == 2:  # one member restarts
            theirs[1].optimisers = Optimisers(theirs[1].model, FAST)
            joint.joint_optimisers.restart(1)
        gradients = [
            {n: torch.randn(p.shape, generator=generator) for n, p in each.model.named_parameters()}
            for each in theirs
        ]
        for name, whole in joint.model.named_parameters():
            whole.grad = torch.stack([each[name] for each in gradients])
        joint.joint_optimisers.step([0.5, 1.0, 0.25, 1.0, 0.75])
        for each, factor, wanted in zip(
            theirs, (0.5, 1.0, 0.25, 1.0, 0.75), gradients, strict=True
        ):
            for name, parameter in each.model.named_parameters():
                parameter.grad = wanted[name]
            each.optimisers.step(factor)
        if kept and step == 2:
            joint.keep_states()
            joint.joint_optimisers = JointOptimisers([t.optimisers for t in ours], joint.shares)
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine.model.parameters(), other.model.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_windows_are_refused(world: World) -> None:
    with pytest.raises(StudyError, match="train them as a `BatchedModel`"):
        JointRuns(trainers_of(world, "paper"))
