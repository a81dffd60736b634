"""A batched model: every member ends as if it had been trained alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tiny import tiny_model
from worlds import (
    ONE_A_KIND,
    WITHOUT_AVERAGE,
    World,
    batcher_of,
    quiet,
    same_weights,
    small_run,
    trained,
)

from cl_utils.curriculum.schedules import ALL
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.model.packing import lay_out
from cl_utils.model.stacked_layers import stacked
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.training import batched_runs, loop
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batched_runs import (
    BatchedModel,
    joined_batches,
    joined_layout,
    train_batched,
)
from cl_utils.training.batches.batch import LOSS_GROUPS
from cl_utils.training.loss import objective
from cl_utils.training.recipes import RECIPES
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained, Trainer

pytestmark = pytest.mark.usefixtures("few_curve_points")
SCHEDULES = ("baseline", "hybrid", "mastery")  # hybrid restarts at steps 2 and 5
kinds = pytest.mark.parametrize("recipe", ONE_A_KIND)
kinds_without_average = pytest.mark.parametrize("recipe", WITHOUT_AVERAGE)


def three(recipe: str) -> list[Run]:
    """Return three small runs of different schedules and seeds."""
    return [small_run(recipe, schedule, seed=seed) for seed, schedule in enumerate(SCHEDULES)]


def together(runs: list[Run], world: World, checkpoints: list[Path] | None = None) -> list[Trained]:
    """Train runs on the world's corpora as one batched model."""
    corpora = (world.train, world.validation)
    return train_batched(runs, *corpora, checkpoints=checkpoints, report=quiet)


def assert_close_runs(first: Trained, second: Trained) -> None:
    """Two runs saw the same and learnt the same, up to rounding."""
    assert first.characters == second.characters
    for ours, theirs in zip(first.model.parameters(), second.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    for name in ("history", "curve"):
        tables = [
            getattr(each, name).drop(columns=["seconds", "characters_per_second"], errors="ignore")
            for each in (first, second)
        ]
        pd.testing.assert_frame_equal(*tables, rtol=1e-4)


class Uninterrupted:
    """What three runs of each recipe end as, alone and together: trained once, compared often."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alone = cache(self._alone)
        self.together = cache(self._together)

    def _alone(self, recipe: str) -> list[Trained]:
        return [trained(run, self.world) for run in three(recipe)]

    def _together(self, recipe: str) -> list[Trained]:
        return together(three(recipe), self.world)


@pytest.fixture(scope="module")
def uninterrupted(coded_world: World) -> Uninterrupted:
    """The ends of runs that nothing interrupts."""
    return Uninterrupted(coded_world)


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Kill a batched model before step `step` (from 0) of its first member; see that it was."""
    advance = BatchedModel.advance

    def dying(each: BatchedModel) -> None:
        if each.trainers[0].step == step:
            raise KeyboardInterrupt
        advance(each)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchedModel, "advance", dying)
        with pytest.raises(KeyboardInterrupt):
            yield


@kinds
def test_members_of_a_stack_end_as_they_would_alone(
    uninterrupted: Uninterrupted, recipe: str
) -> None:
    members = uninterrupted.together(recipe)
    assert not same_weights(members[0].model, members[1].model)
    for run, member, alone in zip(three(recipe), members, uninterrupted.alone(recipe), strict=True):
        assert member.characters == run.steps * run.characters_per_step
        assert_close_runs(member, alone)


