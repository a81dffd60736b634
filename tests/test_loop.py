"""The training loop: it learns, it repeats bit by bit, and killed anywhere it ends the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor
from worlds import (
    ONE_A_KIND,
    WITHOUT_AVERAGE,
    World,
    handful,
    quiet,
    same_weights,
    small_run,
    trained,
)

from cl_utils.curriculum.arms import SCHEDULES
from cl_utils.curriculum.interface import ProbeResult
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.training import loop
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.history import curve_steps
from cl_utils.training.loop import train
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.probes import Probe
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained, Trainer

kinds = pytest.mark.parametrize("recipe", ONE_A_KIND)


def kinds_and_arms(first: str, *more: str) -> pytest.MarkDecorator:
    """Ask of recipes of every kind and of arms; where weights are averaged, of the first arm."""
    pairs = [
        (recipe, arm)
        for recipe in ONE_A_KIND
        for arm in (first, *(more if recipe in WITHOUT_AVERAGE else ()))
    ]
    return pytest.mark.parametrize(("recipe", "arm"), pairs)


class Killed(BaseException):
    """What stands for a killed process: nothing in the code under test catches it."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Kill whatever trains before its step `step` (from 0) is done; see that it was killed."""
    advance = Trainer.advance

    def dying(trainer: Trainer) -> None:
        if trainer.step == step:
            raise Killed
        advance(trainer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "advance", dying)
        with pytest.raises(Killed):
            yield


@pytest.fixture(scope="module")
def uninterrupted(coded_world: World) -> Callable[[str, str], Trained]:
    """Return what trains a small run of a recipe and an arm; the same again is the same object."""

    @cache
    def whole(recipe: str, arm: str) -> Trained:
        return trained(small_run(recipe, arm), coded_world)

    return whole


def without_times(table: pd.DataFrame) -> pd.DataFrame:
    """Return a history or curve without what no two runs share."""
    return table.drop(columns=["seconds", "characters_per_second"], errors="ignore")


def assert_same_run(first: Trained, second: Trained) -> None:
    """Two runs ended with the same weights and recorded the same."""
    assert same_weights(first.model, second.model)
    assert first.characters == second.characters
    for name in ("history", "curve"):
        ours, theirs = (without_times(getattr(each, name)) for each in (first, second))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


def test_the_fast_recipe_learns_a_handful_of_programs_by_heart(world: World) -> None:
    few = handful(world.train, 3)
    result = train(small_run("fast", steps=200), few, few, report=quiet)
    last = result.curve[result.curve["step"] == 200].set_index("bucket")["execution_exact"]
    assert last.to_dict() == dict.fromkeys([*BUCKETS, "macro"], 100.0)
    losses = result.history["loss"]
    assert losses.iloc[-1] < 1 < 3 < losses.iloc[0]


def test_the_papers_recipe_learns_too(world: World) -> None:
    losses = trained(small_run("paper", steps=150), world).history["loss"]
    assert losses.iloc[-1] < 2.5 < 3.5 < losses.iloc[0]  # 4.0 nats are chance


@kinds_and_arms("hybrid", "mastery")
def test_one_seed_gives_the_same_run_and_another_seed_another(
    coded_world: World, uninterrupted: Callable[[str, str], Trained], recipe: str, arm: str
) -> None:
    run = small_run(recipe, arm)
    first, again = uninterrupted(recipe, arm), trained(run, coded_world)
    assert_same_run(first, again)
    assert not same_weights(first.model, trained(replace(run, seed=1), coded_world).model)


@kinds
def test_arms_of_one_seed_start_from_the_same_weights(coded_world: World, recipe: str) -> None:
    starts = [
        make_trainer(
            small_run(recipe, name, seed=4), coded_world.train, coded_world.validation
        ).model
        for name in SCHEDULES
    ]
    assert all(same_weights(starts[0], other) for other in starts[1:])