@kinds_without_average
def test_a_batched_model_killed_and_continued_ends_as_an_uninterrupted_one(
    coded_world: World,
    uninterrupted: Uninterrupted,
    recipe: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    runs, paths = three(recipe), [tmp_path / f"{seed}.pt" for seed in range(3)]
    for step in (0, 2, 3, 11):
        with killed_at(step):
            together(runs, coded_world, paths)
    ends = together(runs, coded_world, paths)
    for first, second in zip(ends, uninterrupted.together(recipe), strict=True):
        assert same_weights(first.model, second.model)
        columns = ["seconds", "characters_per_second"]
        histories = [each.history.drop(columns=columns[1]) for each in (first, second)]
        pd.testing.assert_frame_equal(*histories, check_exact=True)


@kinds_without_average
def test_a_run_begun_alone_continues_in_a_batched_model_and_the_other_way_round(
    coded_world: World,
    uninterrupted: Uninterrupted,
    recipe: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is three steps behind the others, so that they end before it and idle along."""
    runs, paths = three(recipe), [tmp_path / f"{seed}.pt" for seed in range(3)]
    for run, path, step in zip(runs, paths, (3, 6, 6), strict=True):
        trainer = make_trainer(run, coded_world.train, coded_world.validation)
        monitor = loop.Monitor(trainer, None, quiet)
        while trainer.step < step:
            trainer.advance()
            monitor.tick(0.0)
        loop.save_checkpoint(path, trainer.state())
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with killed_at(8):
        together(runs, coded_world, paths)
    assert trainer_at(runs[0], paths[0], coded_world).step == 8
    last = loop.train(
        runs[0], coded_world.train, coded_world.validation, checkpoint=paths[0], report=quiet
    )
    members = together(runs, coded_world, paths)
    assert same_weights(last.model, members[0].model)  # finished alone, only read here
    for member, alone in zip(members, uninterrupted.alone(recipe), strict=True):
        assert_close_runs(member, alone)


def trainer_at(run: Run, path: Path, world: World) -> Trainer:
    """Return the trainer of a run where its checkpoint left it."""
    return loop.start_or_resume(run, world.train, world.validation, path, quiet)


def test_a_restart_clears_the_state_of_its_own_member_alone(world: World) -> None:
    runs = [small_run("paper", name) for name in ("baseline", "hybrid")]
    members = [make_trainer(run, world.train, world.validation) for run in runs]
    begun = [member.optimisers for member in members]
    batched = BatchedModel(members)
    for _ in range(3):
        batched.advance()
    assert members[0].optimisers is begun[0] and members[1].optimisers is not begun[1]
    taken = [
        next(iter(member.optimisers.members[0].state.values()))["step"].item() for member in members
    ]
    assert taken == [3, 1]


def test_a_checkpoint_of_a_member_holds_no_more_than_its_own_weights(
    world: World, tmp_path: Path
) -> None:
    runs = [small_run("fast", seed=seed) for seed in range(4)]
    members = [make_trainer(run, world.train, world.validation) for run in runs]
    loop.save_checkpoint(tmp_path / "alone.pt", members[0].state())
    BatchedModel(members)
    loop.save_checkpoint(tmp_path / "member.pt", members[0].state())
    alone, member = ((tmp_path / name).stat().st_size for name in ("alone.pt", "member.pt"))
    assert member == pytest.approx(alone, rel=0.01)


def test_members_have_weights_of_their_own_again_when_a_stack_has_ended(world: World) -> None:
    first, second = together(three("fast")[:2], world)
    before = second.model.head.weight.detach().clone()
    with torch.no_grad():
        first.model.head.weight.zero_()
    assert torch.equal(second.model.head.weight, before)
    storage = first.model.head.weight.untyped_storage()
    assert storage.nbytes() == first.model.head.weight.nbytes


def test_a_run_left_over_trains_alone_bit_by_bit_as_train_does(world: World) -> None:
    runs = [small_run("fast", seed=seed, steps=4) for seed in range(3)]
    said: list[object] = []
    members = train_batched(runs, world.train, world.validation, report=said.append, at_once=2)
    lines = [str(each) for each in said]
    assert [line.partition(": ")[0] for line in lines[:2]] == [
        "baseline, seed 0",
        "baseline, seed 1",
    ]
    assert lines[4].startswith("step 1/4") and lines[-1].startswith("step 4/4")
    assert same_weights(members[2].model, trained(runs[2], world).model)


@pytest.mark.parametrize(
    ("seeds", "together", "seed", "expected"),
    [
        (3, 1, 1, [1]),
        (3, 2, 1, [0, 1, 2]),
        (3, 8, 0, [0, 1, 2]),
        (3, 8, 5, [5]),
        ("4-6", 8, 5, [4, 5, 6]),
        ("4-6", 8, 3, [3]),
    ],
)
def test_params_name_the_seeds_that_train_together(
    seeds: int | str, together: int, seed: int, expected: list[int]
) -> None:
    changes = {"arms": {"baseline": seeds}, "contrasts": [], "together": together, "seed": seed}
    params = read_params(PARAMS / "smoke.yaml", changes)
    assert params.trained_seeds == expected
    assert [params.with_seed(each).run().seed for each in expected] == expected


def test_lines_name_the_run_and_seconds_are_its_share(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    said: list[str] = []
    runs = three("fast")[:2]
    members = train_batched(runs, world.train, world.validation, report=said.append)
    assert [line.partition(": ")[0] for line in said[:2]] == ["baseline, seed 0", "hybrid, seed 1"]
    assert len(said) == 2 * 12
    assert members[0].seconds == pytest.approx(members[1].seconds)


def test_finished_runs_called_again_train_no_further(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    runs, paths = three("fast")[:2], [tmp_path / "0.pt", tmp_path / "1.pt"]
    first = together(runs, world, paths)
    monkeypatch.setattr(BatchedModel, "advance", None)
    again = together(runs, world, paths)
    assert all(same_weights(a.model, b.model) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 13}, "steps=12 and 13 cannot train together: only arm and seed may differ"),
        ({"seed": 0}, "a run cannot train together with itself: name every seed once"),
    ],
)
def test_runs_that_cannot_train_together_are_refused(
    world: World, change: dict[str, int], sentence: str
) -> None:
    runs = [small_run("fast"), replace(small_run("fast", seed=1), **change)]  # type: ignore[arg-type]
    with pytest.raises(StudyError) as refused:
        together(runs, world)
    assert str(refused.value).endswith(sentence)


def noisy(blocks: str) -> list[GPT]:
    """Return three different models whose weights are all other than zero."""
    models = [tiny_model(blocks, noise=0.2) for _ in range(3)]
    for seed, model in enumerate(models):
        torch.manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
    return models


@pytest.mark.parametrize(
    ("blocks", "recipe"), [("paper", "paper"), ("paper", "fast"), ("modern", "fast")]
)
def test_a_batched_model_computes_what_its_models_compute_and_their_gradients(
    world: World, blocks: str, recipe: str
) -> None:
    models = noisy(blocks)
    batches = [batcher_of(world, recipe, seed=seed).draw(ALL) for seed in range(3)]
    losses, totals = [], []
    for model, batch in zip(models, batches, strict=True):
        loss, its = objective(model, RECIPES[recipe], torch.device("cpu"), False)(batch)
        loss.backward()
        losses.append(loss)
        totals.append(its)
    rows = len(batches[0].inputs) if batches[0].layout is None else 0
    whole = stacked(models, rows)
    loss, its = objective(whole, RECIPES[recipe], torch.device("cpu"), False, 3)(
        joined_batches(batches)
    )
    loss.backward()
    torch.testing.assert_close(loss, torch.stack(losses).sum())
    torch.testing.assert_close(its, torch.cat(totals, dim=1))
    for name, parameter in whole.named_parameters():
        expected = torch.stack([model.get_parameter(name).grad for model in models])
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-3, atol=1e-6)


def test_a_joined_layout_is_that_of_the_joined_programs_up_to_the_order_of_rows() -> None:
    rng, sizes = np.random.default_rng(0), (8, 16, 40)
    lengths = [rng.integers(1, 41, size=count) for count in (5, 9, 2)]
    layout = joined_layout([lay_out(each, sizes) for each in lengths])
    whole = lay_out(np.concatenate(lengths), sizes)
    sources = torch.cat([rows.flatten() for rows in layout.rows])
    assert torch.equal(layout.positions, whole.positions)
    assert torch.equal(sources[layout.cells], torch.arange(len(layout.positions)))
    for ours, theirs in zip(layout.rows, whole.rows, strict=True):
        filled = [sorted(map(tuple, rows[rows[:, 0] >= 0].tolist())) for rows in (ours, theirs)]
        assert filled[0] == filled[1]


def test_joined_batches_count_their_kinds_and_programs_on(world: World) -> None:
    batches = [batcher_of(world, "paper", seed=seed).draw(ALL) for seed in range(2)]
    whole = joined_batches(batches)
    assert torch.equal(
        whole.loss_groups // LOSS_GROUPS,
        torch.tensor([0, 1]).repeat_interleave(4)[:, None].expand(8, 96),
    )
    assert whole.programs.tolist() == (batches[0].programs + batches[1].programs).tolist()
    assert batched_runs.joined_batches([batches[0]]).layout is None