@kinds_and_arms("hybrid", "competence", "mastery")
def test_a_run_killed_and_continued_ends_as_an_uninterrupted_one(
    coded_world: World,
    uninterrupted: Callable[[str, str], Trained],
    recipe: str,
    arm: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deaths = (0, 1, 2, 4, 5, 11)  # hybrid's stages begin at 2 and 5, mastery's last at 9
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    run, path = small_run(recipe, arm), tmp_path / "checkpoint.pt"
    corpora = (coded_world.train, coded_world.validation)
    for step in deaths:
        with killed_at(step):
            train(run, *corpora, checkpoint=path, report=quiet)
    said: list[str] = []
    continued = train(run, *corpora, checkpoint=path, report=said.append)
    assert said[0] == f"continues after step {deaths[-1]} of 12"
    assert_same_run(continued, uninterrupted(recipe, arm))


def test_a_run_killed_long_after_its_checkpoint_repeats_the_steps_between(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, path = small_run("fast", "mastery"), tmp_path / "checkpoint.pt"
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with killed_at(4):
        train(run, world.train, world.validation, checkpoint=path, report=quiet)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 1e9)
    with killed_at(9):
        train(run, world.train, world.validation, checkpoint=path, report=quiet)
    continued = train(run, world.train, world.validation, checkpoint=path, report=quiet)
    assert_same_run(continued, trained(run, world))


def test_a_finished_run_called_again_trains_no_further(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    run, path = small_run("paper"), tmp_path / "checkpoint.pt"
    first = train(run, world.train, world.validation, checkpoint=path, report=quiet)
    monkeypatch.setattr(Trainer, "advance", None)
    again = train(run, world.train, world.validation, checkpoint=path, report=quiet)
    assert_same_run(first, again)


@pytest.mark.parametrize(
    ("change", "named"), [({"seed": 1}, "seed=0"), ({"name": "hybrid"}, "name='baseline'")]
)
def test_a_checkpoint_of_another_run_is_refused_by_name(
    world: World,
    change: dict[str, object],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    run, path = small_run("paper"), tmp_path / "checkpoint.pt"
    with killed_at(2):
        train(run, world.train, world.validation, checkpoint=path, report=quiet)
    other: Run = replace(run, **change)  # type: ignore[arg-type]
    with pytest.raises(StudyError) as refused:
        train(other, world.train, world.validation, checkpoint=path, report=quiet)
    assert str(path) in str(refused.value) and named in str(refused.value)


def test_a_checkpoint_belongs_to_its_programs_its_device_and_its_way_of_computing(
    world: World,
) -> None:
    run = small_run("fast")
    identity = make_trainer(run, world.train, world.validation).identity
    fewer = world.train.take(np.arange(1, len(world.train)))
    assert identity["programs"] != make_trainer(run, fewer, world.validation).identity["programs"]
    led = make_trainer(run, world.train, fewer).identity
    assert identity["validation"] != led["validation"] and identity["code"] == led["code"]
    assert identity["device"] == "cpu" and identity["compiled"] is False


@kinds
def test_every_run_sees_exactly_its_characters(
    uninterrupted: Callable[[str, str], Trained], recipe: str
) -> None:
    run = small_run(recipe, "hybrid")
    assert uninterrupted(recipe, "hybrid").characters == run.steps * run.characters_per_step


def test_a_run_that_saw_other_than_its_characters_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Trainer.draw

    def one_lost(trainer: Trainer) -> Batch:
        trainer.characters -= 1
        return draw(trainer)

    monkeypatch.setattr(Trainer, "draw", one_lost)
    with pytest.raises(StudyError, match="baseline saw 4596 characters, not 4608"):
        trained(small_run("paper"), world)


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        def evaluate(batch: Batch) -> tuple[Tensor, Tensor]:
            nothing = torch.full((2, LOSS_GROUPS), float("nan"))
            return torch.zeros((), requires_grad=True) * 1, nothing

        return evaluate

    monkeypatch.setattr("cl_utils.training.assembly.objective", broken)
    with pytest.raises(StudyError, match="not a number at step 1 of baseline, seed 0"):
        trained(small_run("fast"), world)


@pytest.mark.parametrize("recipe", WITHOUT_AVERAGE)
@pytest.mark.parametrize(
    ("arm", "begun"),
    [
        ("hybrid", [0, 2, 5]),
        ("sequential", [0, 4, 8]),
        ("baseline-restarts", [0, 2, 5]),
        ("baseline-in-hybrid-order-restarts", [0, 2, 5]),
        ("baseline", [0]),
        ("hybrid-norestart", [0]),
    ],
)
def test_an_arm_that_restarts_begins_a_new_optimiser_at_every_stage(
    coded_world: World, recipe: str, arm: str, begun: list[int]
) -> None:
    if recipe == "paper" and arm == "baseline-in-hybrid-order-restarts":
        pytest.skip("windows cannot be sorted")
    trainer = make_trainer(small_run(recipe, arm), coded_world.train, coded_world.validation)
    seen, rates = [trainer.optimisers], []
    starts = [0]
    for step in range(12):
        trainer.advance()
        rates.append(trainer.optimisers.members[0].param_groups[0]["lr"])
        if trainer.optimisers is not seen[-1]:
            seen.append(trainer.optimisers)
            starts.append(step)
    assert starts == begun and all(isinstance(each, Optimisers) for each in seen)
    if recipe == "paper":
        assert [rates[start] for start in begun] == [1e-3] * len(begun)


def test_the_learning_curve_has_its_points_and_the_history_its_shares(world: World) -> None:
    result = trained(small_run("fast", "hybrid", steps=72), world)
    curve, history = result.curve, result.history
    assert curve["step"].unique().tolist() == sorted(curve_steps(72))
    assert (curve.groupby("step")["bucket"].agg(list).map(len) == 4).all()
    assert (curve["characters"] == curve["step"] * 384).all()
    assert history["step"].tolist() == list(range(1, 73))
    shares = history[[f"share_{bucket}" for bucket in BUCKETS]]
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert (shares.loc[history["stage"] == "easy", "share_easy"] == 1.0).all()
    assert history["loss"].notna().all() and history.loc[:10, "loss_hard"].isna().all()


def test_speeds_count_training_time_and_not_the_learning_curve(world: World) -> None:
    """The times that the rows' speeds stand for add up to the seconds of training."""
    result = trained(small_run("fast"), world)
    seconds = 384 * np.diff(result.history["step"], prepend=0)
    seconds = seconds / result.history["characters_per_second"]
    assert seconds.sum() == pytest.approx(result.seconds)


def test_a_row_of_the_history_names_the_stage_its_programs_were_drawn_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mastery moves on after steps 2 and 4; the rows that end there are of the stage before."""
    all_right = ProbeResult(1.0, 0.0)
    monkeypatch.setattr(
        Probe,
        "measure",
        lambda self, model, buckets=BUCKETS, count=0: dict.fromkeys(buckets, all_right),
    )
    history = trained(small_run("fast", "mastery"), world).history
    stages = ["easy"] * 2 + ["medium"] * 2 + ["hard"] * 5 + ["all"] * 3
    assert history["stage"].tolist() == stages
